"""A file that is rewritten is another one, whatever its size; one that lies elsewhere, or is touched, is the same."""

import os
import shutil
import time

import numpy as np
import pytest

from labelct import inventory
from labelct.cohort.settings import FolderSettings
from labelct.errors import InputError
from labelct.io import nifti
from labelct.stages import cohorts, inputs
from labelct.stages.anatomies import files_of
from labelct.store import planned

AFFINE = np.diag([9.0, 9.0, 9.0, 1.0])


def write(path, *values):
    """Write a label map whose file has the same size whatever its values are; equal values, equal bytes."""
    array = np.zeros((6, 6, 6), np.uint8)
    array[1 : 1 + len(values), 2:4, 2:4] = np.reshape(values, (-1, 1, 1))
    nifti.write(path, array, AFFINE)


@pytest.fixture
def folder(tmp_path):
    for number, case in enumerate(("a", "b", "c", "d")):
        write(tmp_path / "cohort" / "labels" / f"{case}.nii", 1, 1 + number % 2)
    (tmp_path / "cohort" / "names.json").write_text('{"1": "liver", "2": "spleen"}')
    (tmp_path / "cohort" / "split.json").write_text('{"train": ["a", "b"], "val": ["c"], "test": ["d"]}')
    return tmp_path / "cohort"


@pytest.fixture
def key(configured, tmp_path):
    """Return a function of a folder and overrides: the key that stands for its training cases."""

    def of(root, *overrides):
        given = [f"cohort.root={root}", "cohort.labels='labels/*.nii'", "cohort.ct=null", "parallel.workers=1"]
        splits = "cohort.splits_file=split.json"
        config = configured("cohort=folder", splits, "test=none", "targets=[liver]", *given, *overrides)
        return cohorts.prepare_training(config, tmp_path / "stages")[1].key

    return of


def aged(folder):
    """Let the files be as old as those that people give; the file system's own clock of changes cannot be set."""
    time.sleep(0.01)
    for path in folder.rglob("*.nii"):
        os.utime(path, (1e9, 1e9))


def test_a_label_map_rewritten_at_its_size_has_another_key_and_its_own_again_when_it_is_back(folder, key):
    before = key(folder)
    size = (folder / "labels" / "a.nii").stat().st_size
    write(folder / "labels" / "a.nii", 1, 2)
    assert (folder / "labels" / "a.nii").stat().st_size == size
    changed = key(folder)
    write(folder / "labels" / "a.nii", 2, 1)
    other = key(folder)
    write(folder / "labels" / "a.nii", 1, 1)
    assert len({before, changed, other}) == 3
    assert key(folder) == before


def test_the_key_of_files_that_nobody_rewrote_is_that_of_names_and_sizes(folder, key, tmp_path):
    before = key(folder)
    for path in folder.rglob("*.nii"):
        path.touch()
    assert key(folder) == before
    copied = shutil.copytree(folder, tmp_path / "copied")
    shutil.rmtree(tmp_path / "stages")  # another machine
    assert key(copied) == before


def test_times_that_were_set_back_hide_no_change(folder, key):
    aged(folder)
    before = key(folder)
    write(folder / "labels" / "a.nii", 1, 2)
    aged(folder)
    assert key(folder) != before


def test_a_file_that_is_not_used_changes_no_key(folder, key):
    before, limited = key(folder), key(folder, "limit.train=1")
    write(folder / "labels" / "b.nii", 1, 1)
    assert key(folder, "limit.train=1") == limited
    assert key(folder) != before


def test_which_cases_hold_a_target_is_looked_for_anew_in_a_case_that_was_rewritten(folder, configured, tmp_path):
    given = [f"cohort.root={folder}", "cohort.labels='labels/*.nii'", "cohort.ct=null", "parallel.workers=1"]
    splits = "cohort.splits_file=split.json"
    config = configured("cohort=folder", splits, "test=none", "targets=[spleen]", *given)
    found = []
    write(folder / "labels" / "c.nii", 2, 2)
    for values in ((1, 1), (1, 2), (1, 1)):
        write(folder / "labels" / "a.nii", *values)
        found.append([one.case for one in cohorts.prepare_training(config, tmp_path / "stages")[0].train])
    assert found == [["b"], ["a", "b"], ["b"]]


def test_a_test_case_that_was_rewritten_is_scored_anew_and_others_are_not_looked_into(folder, configured, tmp_path):
    for case in ("a", "b", "c", "d"):
        image = np.random.default_rng(0).integers(-900, 900, (6, 6, 6)).astype(np.float32)
        nifti.write(folder / "ct" / f"{case}.nii", image, AFFINE)
    given = ["cohort=phantom", "test=folder", f"test.folder.root={folder}", "limit.test=1"]
    given += ["test.folder.labels='labels/*.nii'", "test.folder.ct='ct/*.nii'", "test.folder.split=all"]
    config = configured(*given)
    own = cohorts.open_cohort(FolderSettings(root=str(folder), labels="labels/*.nii", ct=None, splits={"train": 1}))

    def scored():
        learnt = (cohorts.Cohort("", (), (), ()), cohorts.Stage("cohort", "", folder))
        return cohorts.prepare_test(config, config.test["folder"], learnt, tmp_path / "stages")

    ((first,), before) = scored()
    others = {subject.case for subject in own.everyone} - {first.case}
    write(folder / "labels" / f"{sorted(others)[0]}.nii", 2, 2)
    assert scored()[1].key == before.key
    nifti.write(folder / "ct" / f"{first.case}.nii", image[::-1].copy(), AFFINE)
    assert scored()[1].key != before.key


def test_a_file_is_read_once_and_a_plan_writes_nothing(folder, key, tmp_path, monkeypatch):
    aged(folder)
    monkeypatch.setattr(inputs, "UNSETTLED", 0)  # the file system's clock, which nobody can set, has just changed
    read = []
    monkeypatch.setattr(inventory, "digests", lambda paths: read.extend(paths) or ["0" * 64 for _ in paths])
    with planned():
        inputs.digests([folder / "labels" / "a.nii"], tmp_path / "stages")
    assert not (tmp_path / "stages").exists()
    for _ in range(3):
        inputs.digests(sorted((folder / "labels").iterdir()), tmp_path / "stages")
        inputs._READ.clear()  # another process
    assert [path.name for path in read] == ["a.nii", "b.nii", "c.nii", "d.nii"]


def test_a_file_that_may_still_change_under_its_times_is_read_again(folder, tmp_path):
    path = folder / "labels" / "a.nii"
    once = inputs.digests([path], tmp_path / "stages")
    state, content = path.stat(), path.read_bytes()
    path.write_bytes(content[:-1] + b"\x07")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert inputs.digests([path], tmp_path / "stages") != once


def test_voxels_in_a_file_of_their_own_count(tmp_path):
    header = "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = a.raw\n"
    (tmp_path / "a.mhd").write_text(header)
    found = []
    for content in (b"\0" * 8, b"\1" * 8, b"\0" * 8):
        (tmp_path / "a.raw").write_bytes(content)
        subject = cohorts.Subject("a", None, None, (tmp_path / "a.mhd",))
        found.append(files_of(subject, tmp_path / "stages"))
    assert found[0] == found[2] != found[1]


def test_a_damaged_note_is_one_line_and_damaged_digests_are_taken_anew(folder, key, tmp_path):
    before = key(folder)
    notes = tmp_path / "stages" / inputs.FOLDER
    (notes / inputs.DIGESTS).write_text("{")
    assert key(folder) == before
    for path in set(notes.glob("*.json")) - {notes / inputs.DIGESTS}:
        path.write_text("[]")
    with pytest.raises(InputError, match=r"is no table of digests; delete it if no input was rewritten"):
        key(folder)
