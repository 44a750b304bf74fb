"""Crops of a slice: exact where nothing turns, right about their centre where something does, filled beyond."""

import numpy as np
import pytest
import torch

from labelct.trainer.resunet25d.augmentation import sample_view, view
from labelct.trainer.resunet25d.settings import AugmentationSettings


def test_an_unchanged_crop_is_cut_and_not_sampled() -> None:
    slices = torch.randint(-1000, 1000, (3, 9, 7), dtype=torch.int16)
    found = view(slices, {"width": 8, "angle": 0.0, "corner": [1, -1, 4]}, 8, (1, 1, 0), -1024)
    assert torch.equal(found[:, :, 1:], slices[:, 1:9, :].float())
    assert (found[:, :, 0] == -1024).all()


@pytest.mark.parametrize("corner", [[4, 6], [0, 0], [8, 8]])
def test_half_a_crop_is_brought_back_to_the_size(corner: list[int]) -> None:
    """On a ramp, pixel i of 8 lies at 4 (i + 1/2) / 8 - 1/2 of the four that were cut."""
    x, y = torch.meshgrid(torch.arange(12.0), torch.arange(12.0), indexing="ij")
    found = view(torch.stack([x, y]), {"width": 4, "angle": 0.0, "corner": [*corner, 0]}, 8, (1, 1, 0), 0)
    place = (torch.arange(8) + 0.5) / 2 - 0.5
    inside = slice(1, 7)  # the outermost pixels reach beyond the slice where the crop lies in its corner
    expected = torch.stack(torch.meshgrid(corner[0] + place, corner[1] + place, indexing="ij"))
    torch.testing.assert_close(found[:, inside, inside], expected[:, inside, inside], atol=1e-4, rtol=0)


def test_a_quarter_turn_is_one() -> None:
    slices = torch.randn(2, 8, 8)
    found = view(slices, {"width": 8, "angle": 90.0, "corner": [0, 0, 0]}, 8, (2, 2, 0), 0)
    quarter = torch.rot90(slices, 1, (1, 2))
    assert min(float((found - turned).abs().max()) for turned in (quarter, quarter.flip(1, 2))) < 1e-4


def test_a_rotation_is_one_of_the_body() -> None:
    """On pixels of 1 x 2 mm a disc of 12 mm stays a disc."""
    x, y = np.meshgrid(np.arange(48) - 23.5, 2 * (np.arange(48) - 23.5), indexing="ij")
    disc = torch.from_numpy((x**2 + y**2 < 12**2).astype(np.float32))[None]
    found = view(disc, {"width": 48, "angle": 40.0, "corner": [0, 0, 0]}, 48, (1.0, 2.0, 0.0), 0)
    assert float((found - disc).abs().sum() / disc.sum()) < 0.15


def test_ratios_and_angles_reach_their_ends() -> None:
    rng = np.random.default_rng(0)
    drawn = [sample_view(AugmentationSettings(crop=0.5, rotation=20.0), 100, rng) for _ in range(1000)]
    assert (min(each["width"] for each in drawn), max(each["width"] for each in drawn)) == (50, 100)
    angles = [each["angle"] for each in drawn]
    assert -20 <= min(angles) < -19.5
    assert 19.5 < max(angles) <= 20
    assert sample_view(AugmentationSettings(crop=1.0, rotation=0.0), 64, rng) == {"width": 64, "angle": 0.0}
