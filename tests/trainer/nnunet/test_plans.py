"""Plans: intensities measured in CT, patches in the axes of the world, and the files that nnU-Net reads."""

import json

import numpy as np
import pytest

from labelct.dataset import TrainingSet
from labelct.errors import SettingError
from labelct.io import nifti
from labelct.trainer.nnunet.compat import DATASET
from labelct.trainer.nnunet.plans import builtin_fingerprint, plan, read_plans, write_raw
from labelct.trainer.nnunet.settings import NnunetSettings
from tests.trainer.nnunet.conftest import SMALL, prepared


def test_the_normalisation_is_measured_in_the_clinical_ct(arms):
    training_set = TrainingSet(arms("clinical")[0].folder)
    pairs = [
        (nifti.read_volume(c.image), nifti.read_label_map(c.label)) for c in (*training_set.train, *training_set.val)
    ]
    liver = np.concatenate([volume.array[labels.array > 0] for volume, labels in pairs])
    intensity_properties = read_plans(arms("synth1")[1].folder)["foreground_intensity_properties_per_channel"]["0"]
    assert intensity_properties["mean"] == pytest.approx(liver.mean(), abs=3)
    assert intensity_properties["percentile_00_5"] == pytest.approx(np.percentile(liver, 0.5), abs=10)


@pytest.mark.slow
def test_patch_and_batch_follow_the_axes_of_the_world(configured, tmp_path):
    overrides = ["trainer.patch=[32,16,24]", "trainer.batch=3"]
    _, plans, _ = prepared(configured(*SMALL, *overrides, "data=clinical"), tmp_path)
    plan = read_plans(plans.folder)
    chosen = plan["configurations"]["3d_fullres"]
    assert [chosen["patch_size"][plan["transpose_forward"].index(axis)] for axis in (2, 1, 0)] == [32, 16, 24]
    assert chosen["batch_size"] == 3
    factors = np.prod(chosen["architecture"]["arch_kwargs"]["strides"], axis=0)
    assert not (np.array(chosen["patch_size"]) % factors).any()


def test_a_fingerprint_without_ct_says_what_nnunet_would_have(arms):
    measured = json.loads((arms("clinical")[1].folder / "dataset_fingerprint.json").read_text())
    told = builtin_fingerprint([((20, 30, 40), (1.0, 2.0, 3.0))], "liver")
    assert set(told) == set(measured)
    key = "foreground_intensity_properties_per_channel"
    assert set(told[key]["0"]) == set(measured[key]["0"])
    assert (told["shapes_after_crop"], told["spacings"]) == ([[40, 30, 20]], [[3.0, 2.0, 1.0]])


def test_the_raw_data_set_points_to_files_that_are_there(arms, tmp_path):
    training_set = TrainingSet(arms("synth1")[0].folder)
    content = write_raw(training_set, tmp_path)
    assert list(content["labels"]) == ["background", "liver"]
    assert list(content["dataset"]) == [case.name for case in (*training_set.train, *training_set.val)]
    for files in content["dataset"].values():
        for path in (*files["images"], files["label"]):
            assert (tmp_path / "raw" / DATASET / path).is_file()


def test_a_configuration_that_nnunet_does_not_plan_is_named(arms, tmp_path):
    settings, grids = NnunetSettings(configuration="3d_lowres"), [((24, 24, 24), (4.0, 4.0, 4.0))]
    with pytest.raises(SettingError, match="3d_lowres exists where a patch covers less than a quarter"):
        plan(TrainingSet(arms("synth1")[0].folder), settings, tmp_path, grids)
