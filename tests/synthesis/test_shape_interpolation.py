from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from labelct.synthesis.resample import resample_labels
from labelct.synthesis.shape_interpolation import interpolate_labels

THICK, FINE = (1.5, 1.5, 8.0), (2.0, 2.0, 2.0)
Inside = Callable[[Any, Any, Any], Any]
WIDTH = 96.0


def ball(x: Any, y: Any, z: Any) -> Any:
    """Return the depth below the surface of a ball, mm."""
    return 35.0 - np.sqrt((x - 47.0) ** 2 + (y - 50.0) ** 2 + (z - 46.0) ** 2)


def cone(x: Any, y: Any, z: Any) -> Any:
    """Return the depth below the side of a cone whose tip points up, mm."""
    return (0.5 * (90.0 - z) - np.hypot(x - 48.0, y - 48.0)) / np.hypot(1.0, 0.5)


def sampled(depth: Inside, spacing: tuple[float, float, float]) -> NDArray[Any]:
    return depth(*np.ogrid[tuple(slice(0.5 * s, WIDTH, s) for s in spacing)])


def surface_distance(found: NDArray[Any], depth: NDArray[Any]) -> float:
    """Return how far the faces between label and background lie from the true surface, mm."""
    gaps = []
    for axis in range(3):
        lines, true = np.moveaxis(found, axis, 0), np.moveaxis(depth, axis, 0)
        face = lines[1:] != lines[:-1]
        gaps.append(np.abs(0.5 * (true[1:] + true[:-1]))[face])
    return float(np.concatenate(gaps).mean())


@pytest.mark.parametrize("depth", [ball, cone])
def test_a_body_of_thick_slices_comes_nearer_to_its_true_shape(depth: Inside) -> None:
    given, true = (sampled(depth, THICK) > 0).astype(np.uint8), sampled(depth, FINE)
    shaped, stepped = (make(given, THICK, FINE) for make in (interpolate_labels, resample_labels))
    assert shaped.shape == stepped.shape == true.shape
    volume = (true > 0).sum()
    assert abs(int(shaped.sum()) - volume) < 0.02 * volume
    assert surface_distance(shaped, true) < 0.6 * surface_distance(stepped, true)
    assert (shaped != (true > 0)).sum() < 0.45 * (stepped != (true > 0)).sum()


def test_a_column_tapers_to_a_tip_two_thirds_of_the_way_to_the_empty_slice() -> None:
    given = np.zeros((60, 60, 3), np.uint8)
    given[:, :, 1] = np.hypot(*(np.ogrid[:60, :60][axis] - 29.5 for axis in (0, 1))) < 25
    found = interpolate_labels(given, (1.0, 1.0, 12.0), (1.0, 1.0, 0.5))
    areas = found.sum(axis=(0, 1), dtype=int)[36:60] / given.sum()  # from the middle of the slice to that of the next
    assert np.all(np.diff(areas) <= 0)
    assert areas[15] > 0 == areas[16:].sum()
    assert areas.mean() == pytest.approx(0.35, abs=0.02)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slices_lie_across_the_axis_of_the_largest_voxels(axis: int) -> None:
    given = np.moveaxis((sampled(ball, THICK) > 0).astype(np.uint8), 2, axis)
    spacing = tuple(np.insert(THICK[:2], axis, THICK[2]))
    upright = interpolate_labels(np.moveaxis(given, axis, 2), THICK, FINE)
    assert np.array_equal(np.moveaxis(interpolate_labels(given, spacing, FINE), axis, 2), upright)


def test_labels_that_touch_leave_no_gap_and_keep_their_values() -> None:
    given = np.zeros((40, 40, 6), np.uint16)
    given[5:35, 5:35, 1:5] = 300
    for z in range(1, 5):
        given[5 : 8 + 5 * z, 5:20, z] = 7
        given[5 : 8 + 5 * z, 20:35, z] = 1000
    found = interpolate_labels(given, (1.0, 1.0, 6.0), (1.0, 1.0, 1.0))
    assert found.dtype == np.uint16
    assert set(np.unique(found)) == {0, 7, 300, 1000}
    between = found[:, :, 9:27]  # from the centre of the first labelled slice to that of the last
    assert between[5:35, 5:35].all()
    assert not between[:5].any()
    edge = (between[:, 10] == 7).sum(axis=0)
    assert np.all(np.diff(edge) >= 0)
    assert np.diff(edge).max() <= 2, "the outline moves evenly from slice to slice"


def test_a_slice_of_the_old_grid_stays_as_it_was() -> None:
    given = np.random.default_rng(0).integers(0, 3, (12, 10, 5)).astype(np.uint8)
    found = interpolate_labels(given, (2.0, 2.0, 6.0), (2.0, 2.0, 2.0))
    assert np.array_equal(found[:, :, 1::3], given)
    assert np.array_equal(interpolate_labels(given, (2.0, 2.0, 6.0), (2.0, 2.0, 6.0)), given)


def test_what_the_end_of_the_map_cuts_off_stays_cut_off() -> None:
    given = np.zeros((9, 9, 3), np.uint8)
    given[2:7, 2:7, 1:] = 5
    found = interpolate_labels(given, (2.0, 2.0, 8.0), (2.0, 2.0, 2.0))
    assert np.array_equal(found[:, :, -1], given[:, :, -1])
    assert not found[:, :, :3].any()


@pytest.mark.parametrize("value", [0, 4])
def test_a_map_of_one_value_has_it_everywhere(value: int) -> None:
    assert (interpolate_labels(np.full((3, 4, 2), value, np.uint8), (1.0, 1.0, 5.0), (1.0, 1.0, 1.0)) == value).all()
