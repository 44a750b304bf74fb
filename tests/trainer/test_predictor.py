import numpy as np
import pytest
import torch

from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.predictor import NetworkPredictor, body_box, field_box
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.settings import PredictionSettings, UNetSettings
from labelct.volume import Volume


def test_box_holds_the_body_and_not_the_table() -> None:
    hu = np.full((60, 50, 40), -1000, np.float32)
    hu[20:40, 15:35, :] = 40
    hu[5:55, 2:4, :] = 100  # the table, thinner than the body
    box = body_box(hu, (2.0, 2.0, 2.0), PredictionSettings(margin_mm=8))
    assert [(span.start, span.stop) for span in box] == [(15, 44), (11, 40), (0, 40)]


def test_without_a_body_or_a_wish_nothing_is_cropped() -> None:
    air, water = np.full((9, 9, 9), -1000, np.float32), np.zeros((9, 9, 9), np.float32)
    for hu, settings in ((air, PredictionSettings()), (water, PredictionSettings(body_crop=False))):
        assert hu[body_box(hu, (1, 1, 1), settings)].shape == hu.shape


class Smeared(torch.nn.Module):
    """Says organ where the mean over 9 slices is above -0.2 standard deviations."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        organ = torch.nn.functional.avg_pool3d(image, (1, 1, 9), 1, (0, 0, 4)) + 0.2
        return torch.cat([-organ, organ], 1) * 50


@pytest.mark.parametrize(("z_padding_mm", "missed"), [(0.0, True), (40.0, False)])
def test_repeated_end_slices_keep_an_organ_at_the_end_of_a_slab(z_padding_mm: float, missed: bool) -> None:
    settings = UNetSettings(channels=[4, 8, 8], patch=[16, 16, 16])
    settings.prediction = PredictionSettings(body_crop=False, z_padding_mm=z_padding_mm)
    intensity_properties = BUILTIN["soft_tissue"]
    predictor = NetworkPredictor(
        UNET, Smeared(), settings, {"liver": 3}, (4.0, 4.0, 4.0), intensity_properties, DeviceSettings()
    )
    hu = np.full((20, 20, 8), 60, np.float32)
    hu[0] = -1000
    found = predictor.predict(Volume(hu, np.diag([4.0, 4.0, 4.0, 1.0])))[4:]
    assert found.shape == (16, 20, 8)
    assert set(np.unique(found[..., 3:5])) == {3}
    assert (found[..., [0, -1]] == 0).all() == missed


@pytest.mark.parametrize("memory_gb", [4.0, 0.001])
def test_probabilities_are_those_that_the_labels_were_chosen_by(memory_gb: float) -> None:
    settings = UNetSettings(channels=[4, 8, 8], patch=[32, 32, 32])
    settings.prediction = PredictionSettings(body_crop=True, margin_mm=4)
    settings.prediction.memory_gb = memory_gb  # less than a setting may say cuts a small volume into chunks
    predictor = NetworkPredictor(
        UNET, Smeared(), settings, {"liver": 3}, (1.5, 1.5, 1.5), BUILTIN["soft_tissue"], DeviceSettings()
    )
    hu = np.full((50, 24, 20), -1000, np.float32)
    hu[10:44, 4:20] = np.random.default_rng(0).normal(20, 60, (34, 16, 20))
    volume = Volume(hu, np.diag([3.0, 3.0, 3.0, 1.0]))
    labels, probabilities = predictor.predict_probabilities(volume)
    np.testing.assert_array_equal(labels, predictor.predict(volume))
    assert (probabilities.shape, probabilities.dtype) == ((1, *hu.shape), np.float16)
    away = np.abs(probabilities[0].astype(float) - 0.5) > 1e-3
    np.testing.assert_array_equal((probabilities[0] > 0.5)[away], (labels == 3)[away])
    assert 0.1 < (labels[10:44, 4:20] == 3).mean() < 0.9
    assert not probabilities[0, :5].any()


@pytest.mark.parametrize(("field_mm", "found"), [(None, np.s_[:, :]), (90.0, np.s_[20:50, 15:45])])
def test_beside_the_field_nothing_is_found(field_mm: float | None, found: tuple[slice, slice]) -> None:
    """Of 210 x 180 mm the middle 90 x 90, all slices of it."""
    settings = UNetSettings(channels=[4, 8, 8], patch=[16, 16, 16])
    properties, expected = BUILTIN["soft_tissue"], np.zeros((70, 60, 40), np.uint8)
    expected[found] = 3
    volume = Volume(np.full(expected.shape, 60, np.float32), np.diag([3.0, 3.0, 3.0, 1.0]))
    for body_crop in (True, False):
        settings.prediction = PredictionSettings(body_crop=body_crop, field_mm=field_mm)
        predictor = NetworkPredictor(
            UNET, Smeared(), settings, {"liver": 3}, (3.0, 3.0, 3.0), properties, DeviceSettings()
        )
        labels, probabilities = predictor.predict_probabilities(volume)
        np.testing.assert_array_equal(labels, expected)
        np.testing.assert_array_equal(probabilities[0] > 0.5, expected == 3)


def test_a_field_wider_than_the_volume_is_the_volume() -> None:
    assert field_box((70, 20, 9), (3.0, 3.0, 5.0), 90) == np.s_[20:50, 0:20, :]
