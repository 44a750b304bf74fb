"""Cases without a target are left out before any work, and told in one line."""

import json
import logging
import shutil

import numpy as np
import pytest

from labelct.cohort.base import Subject
from labelct.errors import InputError
from labelct.stages import cohorts, selection
from labelct.volume import LabelMap
from tests.cohort.subjects import write_subject

CASES = [f"s{number:04d}" for number in range(12)]
BARE = ("s0002", "s0005", "s0009")  # no liver


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Return the folder of the made cohort."""
    folder = tmp_path_factory.mktemp("cohort")
    for case in CASES:
        organs = ("spleen",) if case in BARE else ("liver", "spleen")
        write_subject(folder, case, organs)
    return folder


@pytest.fixture
def opened(configured, root, tmp_path):
    """Return a function that prepares the made cohort with some overrides."""

    def make(*overrides):
        given = ["cohort=totalsegmentator", f"cohort.root={root}", "parallel.workers=1", *overrides]
        return cohorts.prepare_training(configured(*given), tmp_path / "stages")

    return make


def names(cohort):
    return {split: [subject.case for subject in getattr(cohort, split)] for split in ("train", "val", "test")}


def told(caplog):
    return [record.getMessage().partition(": ")[2] for record in caplog.records if record.levelno == logging.WARNING]


LINE = "left out, for they hold no voxel of the targets liver: 3 (s0002, s0005, s0009)"


def test_a_drawn_split_leaves_them_out_and_says_so_once(opened, caplog):
    cohort, _ = opened()
    found = [case for cases in names(cohort).values() for case in cases]
    assert sorted(found) == sorted(set(CASES) - set(BARE))
    assert told(caplog) == [LINE]


def test_numbers_are_met_by_the_next_of_the_draw(opened):
    cohort, _ = opened("cohort.splits={train: 4, val: 2, test: 2}")
    found = [case for cases in names(cohort).values() for case in cases]
    assert {split: len(cases) for split, cases in names(cohort).items()} == {"train": 4, "val": 2, "test": 2}
    assert len(set(found)) == 8
    assert not set(found) & set(BARE)


def test_where_every_case_holds_one_the_split_is_that_of_the_draw(opened, configured, root, tmp_path):
    given = ["cohort=totalsegmentator", f"cohort.root={root}", "cohort.splits={train: 4, val: 2, test: 2}"]
    config = configured(*given, "targets=[spleen]")
    plainly, stage = cohorts.prepare(config, config.cohort, tmp_path / "stages")
    selected, same = opened(given[-1], "targets=[spleen]")
    assert names(selected) == names(plainly)
    assert same.key == stage.key


def test_cases_of_a_split_file_and_named_ones_are_left_out_too(opened, root, caplog):
    split = {"train": ["s0000", "s0002", "s0003"], "val": ["s0004", "s0005"], "test": ["s0009", "s0001"]}
    (root / "named.json").write_text(json.dumps(split), encoding="utf-8")
    cohort, _ = opened("cohort.splits_file=named.json")
    assert names(cohort) == {"train": ["s0000", "s0003"], "val": ["s0004"], "test": ["s0001"]}
    assert told(caplog) == [LINE]
    caplog.clear()
    cohort, _ = opened("cohort.cases=[s0000,s0002,s0003]", "cohort.splits={train: 3, val: 0, test: 0}")
    assert (sorted(names(cohort)["train"]), cohort.val, cohort.test) == (["s0000", "s0003"], (), ())
    assert told(caplog) == ["left out, for they hold no voxel of the targets liver: 1 (s0002)"]


def test_none_left_is_one_line(opened):
    with pytest.raises(InputError, match="none of the 3 train cases is left: they hold no voxel of the targets liver"):
        opened("cohort.cases=[s0002,s0005,s0009]", "cohort.splits={val: 0, test: 0}")


def test_a_limit_goes_on_to_the_next_case_and_reads_no_more(opened, root, monkeypatch):
    split = {"train": ["s0002", "s0000", "s0003", "s0005"], "val": ["s0004"], "test": ["s0001"]}
    (root / "limited.json").write_text(json.dumps(split), encoding="utf-8")
    looked, holds = [], selection.holds

    def look(subject, anatomy, spacing, **how):
        looked.append(subject.case)
        return holds(subject, anatomy, spacing, **how)

    monkeypatch.setattr(selection, "holds", look)
    cohort, _ = opened("cohort.splits_file=limited.json", "limit.train=1", "test=phantom")
    assert names(cohort)["train"] == ["s0000"]
    assert "s0001" not in looked, "a test split that is not scored is not read"
    assert looked.count("s0002") == 1
    looked.clear()
    assert names(opened("cohort.splits_file=limited.json", "limit.train=1", "test=phantom")[0]) == names(cohort)
    assert not looked, "what was found in the same files is kept"


def test_a_target_that_the_grid_loses_is_none(opened):
    subject = opened()[0].train[0]
    assert selection.holds(subject, frozenset(["liver"]), None)
    assert not selection.holds(subject, frozenset(["liver"]), 500.0)


def test_a_mask_that_cannot_be_read_is_named_alone(opened, root, tmp_path):
    damaged = shutil.copytree(root, tmp_path / "damaged")
    bad = damaged / "s0007" / "segmentations" / "liver.nii.gz"
    bad.write_bytes(bad.read_bytes()[:40])
    with pytest.raises(InputError, match=r"s0007/segmentations/liver\.nii\.gz") as caught:
        opened(f"cohort.root={damaged}")
    assert "\n" not in str(caught.value)


def test_a_lesion_needs_the_organ_that_it_grows_in(configured):
    config = configured("targets=[liver_lesion]", "data.lesions.host=liver")
    assert selection.structures(config.targets, config.data.lesions) == {"liver_lesion", "liver"}
    config = configured("targets=[spleen]", "data.lesions.host=liver")
    assert selection.structures(config.targets, config.data.lesions) == {"spleen"}


def test_a_case_is_looked_at_as_it_comes_onto_its_grid():
    array = np.zeros((6, 6, 3), np.uint8)
    array[3, 3, 1] = 5  # one voxel, at whose corner a voxel of the new grid has its centre
    label_map = LabelMap(array, np.diag([2.0, 2.0, 12.0, 1.0]), {5: "liver"})
    subject = Subject("a", lambda: label_map, None, ())
    assert selection.holds(subject, frozenset(["liver"]), 4.0)
    assert not selection.holds(subject, frozenset(["liver"]), 4.0, "shape")
