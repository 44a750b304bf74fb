"""A job notes what it wants before it has it, how far it is, and both in its log."""

import logging

import pytest

from labelct import journal
from labelct.events import ProgressEvent, tell
from labelct.store import build, recipe_of
from labelct.writing import write_text


def make(folder):
    write_text(folder / "case", "content")


def test_a_wanted_stage_is_noted_before_it_is_made(tmp_path):
    root, job = tmp_path / "outputs" / "stages", tmp_path / "outputs" / "runs" / "day" / "time"
    job.mkdir(parents=True)
    noted = []
    with journal.kept(job, root):
        stage = build(root, recipe_of("scan", 1, {}), lambda folder: (noted.extend(journal.keys(job)), make(folder)))
        build(root, recipe_of("scan", 1, {}), make)
    assert noted == [stage.key]
    assert (job / journal.STAGES).read_text().count("\n") == 1
    assert journal.elsewhere(root) == []


def test_a_job_that_lies_elsewhere_is_listed_beside_the_stages_once(tmp_path):
    root = tmp_path / "outputs" / "stages"
    for _ in range(2):
        with journal.kept(tmp_path / "job", root):
            pass
    assert journal.elsewhere(root) == [str(tmp_path / "job")]


def test_a_line_that_a_kill_tore_is_left_out(tmp_path):
    (tmp_path / journal.STAGES).write_text('{"stage": "scan", "key": "0123456789ab"}\n{"stage": "tra')
    assert journal.keys(tmp_path) == {"0123456789ab"}


def test_progress_has_rate_and_time_left(tmp_path, monkeypatch, caplog):
    now = iter([0.0, 10.0, 60.0])
    monkeypatch.setattr(journal.time, "monotonic", lambda: next(now))
    caplog.set_level(logging.INFO, "labelct.journal")
    with journal.kept(tmp_path, tmp_path / "stages"):
        tell(ProgressEvent("training", 100, 400))
        tell(ProgressEvent("training", 120, 400, "loss 0.5"))
        note = journal.progress(tmp_path)
        tell(ProgressEvent("training", 400, 400))
    assert (note["rate"], note["left_s"]) == (2.0, 140.0)
    assert journal.sentence(note) == "training: 120/400, 2/s, 2 min left, loss 0.5"
    assert "120/400, 123/s" in journal.sentence({**note, "rate": 123.4})
    assert [record.getMessage() for record in caplog.records] == ["training: 100/400", "training: 400/400, 5/s"]
    assert all(record.file_only for record in caplog.records)


def test_a_disk_that_takes_no_notes_is_said_once_and_ends_no_job(tmp_path, caplog):
    root = tmp_path / "outputs" / "stages"
    (tmp_path / journal.STAGES).mkdir()  # in the way of the file
    with journal.kept(tmp_path, root):
        for version in (1, 2):
            build(root, recipe_of("scan", version, {}), make)
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "stages.jsonl cannot be written" in warnings[0].getMessage()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.1, "under 1 s"), (48, "48 s"), (540, "9 min"), (12000, "3 h 20 min"), (187200, "2 d 4 h")],
)
def test_durations_are_read_at_a_glance(seconds, text):
    assert journal.duration(seconds) == text
