import numpy as np
import pytest

from labelct.io.label_values import is_labels, why_image

RNG = np.random.default_rng(0)
GRID = np.indices((24, 20, 16))


def organs(count):
    """Return label values in blocks of 4 voxels, in a margin of 0."""
    labels = 1 + (GRID[0] // 4 + 6 * (GRID[1] // 4)) % count
    labels[:2] = labels[-2:] = 0
    return labels


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
@pytest.mark.parametrize("count", [1, 2, 29])
def test_structures_side_by_side_are_labels(count, dtype):
    assert is_labels(organs(count).astype(dtype))


def test_an_empty_mask_and_a_speck_are_labels():
    speck = np.zeros((5, 5, 5))
    assert is_labels(speck)
    speck[2, 2, 2] = 7
    assert is_labels(speck)


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (RNG.normal(0, 300, (9, 8, 7)).round(), "as HU do"),
        (RNG.uniform(0, 1, (9, 8, 7)), "no whole numbers"),
        (np.where(organs(2) > 0, np.nan, 0), "NaN"),
        (RNG.integers(0, 3000, (24, 20, 16)), "different values"),
    ],
)
def test_what_can_be_no_labels_is_an_image(image, why):
    assert why in why_image(image)
    assert not is_labels(image)


def test_grey_values_of_eight_bits_are_told_by_their_noise():
    grey = np.where(GRID[0] < 12, 0, 100) + np.where(GRID[0] < 12, 0, RNG.integers(-9, 9, GRID[0].shape))
    assert not why_image(grey)
    assert not is_labels(grey.astype(np.uint8))
