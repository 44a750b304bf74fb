import pytest

from labelct.commands import keys, run
from labelct.commands.groups import groups, options
from labelct.commands.job import JobFolders
from labelct.writing import write_json


def test_help_names_every_group_and_every_option():
    told = run.help_text()
    for group in keys.LINES:
        if group in groups():
            assert f"  {group}" in told
            assert all(f"    {option}" in told for option in options(group))


def test_no_group_is_left_unexplained():
    assert set(groups()) <= set(keys.LINES) | {"schema"}


def test_what_cannot_run_ends_with_1_and_one_line(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["labelct run"])
    assert run.main(["dose=lwo"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("labelct run: dose=lwo: allowed is")
    assert told.count("\n") == 1


def test_an_unknown_flag_ends_with_2(monkeypatch):
    monkeypatch.setattr("sys.argv", ["labelct run"])
    assert run.main(["--no-such-flag"]) == 2


@pytest.mark.parametrize(("own", "below", "code"), [("finished", "failed", 0), ("failed", "finished", 1)])
def test_a_job_is_judged_by_its_own_end_and_not_by_those_of_jobs_below_its_folder(
    tmp_path, monkeypatch, own, below, code
):
    monkeypatch.setattr(run.hydra, "main", lambda **_: lambda job: lambda: None)
    monkeypatch.setattr(JobFolders, "folder", tmp_path)
    monkeypatch.setattr(JobFolders, "multirun", False)
    write_json(tmp_path / "status.json", {"state": own})
    write_json(tmp_path / "runs" / "status.json", {"state": below})
    assert run._run(1) == code


def test_a_job_that_has_not_begun_has_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(run.hydra, "main", lambda **_: lambda job: lambda: None)
    monkeypatch.setattr(JobFolders, "folder", tmp_path)
    monkeypatch.setattr(JobFolders, "multirun", False)
    assert run._run(1) == 1
