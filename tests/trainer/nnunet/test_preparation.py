"""Stages before the training: all arms of a comparison share the plans of the clinical one."""

import json
from dataclasses import replace

import pytest

from labelct.cohort.base import Cohort
from labelct.stages import cohorts
from labelct.trainer.nnunet.compat import DATASET
from tests.trainer.nnunet.conftest import ARMS, SMALL, plans_of, prepared

pytestmark = pytest.mark.ci


def without_ct(config, root) -> Cohort:
    cohort, _ = cohorts.prepare(config, config.cohort, root)
    bare = {split: tuple(replace(s, load_ct=None) for s in getattr(cohort, split)) for split in ("train", "val")}
    return replace(cohort, train=bare["train"], val=bare["val"])


def test_every_arm_trains_with_the_normalisation_of_the_clinical_one(arms):
    clinical = plans_of(arms("clinical")[2].folder)
    assert clinical["configurations"]["3d_fullres"]["normalization_schemes"] == ["CTNormalization"]
    for arm in ARMS:
        assert plans_of(arms(arm)[2].folder) == clinical
        assert arms(arm)[1].key == arms("clinical")[1].key
    recipe = json.loads((arms("synth1")[1].folder / "recipe.json").read_text())
    assert recipe["parents"] == {"dataset": arms("clinical")[0].key}


def test_the_split_is_the_training_sets_own(arms):
    training_set, _, preprocessed = arms("synth3")
    own = json.loads((training_set.folder / "splits_final.json").read_text())
    assert json.loads((preprocessed.folder / "preprocessed" / DATASET / "splits_final.json").read_text()) == own


@pytest.mark.slow
def test_without_any_ct_all_arms_share_the_builtin_intensities(configured, tmp_path):
    keys = set()
    for arm, replicates in (("synth1", 1), ("synth2", 2)):
        config = configured(*SMALL, f"data={arm}", f"data.replicates={replicates}")
        _, plans, preprocessed = prepared(config, tmp_path, without_ct(config, tmp_path))
        intensity_properties = plans_of(preprocessed.folder)["foreground_intensity_properties_per_channel"]["0"]
        assert (intensity_properties["mean"], intensity_properties["std"]) == (99.4, 39.4)
        keys.add(plans.key)
    assert len(keys) == 1
