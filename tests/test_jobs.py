"""Which jobs used the stages of a folder, also where they lie elsewhere; one that cannot be read stops everything."""

import json
import os

import pytest

from labelct import journal
from labelct.errors import InputError
from labelct.jobs import below, job_folders, jobs
from labelct.store import build, recipe_of
from tests.stored_chain import chain_below, job, make, used


@pytest.fixture
def chain(tmp_path):
    return chain_below(tmp_path)


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


def test_folders_of_jobs_are_found_below_the_outputs(chain):
    root = chain[0]
    folder = job(root, "a", [])
    (root.parent / "sweeps" / "day" / "time" / "3").mkdir(parents=True)
    assert job_folders(root) == [folder, root.parent / "sweeps" / "day" / "time" / "3"]
    assert [one.folder for one in jobs(root)] == [folder]


def test_jobs_and_sweeps_are_found_at_any_depth_in_the_order_of_their_numbers(tmp_path):
    sweep = tmp_path / "archive" / "sweep"
    for place in ("10", "9", ".kept", "stages/scores/key"):
        (sweep / place).mkdir(parents=True)
        (sweep / place / "scores.json").write_text("{}")
    (sweep / "sweep.json").write_text("{}")
    assert below(tmp_path) == ([sweep / "9", sweep / "10"], [sweep])
    assert below(sweep / "9") == ([sweep / "9"], [])
    assert below(tmp_path, deepest=2) == ([], [sweep])


def test_a_folder_that_may_not_be_listed_is_no_empty_one(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    (tmp_path / "gone").mkdir()
    listed, errors = os.scandir, {"locked": PermissionError, "gone": FileNotFoundError}

    def refused(place):
        if error := errors.get(os.path.basename(place)):
            raise error(error().errno, "refused", place)
        return listed(place)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(InputError, match=r"locked: cannot be read \(refused\)"):
        below(tmp_path)
    del errors["locked"]
    assert below(tmp_path) == ([], [])


def test_what_is_no_folder_is_one_line(tmp_path):
    with pytest.raises(InputError, match="there is no such folder; give the folder of a job"):
        below(tmp_path / "none")
