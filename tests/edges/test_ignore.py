"""nnU-Net's label `ignore` counts nowhere: not in scores, not in synthetic volumes, not as background of a CT."""

import json

import numpy as np
import pytest

from labelct.cohort.open import open_cohort
from labelct.cohort.settings import NnunetRawSettings
from labelct.errors import InputError
from labelct.io import nifti
from labelct.stages import synthesis, testing
from labelct.store import Stage
from tests.stages.chain import SMALL

SHAPE = (16, 16, 16)
LIVER, PREDICTED, IGNORED = (slice(4, 12), slice(4, 12), slice(4, 12)), slice(4, 8), slice(12, 16)


@pytest.fixture
def subject(tmp_path):
    """Return a case with a liver, a slab that nobody labelled, and a CT."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[LIVER] = 1
    labels[IGNORED] = 2
    root = tmp_path / "raw"
    nifti.write(root / "labelsTs" / "a.nii.gz", labels, np.diag([4.0, 4.0, 4.0, 1.0]))
    hu = np.where(labels == 1, 60.0, -1000.0).astype(np.float32)
    nifti.write(root / "imagesTs" / "a_0000.nii.gz", hu, np.diag([4.0, 4.0, 4.0, 1.0]))
    index = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "liver": 1, "ignore": 2}}
    (root / "dataset.json").write_text(json.dumps(index))
    return open_cohort(NnunetRawSettings(root=str(root))).test[0]


def test_it_is_masked_out_of_prediction_and_truth(configured, subject, tmp_path):
    """A prediction of half the liver, and of all that is ignored, has the Dice of the half: 2/3."""
    found = np.zeros(SHAPE, np.uint8)
    found[PREDICTED, 4:12, 4:12] = 1
    found[IGNORED] = 1
    nifti.write(tmp_path / "masks" / "a.nii.gz", found, np.diag([4.0, 4.0, 4.0, 1.0]))
    (tmp_path / "masks" / "components.json").write_text(json.dumps({"liver": None}))
    segmented = Stage("segmentation", "0" * 12, tmp_path / "masks")
    (row,) = testing.rows_of(testing.evaluate(configured(*SMALL), "own", (subject,), segmented, tmp_path / "stages"))
    assert row["dice"] == pytest.approx(2 / 3)


def test_it_is_never_painted_and_asks_for_no_prior(configured, subject):
    sampler = synthesis.sampler(configured(*SMALL, "data=synth3", "texture=white", "drop=none"))
    loaded = sampler.load(subject)
    synthetic = sampler.recipe.draw(loaded.case, np.random.default_rng(0))
    assert set(loaded.case.names.values()) == {"liver"}
    assert set(np.unique(synthetic.target)) == {0, 1}
    assert set(synthetic.anatomy.names.values()) == {"liver"}


def test_a_ct_that_shows_what_nobody_labelled_is_not_learnt_from(configured, subject):
    sampler = synthesis.sampler(configured(*SMALL, "data=clinical"))
    with pytest.raises(InputError, match="ignore") as error:
        sampler.load(subject)
    assert "\n" not in str(error.value)
