"""A fold of a cohort: dealt out of what no declared split keeps apart, cut afterwards, known before a voxel is read."""

import dataclasses
import json

import numpy as np
import pytest

from labelct.errors import LabelctError
from labelct.io import nifti
from labelct.stages import cohorts, preflight

AFFINE = np.diag([10.0, 10.0, 10.0, 1.0])


@pytest.fixture
def maps(tmp_path):
    """Return overrides for nine label maps whose livers have 1 to 9 voxels of 1 ml; the first six have a CT."""
    for number in range(9):
        labels = np.zeros((5, 5, 5), np.uint8)
        labels.flat[: number + 1] = 1
        nifti.write(tmp_path / "labels" / f"s{number}.nii.gz", labels, AFFINE)
        if number < 6:
            nifti.write(tmp_path / "ct" / f"s{number}.nii.gz", np.full((5, 5, 5), -1000, np.int16), AFFINE)
    (tmp_path / "names.json").write_text('{"1": "liver"}', encoding="utf-8")
    sites = "".join(f"s{number},{'ab'[number % 2]}\n" for number in range(9))
    (tmp_path / "index.csv").write_text(f"case,site\n{sites}", encoding="utf-8")
    return ["cohort=folder", f"cohort.root={tmp_path}", f"paths.outputs={tmp_path / 'out'}", "parallel.workers=1"]


def cases(subjects):
    return sorted(subject.case for subject in subjects)


def folded(configured, tmp_path, maps, *given, fold=0):
    config = configured(*maps, "evaluation.folds=3", f"evaluation.fold={fold}", *given)
    return cohorts.prepare_training(config, tmp_path / "out" / "stages")


def test_folds_hold_out_every_case_once_and_share_one_cohort(configured, tmp_path, maps):
    found = [folded(configured, tmp_path, maps, fold=fold) for fold in range(3)]
    assert sorted(case for cohort, _ in found for case in cases(cohort.held_out)) == [f"s{n}" for n in range(9)]
    assert len({stage.key for _, stage in found}) == 1
    for cohort, _ in found:
        assert cases((*cohort.train, *cohort.val, *cohort.held_out)) == [f"s{n}" for n in range(9)]
        assert all(subject.load_ct for subject in cohort.test)
        assert not any(subject.load_ct for subject in cohort.blind)
        assert cases(cohort.pooled("held_out")) == [f"s{n}" for n in range(9)]


def test_a_declared_test_split_stays_apart(configured, tmp_path, maps):
    (tmp_path / "splits.json").write_text(
        json.dumps({"train": [f"s{n}" for n in range(1, 7)], "val": ["s7", "s8"], "test": ["s0"]}), encoding="utf-8"
    )
    found = [folded(configured, tmp_path, maps, fold=fold)[0] for fold in range(3)]
    assert sorted(case for cohort in found for case in cases(cohort.held_out)) == [f"s{n}" for n in range(1, 9)]
    assert not any("s0" in cases(cohort.everyone) for cohort in found)


def test_volumes_of_the_targets_are_alike_in_all_folds_and_read_once(configured, tmp_path, maps):
    thirds = [{"s0", "s1", "s2"}, {"s3", "s4", "s5"}, {"s6", "s7", "s8"}]
    for fold in range(3):
        cohort, _ = folded(configured, tmp_path, maps, "evaluation.strata=target_volume", fold=fold)
        assert [len(third & set(cases(cohort.held_out))) for third in thirds] == [1, 1, 1]
    (volumes,) = (tmp_path / "out" / "stages" / "strata").glob("*/volumes.json")
    assert json.loads(volumes.read_text(encoding="utf-8")) == {f"s{n}": pytest.approx(n + 1) for n in range(9)}


def test_a_column_of_the_index_is_alike_in_all_folds(configured, tmp_path, maps):
    for fold in range(3):
        held_out = cases(folded(configured, tmp_path, maps, "evaluation.strata=site", fold=fold)[0].held_out)
        assert sorted(int(case[1:]) % 2 for case in held_out) in ([0, 0, 1], [0, 1, 1])


def test_limits_cut_what_each_fold_uses(configured, tmp_path, maps):
    limits = ["limit.train=2", "limit.val=1", "limit.test=1"]
    whole, cut = (folded(configured, tmp_path, maps, *given)[0] for given in ([], limits))
    assert [subject.case for subject in (*cut.train, *cut.val)] == [
        subject.case for subject in (*whole.train[:2], *whole.val[:1])
    ]
    assert len(cut.held_out) == 1
    assert set(cases(cut.held_out)) <= set(cases(whole.held_out))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["evaluation.folds=10"], r"evaluation\.folds=10: allowed is at most 9 here"),
        (["evaluation.strata=cite"], r"index\.csv: has no column 'cite'; did you mean 'site'"),
        (["cohort=phantom", "evaluation.strata=site"], r"evaluation\.strata='site': allowed is target_volume"),
        (["cohort=phantom", "cohort.train=2", "cohort.val=0"], r"evaluation\.folds=3: allowed is at most 2 here"),
        (["data=clinical", "cohort.ct=null", "test=[synthetic]"], "none of its 5 training cases has a CT"),
        # of nine folds of one case the fourth holds one of the three without a CT
        (
            ["data=clinical", "evaluation.folds=9", "evaluation.fold=3", "test=[synthetic]"],
            "no case is held out that test=synthetic can make",
        ),
        (["cohort.ct=null", "test=[own]"], "no test subject with an image"),
    ],
)
def test_folds_that_cannot_be_are_known_before_anything_is_made(configured, tmp_path, maps, given, said):
    base = maps[2:] if "cohort=phantom" in given else maps
    config = configured(*base, "evaluation.folds=3", "evaluation.fold=0", *given)
    with pytest.raises(LabelctError, match=said) as caught:
        preflight.check(config)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_file_of_the_split_and_folds_exclude_each_other(configured, tmp_path, maps):
    split = {"train": ["s0", "s1", "s2", "s3"], "val": ["s4"], "test": ["s5"]}
    (tmp_path / "x.json").write_text(json.dumps(split), encoding="utf-8")
    config = configured(*maps, "evaluation.folds=3", "evaluation.fold=0", f"cohort.splits_file={tmp_path / 'x.json'}")
    with pytest.raises(LabelctError, match=r"cohort\.splits_file=.*allowed is null with evaluation\.folds"):
        preflight.check(config)


def test_preflight_of_volumes_reads_no_voxel(configured, tmp_path, maps):
    config = configured(*maps, "evaluation.folds=3", "evaluation.fold=0", "evaluation.strata=target_volume")
    preflight.check(config)
    assert not (tmp_path / "out").exists()
    other = dataclasses.replace(config, evaluation=dataclasses.replace(config.evaluation, fold=1))
    assert preflight.needs(config) != preflight.needs(other)
