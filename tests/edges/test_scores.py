"""Scores of cases that lack structures, in truth or in prediction, against values worked out by hand."""

import csv

import nibabel
import numpy as np
import pytest

from labelct.commands import compose
from labelct.errors import InputError
from labelct.io import nifti
from labelct.report import scores
from labelct.stages import cohorts, results, testing
from labelct.store import Stage

AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
LIVER, SPLEEN = np.s_[4:8, 4:8, 4:8], np.s_[10:12, 4:8, 4:8]  # 64 and 32 voxels of 0.064 ml


def labels(**boxes):
    array = np.zeros((14, 12, 10), np.uint8)
    for name, box in boxes.items():
        array[box] = {"liver": 1, "spleen": 2, "other": 3}[name]
    return array


# By case: truth and prediction. `cut`: both structures end where the scan does.
CASES = {
    "both": (labels(liver=LIVER, spleen=SPLEEN), labels(liver=np.s_[4:8, 4:8, 4:6])),
    "cut": (labels(liver=np.s_[4:8, 4:8, 0:4], spleen=np.s_[10:14, 4:8, 0:4]),) * 2,
    "nothing": (labels(other=np.s_[0:2, 0:2, 0:2]), labels()),
    "one": (labels(spleen=SPLEEN), labels(liver=np.s_[4:6, 4:6, 4:6], spleen=SPLEEN)),
}
NAN = ""  # in a CSV file
# By case and structure: Dice, HD95 (mm), volume error (ml), what is absent where.
EXPECTED = {
    ("both", "liver"): (2 * 32 / (64 + 32), 8.0, -32 * 0.064, ""),
    ("both", "spleen"): (0.0, NAN, -32 * 0.064, "prediction"),
    ("cut", "liver"): (1.0, 0.0, 0.0, ""),
    ("cut", "spleen"): (1.0, 0.0, 0.0, ""),
    ("nothing", "liver"): (NAN, NAN, NAN, "both"),
    ("nothing", "spleen"): (NAN, NAN, NAN, "both"),
    ("one", "liver"): (0.0, NAN, 8 * 0.064, "truth"),
    ("one", "spleen"): (1.0, 0.0, 0.0, ""),
}


def prepared(folder, change=lambda case, image: image):
    """Write the cases, truths as fractional numbers, and return the job, its test cases and their stage."""
    for case, (truth, _) in CASES.items():
        (folder / "data" / case).mkdir(parents=True)
        ct = np.full(truth.shape, -1000, np.int16)
        ct[1:-1, 1:-1] = 40
        nibabel.save(nibabel.Nifti1Image(ct, AFFINE), folder / "data" / case / "ct.nii.gz")
        image = change(case, nibabel.Nifti1Image(truth.astype(np.float32), AFFINE))
        nibabel.save(image, folder / "data" / case / "labels.nii.gz")
    of_test = {"root": folder / "data", "labels": "*/labels.nii.gz", "ct": "*/ct.nii.gz", "split": "all"}
    overrides = ["test=folder", *(f"test.folder.{key}={value}" for key, value in of_test.items())]
    overrides += ["test.folder.names={1: liver, 2: spleen, 3: other}", "targets=[liver,spleen]"]
    config = compose.configuration([*overrides, f"paths.outputs={folder / 'out'}"])
    cohort, stage = cohorts.prepare(config, config.test["folder"], folder / "stages")
    return config, (*cohort.train, *cohort.val, *cohort.test), stage


def test_what_is_absent_is_told_apart_and_left_out_of_means(tmp_path):
    config, subjects, _ = prepared(tmp_path)
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "components.json").write_text('{"liver": null, "spleen": null}')
    for case, (_, prediction) in CASES.items():
        nifti.write(tmp_path / "masks" / f"{case}.nii.gz", prediction, AFFINE)
    masks = Stage("segmentation", "0" * 12, tmp_path / "masks")
    stage = testing.evaluate(config, "folder", subjects, masks, tmp_path / "stages")
    with (stage.folder / "scores.csv").open(encoding="utf-8") as file:
        found = {(row["case"], row["label"]): row for row in csv.DictReader(file)}
    assert set(found) == set(EXPECTED)
    for place, (dice, hd95, error, absent) in EXPECTED.items():
        row = found[place]
        assert row["absent"] == absent, place
        for name, value in (("dice", dice), ("hd95", hd95), ("volume_error_ml", error)):
            assert row[name] == value if value == NAN else float(row[name]) == pytest.approx(value), (place, name)
    table = scores.table(testing.rows_of(stage))
    means = results.summarise(table)
    assert {label: (mean["n"], mean["absent"]) for label, mean in means.items()} == {
        "folder/liver": (3, 1),
        "folder/spleen": (3, 1),
    }
    assert means["folder/liver"]["dice"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert means["folder/spleen"]["dice"] == pytest.approx((0 + 1 + 1) / 3)
    assert scores.mean_dice(table) == pytest.approx((2 / 3 + 0 + 1 + 1 + 0 + 1) / 6)


def shifted(image):
    moved = AFFINE.copy()
    moved[0, 3] = 5
    return nibabel.Nifti1Image(image.get_fdata(dtype=np.float32), moved)


def thinner(image):
    return nibabel.Nifti1Image(image.get_fdata(dtype=np.float32)[:, :, 1:], AFFINE)


def fractions(image):
    return nibabel.Nifti1Image(image.get_fdata(dtype=np.float32) * 0.4, AFFINE)


SLOW = pytest.mark.ci  # each starts workers


@pytest.mark.parametrize("change", [shifted, pytest.param(thinner, marks=SLOW), pytest.param(fractions, marks=SLOW)])
def test_a_truth_that_does_not_fit_its_ct_is_one_line_before_anything_is_made(tmp_path, change):
    config, subjects, stage = prepared(tmp_path, lambda case, image: change(image) if case == "one" else image)
    with pytest.raises(InputError, match=r"one/labels\.nii\.gz") as error:
        testing.check_cases(config, "folder", subjects, stage, tmp_path / "stages")
    assert "\n" not in str(error.value)
