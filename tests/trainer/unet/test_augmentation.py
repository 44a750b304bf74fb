"""Changes of a patch: nothing where nothing is asked, rotations of the body, ends of a scan as prediction has them."""

import numpy as np
import pytest
import torch

from labelct.trainer.augmentation import change_intensity
from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.unet.augmentation import sample_augmentation, truncate_z
from labelct.trainer.unet.settings import AugmentationSettings

NONE = AugmentationSettings("", scale=0, shift=0, gamma=0, noise=0)
IDENTITY = {"gamma": 1, "scale": 1, "shift": 0, "noise": 0}


def test_nothing_is_drawn_from_no_augmentation() -> None:
    params = sample_augmentation(NONE, (), (1, 1, 1), np.random.default_rng(0))
    assert {name: params[name] for name in IDENTITY} == IDENTITY
    assert params["matrix"] is None
    image = torch.randn(4, 4, 4)
    assert torch.equal(change_intensity(image, params, BUILTIN["liver"]), image)


def test_rotation_is_one_of_the_body() -> None:
    settings = AugmentationSettings("", scale=0, shift=0, gamma=0, spatial=1.0, rotation=30.0, zoom=0.0)
    size = np.array([1.0, 2.0, 5.0])
    matrix = np.array(sample_augmentation(settings, (), size, np.random.default_rng(1))["matrix"])
    turn = np.diag(size) @ matrix @ np.diag(1 / size)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)


@pytest.mark.parametrize(
    ("extend", "expected"),
    [(0, [-9, -9, -9, 3, 4, 5, -9, -9]), (2, [-9, 3, 3, 3, 4, 5, 5, 5]), (9, [3] * 4 + [4] + [5] * 3)],
)
def test_the_end_slices_of_a_cut_patch_are_repeated_then_comes_the_filling(extend: int, expected: list[int]) -> None:
    block = torch.arange(8.0).expand(2, 2, 8)
    assert truncate_z(block, [3 / 8, 6 / 8], extend, -9)[1, 1].tolist() == expected
    assert truncate_z(block, None, extend, -9)[0, 0].tolist() == list(range(8))
    assert block[0, 0].tolist() == list(range(8))


@pytest.mark.parametrize(("extend", "expected"), [(0, [-9] * 8), (1, [-9] * 8), (4, [0, 0] + [-9] * 6)])
def test_a_scan_that_ends_below_the_patch_never_repeats_a_slice_from_above(extend: int, expected: list[int]) -> None:
    """Of 14 in 1000 scans that end, the end lies below the patch: `z_range` says by how much."""
    block = torch.arange(8.0).expand(2, 2, 8)
    assert truncate_z(block, [0.0, -2 / 8], extend, -9)[1, 1].tolist() == expected


def test_a_truncated_scan_changes_no_other_draw() -> None:
    with_slab, without = (
        AugmentationSettings("xyz", spatial=0.5, truncate_z_probability=chance) for chance in (1.0, 0.0)
    )
    first, second = (sample_augmentation(s, (0, 1), (1, 1, 1), np.random.default_rng(3)) for s in (with_slab, without))
    assert first.pop("z_range") is not None
    assert second.pop("z_range") is None
    assert first == second
