"""What jobs refer to stays, what none refers to can go, and nobody takes away what a job has begun to use."""

import errno
import os

import pytest
from filelock import FileLock

from labelct import upkeep
from labelct.errors import InputError
from labelct.jobs import jobs
from labelct.store import PARTIAL, build, recipe_of
from labelct.upkeep import entries, freed, remove, root_of
from labelct.writing import write_text
from tests.stored_chain import chain_below, job, make


@pytest.fixture
def chain(tmp_path):
    return chain_below(tmp_path)


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


@pytest.mark.parametrize("locked", ["runs", "runs/day", "stages/cohort"])
def test_what_may_not_be_read_is_not_taken_for_nothing(chain, monkeypatch, locked):
    """Stages of jobs that cannot be seen would be deleted as those that no job refers to."""
    root, cohort = chain[:2]
    job(root, "one", [cohort.key])
    listed = os.listdir

    def listdir(folder):
        if str(folder).endswith(locked):
            raise PermissionError(errno.EACCES, "Permission denied")
        return listed(folder)

    monkeypatch.setattr("os.listdir", listdir)
    with pytest.raises(InputError, match=f"{locked}: permission denied"):
        entries(root, jobs(root))
