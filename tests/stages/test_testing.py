import dataclasses
import math
from functools import partial
from types import SimpleNamespace

import pytest

from labelct.errors import InputError
from labelct.io import nifti
from labelct.stages import testing
from labelct.store import Stage
from tests.stages.chain import SMALL


def test_a_broken_test_ct_is_found_before_anything_is_made(configured, made, tmp_path):
    _, (cohort, *_) = made
    broken = tmp_path / "ct.nii.gz"
    broken.write_bytes(cohort.test[0].files[-1].read_bytes()[:1000])
    subject = dataclasses.replace(cohort.test[0], load_ct=partial(nifti.read_volume, broken))
    with pytest.raises(InputError, match="truncated"):
        testing.check_cases(
            configured(*SMALL), "own", (subject,), Stage("cohort", "0" * 12, tmp_path), tmp_path / "stages"
        )


def test_the_mean_of_a_case_leaves_out_what_is_absent_and_cases_without_any_come_last(configured):
    dice = {"a": (math.nan, 0.9), "b": (0.8, 0.6), "c": (math.nan, math.nan)}
    labels = ("liver", "spleen")
    rows = [
        {"test": "own", "case": case, "label": label, "dice": value}
        for case, values in dice.items()
        for label, value in zip(labels, values, strict=True)
    ]
    assert [testing._dice_of(case, rows) for case in dice] == [0.9, pytest.approx(0.7), None]
    subjects = [SimpleNamespace(case=case) for case in ("c", "a", "b")]
    assert [subject.case for subject in testing._worst(configured(*SMALL), subjects, rows)] == ["b", "a", "c"]


def test_perfect_masks_score_one_and_are_drawn(configured, made, tmp_path):
    _, (cohort, *_) = made
    config, (subject,) = configured(*SMALL), cohort.test
    label_map = subject.load_label_map()
    truth = config.targets.merge(label_map.array, label_map.names)
    nifti.write(tmp_path / f"{subject.case}.nii.gz", truth, label_map.affine)
    stage = testing.evaluate(config, "own", (subject,), Stage("segmentation", "0" * 12, tmp_path), tmp_path / "stages")
    (row,) = testing.rows_of(stage)
    assert (row["test"], row["case"], row["label"], row["dice"], row["hd95"]) == ("own", subject.case, "liver", 1, 0)
    assert (stage.folder / "scores.csv").read_text(encoding="utf-8").count("liver") == 1
    assert [path.name for path in (stage.folder / "figures").iterdir()] == [f"own_{subject.case}.png"]
