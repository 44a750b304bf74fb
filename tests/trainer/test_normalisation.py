from dataclasses import asdict

import numpy as np
import pytest
import torch

from labelct.dataset import TrainingSet, image_path, label_path, write_index
from labelct.errors import InputError, SettingError
from labelct.io import nifti
from labelct.trainer.normalisation import (
    BUILTIN,
    IntensityProperties,
    fingerprint,
    in_steps,
    intensity,
    measure,
    of_volume,
)
from labelct.trainer.settings import NormalisationSettings


def test_liver_window_by_hand(training_set) -> None:
    intensity_properties = intensity(NormalisationSettings(), training_set)
    hu = np.array([-1000, -17, 99.4, 138.8, 201, 3000], np.float32)
    expected = [-116.4 / 39.4, -116.4 / 39.4, 0, 1, 101.6 / 39.4, 101.6 / 39.4]
    np.testing.assert_allclose(intensity_properties.standardised(torch.from_numpy(hu)), expected, atol=1e-5)
    assert intensity_properties.floor == pytest.approx(-116.4 / 39.4)


def test_window_of_the_settings_is_used(training_set) -> None:
    assert intensity(NormalisationSettings(window="wide"), training_set) == BUILTIN["wide"]


def test_fingerprint_measures_target_voxels_alone(training_set) -> None:
    intensity_properties = fingerprint(training_set)  # balls of 110 HU with noise of 10 HU, body of 30 HU, air
    assert intensity_properties.mean == pytest.approx(110, abs=1)
    assert intensity_properties.sd == pytest.approx(10, abs=0.5)
    assert intensity_properties.low == pytest.approx(110 - 25.8, abs=2)
    assert intensity_properties.high == pytest.approx(110 + 25.8, abs=2)


def test_constant_organs_keep_a_usable_scale() -> None:
    assert measure([80.0] * 10) == IntensityProperties(80, 81, 80, 1)


def test_clinical_numbers_are_taken_as_given(training_set) -> None:
    intensity_properties = IntensityProperties(-10, 200, 90, 35)
    assert (
        intensity(NormalisationSettings(source="clinical", **asdict(intensity_properties)), training_set)
        == intensity_properties
    )
    with pytest.raises(SettingError, match=r"normalisation\.sd"):
        intensity(NormalisationSettings(source="clinical", low=-10, high=200, mean=90), training_set)


def test_set_without_target_voxels_is_named(training_set) -> None:
    for case in training_set.train:
        nifti.write(label_path(training_set.folder, case.name), np.zeros((4, 4, 4), np.uint8), np.eye(4))
        nifti.write(image_path(training_set.folder, case.name), np.zeros((4, 4, 4), np.float32), np.eye(4))
    with pytest.raises(InputError, match="no case holds a target voxel"):
        fingerprint(training_set)


def test_voxels_to_ignore_are_no_target(tmp_path) -> None:
    labels = np.zeros((10, 10, 10), np.uint8)
    labels[:4], labels[6:] = 1, 2
    nifti.write(image_path(tmp_path, "a"), np.choose(labels, [0, 100, 900]).astype(np.float32), np.eye(4))
    nifti.write(label_path(tmp_path, "a"), labels, np.eye(4))
    write_index(tmp_path, ["liver"], {"train": ["a"]}, (1, 1, 1), ignore=True)
    assert fingerprint(TrainingSet(tmp_path)) == IntensityProperties(100, 101, 100, 1)


def test_a_volume_of_its_own_is_free_of_its_unit() -> None:
    image = np.random.default_rng(0).gamma(2.0, 50.0, (20, 21, 22)).astype(np.float32)
    one, other = (of_volume(each).standardised(torch.from_numpy(each)) for each in (image, 3 * image + 70))
    np.testing.assert_allclose(one, other, atol=1e-4)
    assert float(one.mean()) == pytest.approx(0, abs=1e-3)
    assert float(one.std()) == pytest.approx(1, abs=1e-3)
    assert of_volume(image).high == pytest.approx(np.percentile(image, 99.5), rel=1e-6)


def test_a_constant_volume_is_zero() -> None:
    image = torch.full((3, 4, 5), 7.0)
    assert (of_volume(image.numpy()).standardised(image) == 0).all()


def test_steps_of_a_window_are_the_same_intensities_in_sixteen_bits() -> None:
    image = torch.rand(9, 9, 9) / 1000
    own = of_volume(image.numpy())
    scaled, properties = in_steps(image, own)
    assert float(scaled.min()) == 0
    assert float(scaled.max()) == pytest.approx(10_000, rel=1e-5)
    stored = scaled.round().to(torch.int16)
    torch.testing.assert_close(properties.standardised(stored), own.standardised(image), atol=1e-3, rtol=0)


def test_every_volume_its_own_leaves_the_training_none(training_set) -> None:
    assert intensity(NormalisationSettings(source="volume"), training_set) is None
