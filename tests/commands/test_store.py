"""`labelct store` lists stages, finds what is wrong with any, and deletes what no job needs, if it is told to."""

import json

import pytest

from labelct.commands import store
from labelct.errors import InputError
from labelct.processes import describe
from labelct.store import build, recipe_of
from labelct.writing import write_text


@pytest.fixture
def outputs(tmp_path):
    """Return a folder with three finished stages and one that was broken off."""
    for name in ("cohort", "synthesis", "dataset"):
        build(tmp_path / "stages", recipe_of(name, 1, {}), lambda folder: write_text(folder / "case", "content"))
    (tmp_path / "stages" / "training" / "0123456789ab.1-2.partial").mkdir(parents=True)
    return tmp_path


def test_a_store_that_is_whole(outputs, capsys):
    assert store.main(["verify", str(outputs)]) == 0
    told = capsys.readouterr().out
    assert f"3 stages, 0 damaged, 1 not finished: {outputs}" in told
    assert "0123456789ab.1-2.partial: not finished" in told


def test_a_damaged_stage_is_named_with_what_to_delete(outputs, capsys):
    (case,) = outputs.glob("stages/synthesis/*/case")
    case.write_text("changed")
    assert store.main(["verify", str(outputs / "stages")]) == 1
    told = capsys.readouterr()
    assert told.err.startswith(f"{case.parent}: case has another content; rm -r {case.parent} ")
    assert told.err.count("\n") == 1
    assert "3 stages, 1 damaged" in told.out


def test_no_stages_is_one_line(tmp_path):
    with pytest.raises(InputError, match="there are no stages below it"):
        store.main(["verify", str(tmp_path)])


@pytest.fixture
def used(outputs):
    """Return the folder with projections and a job that refers to them and to the cohort."""
    stage = build(outputs / "stages", recipe_of("projections", 1, {}), lambda folder: write_text(folder / "case", "x"))
    (cohort,) = outputs.glob("stages/cohort/*/")
    job = outputs / "runs" / "day" / "time"
    job.mkdir(parents=True)
    keys = [["projections", stage.key], ["cohort", cohort.name]]
    (job / "scores.json").write_text(json.dumps({"keys": keys}))
    return outputs


def left(outputs):
    return sorted(path.parent.name for path in outputs.glob("stages/*/*/") if path.is_dir())


def test_stages_are_listed_with_what_refers_to_them(used, capsys):
    assert store.main(["ls", str(used)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["stage", "key", "size", "age", "recipe", "used", "by"]
    assert lines[1].startswith("projections")  # first, for they are the first to go
    assert {line.split()[0]: line.split("  ")[-1] for line in lines[1:6]} == {
        "projections": "day/time",
        "cohort": "day/time",
        "dataset": "no job",
        "synthesis": "no job",
        "training": "no job",
    }
    assert "3 stages that no job refers to: labelct store clean" in lines[-1]


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        ([], ["cohort", "projections"]),
        (["--projections"], ["cohort", "dataset", "synthesis", "training"]),
        (["--projections", "--unused"], ["cohort"]),
        (["--older-than", "1h"], ["cohort", "dataset", "projections", "synthesis", "training"]),
        (["--dry-run"], ["cohort", "dataset", "projections", "synthesis", "training"]),
    ],
)
def test_what_is_asked_for_goes_and_nothing_else(used, flags, kept):
    assert store.main(["clean", str(used), "--yes", *flags]) == 0
    assert left(used) == kept


def test_a_running_job_keeps_its_projections_too(used):
    (used / "runs" / "day" / "time" / "status.json").write_text(json.dumps({"state": "running", **describe()}))
    assert store.main(["clean", str(used), "--yes", "--projections"]) == 0
    assert "projections" in left(used)


def test_jobs_of_an_archive_count(used, tmp_path):
    (synthesis,) = used.glob("stages/synthesis/*/")
    archived = tmp_path / "archive" / "job"
    archived.mkdir(parents=True)
    (archived / "scores.json").write_text(json.dumps({"keys": [["synthesis", synthesis.name]]}))
    assert store.main(["clean", str(used), "--yes", "--jobs", str(archived.parent)]) == 0
    assert left(used) == ["cohort", "projections", "synthesis"]


def test_it_asks_first(used, monkeypatch, capsys):
    with pytest.raises(InputError, match="nobody can be asked; add --yes"):
        store.main(["clean", str(used)])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    answers = iter(["n", "y"])
    monkeypatch.setattr("builtins.input", lambda question: print(question) or next(answers))
    store.main(["clean", str(used)])
    assert "synthesis" in left(used)
    store.main(["clean", str(used)])
    assert left(used) == ["cohort", "projections"]
    assert "delete 3 stages" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "seconds"), [("7d", 604800), ("2", 172800), ("1.5h", 5400), ("3w", 1814400)])
def test_ages_are_typed_with_a_unit(text, seconds):
    assert store.seconds(text) == seconds


def test_a_folder_that_is_not_ours_is_one_line(tmp_path):
    (tmp_path / "stages" / "a" / "b").mkdir(parents=True)
    for verb in ("ls", "verify", "clean"):
        with pytest.raises(InputError, match="holds no stages of labelct"):
            store.main([verb, str(tmp_path)])
