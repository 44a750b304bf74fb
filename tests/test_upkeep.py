"""What jobs refer to stays, what none refers to can go, and nobody takes away what a job has begun to use."""

import json
import os
from pathlib import Path

import pytest
from filelock import FileLock

from labelct import journal, upkeep
from labelct.errors import InputError
from labelct.processes import describe
from labelct.store import PARTIAL, build, recipe_of, write_text
from labelct.upkeep import entries, freed, jobs, remove, root_of


def make(folder):
    write_text(folder / "case", "content")


@pytest.fixture
def chain(tmp_path):
    """Return the root and three stages, each made from the one before, and one that is made from nothing."""
    root = tmp_path / "outputs" / "stages"
    cohort = build(root, recipe_of("cohort", 1, {}), make)
    dataset = build(root, recipe_of("dataset", 1, {"fold": {"train": {"of": cohort.key}}}), make)
    training = build(root, recipe_of("training", 1, {}, [dataset]), make)
    return root, cohort, dataset, training, build(root, recipe_of("cohort", 2, {}), make)


def job(root: Path, name: str, keys: list[str], state: str = "finished") -> Path:
    folder = root.parent / "runs" / "day" / name
    folder.mkdir(parents=True)
    status = {"state": state, **describe()}
    (folder / "status.json").write_text(json.dumps(status))
    lines = (json.dumps({"stage": "any", "key": key}) + "\n" for key in keys)
    (folder / journal.STAGES).write_text("".join(lines))
    return folder


def used(root):
    return {entry.key: [one.folder.name for one in entry.jobs] for entry in entries(root, jobs(root))}


def test_a_job_refers_to_its_stages_and_to_all_that_they_were_made_from(chain):
    root, cohort, dataset, training, other = chain
    job(root, "a", [training.key])
    assert used(root) == {cohort.key: ["a"], dataset.key: ["a"], training.key: ["a"], other.key: []}


def test_the_scores_of_a_job_refer_too_and_so_do_jobs_that_lie_elsewhere(chain, tmp_path):
    root, cohort, _, _, other = chain
    scored = job(root, "a", [])
    (scored / journal.STAGES).unlink()
    (scored / "scores.json").write_text(json.dumps({"keys": [["cohort", cohort.key]]}))
    with journal.kept(tmp_path / "elsewhere", root):
        (tmp_path / "elsewhere").mkdir()
        build(root, recipe_of("cohort", 2, {}), make)
    assert (used(root)[cohort.key], used(root)[other.key]) == (["a"], ["elsewhere"])


def test_scores_that_cannot_be_read_stop_everything(chain):
    root = chain[0]
    (job(root, "a", []) / "scores.json").write_text("{")
    with pytest.raises(InputError, match=r"scores\.json.*which stages it uses is not known"):
        jobs(root)


def test_a_stage_goes_whole_and_can_be_made_again(chain):
    root, cohort = chain[:2]
    (entry,) = (entry for entry in entries(root, ()) if entry.key == cohort.key)
    assert remove(entry, root) == ""
    assert not cohort.folder.exists()
    assert not list(cohort.folder.parent.glob(f"*{PARTIAL}"))
    assert build(root, recipe_of("cohort", 1, {}), make).fresh


def test_what_a_job_makes_stays(chain):
    root, cohort = chain[:2]
    (entry,) = (entry for entry in entries(root, ()) if entry.key == cohort.key)
    with FileLock(cohort.folder.parent / f"{cohort.key}.lock"):
        assert remove(entry, root) == "a job makes it"
    assert cohort.folder.is_dir()


def test_what_a_running_job_has_begun_to_use_since_stays(chain):
    root, cohort = chain[:2]
    (entry,) = (entry for entry in entries(root, jobs(root)) if entry.key == cohort.key)
    job(root, "new", [cohort.key], "running")
    assert remove(entry, root) == "a job has begun to use it"
    assert (cohort.folder / "recipe.json").is_file()
    assert upkeep.damage(cohort.folder) == ""


def test_a_file_with_another_link_frees_nothing(chain):
    root, cohort, dataset = chain[:3]
    (dataset.folder / "linked").hardlink_to(cohort.folder / "case")
    found = {entry.key: entry for entry in entries(root, ())}
    alone = freed([found[cohort.key]])
    assert found[cohort.key].size - alone == len("content")
    assert freed([found[cohort.key], found[dataset.key]]) == alone + found[dataset.key].size


def test_folders_that_are_not_ours_are_no_stages(tmp_path):
    foreign = tmp_path / "stages" / "a" / "b"
    foreign.mkdir(parents=True)
    with pytest.raises(InputError, match="holds no stages of labelct"):
        root_of(tmp_path)
    with pytest.raises(InputError, match="there are no stages below it"):
        root_of(foreign)


def test_projections_are_told_with_what_removes_them(tmp_path):
    root = tmp_path / "outputs" / "stages"
    stage = build(root, recipe_of("projections", 1, {}), lambda folder: write_text(folder / "case", "x" * 2_000_000))
    told = upkeep.remark([stage.folder], root)
    assert told.startswith("projections: 2.0 MB are kept")
    assert f"labelct store clean --projections {root.parent} removes them" in told
    assert upkeep.remark([build(root, recipe_of("cohort", 1, {}), make).folder], root) == ""


def test_used_is_when_a_job_was_heard_of_last(chain):
    root, cohort = chain[:2]
    folder = job(root, "a", [cohort.key])
    for path in folder.iterdir():
        os.utime(path, (4e9, 4e9))
    (entry,) = (entry for entry in entries(root, jobs(root)) if entry.key == cohort.key)
    assert entry.used == 4e9
