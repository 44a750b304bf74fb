from dataclasses import replace

import numpy as np
import pytest

from labelct.cohort.grid import regrid
from labelct.volume import LabelMap, Volume


def organ(top: int, depth: int = 10) -> LabelMap:
    array = np.zeros((4, 4, depth), np.uint8)
    array[1:3, 1:3, 2 : top + 1] = 5
    return LabelMap(array, np.diag([3.0, 3.0, 3.0, 1.0]), {5: "liver"})


@pytest.mark.parametrize(("padding_mm", "depth"), [(0.0, 10), (9.0, 10), (10.0, 11), (60.0, 27)])
def test_superior_padding_is_a_least_distance(padding_mm: float, depth: int) -> None:
    given = organ(top=6)
    found, _ = regrid(given, None, None, padding_mm)
    assert found.array.shape == (4, 4, depth)
    np.testing.assert_array_equal(found.array[:, :, :10], given.array)
    assert not found.array[:, :, 10:].any()
    np.testing.assert_array_equal(found.affine, given.affine)


def test_an_organ_cut_by_the_end_of_its_map_stays_cut() -> None:
    assert regrid(organ(top=9), None, None, 60.0)[0].array.shape == (4, 4, 10)


def test_a_case_with_a_ct_keeps_its_grid() -> None:
    given = organ(top=6)
    ct = Volume(np.zeros(given.array.shape, np.float32), given.affine)
    assert regrid(given, ct, None, 60.0)[0].array.shape == (4, 4, 10)


def test_padding_of_a_ct_does_not_leak_across_its_edge() -> None:
    given = organ(top=6)
    hu = np.full(given.array.shape, 40, np.float32)
    hu[:2] = -1024
    padded = np.where(hu < -1000, np.float32(-2000), hu)
    same, other = (regrid(given, Volume(array, given.affine), 4.0)[1] for array in (hu, padded))
    assert same is not None
    assert other is not None
    np.testing.assert_array_equal(other.array, same.array)
    assert np.ptp(same.array) > 1000, "the edge is within the volume"


def test_what_is_ignored_comes_on_the_grid_of_the_labels() -> None:
    given = organ(top=6)
    given = replace(given, ignored=np.arange(10) % 2 * np.ones((4, 4, 1)) > 0)
    padded = regrid(given, None, None, 60.0)[0].ignored
    assert padded is not None
    assert padded.shape == (4, 4, 27)
    np.testing.assert_array_equal(padded[:, :, :10], given.ignored)
    assert not padded[:, :, 10:].any()
    finer = regrid(given, None, 1.5)[0].ignored
    np.testing.assert_array_equal(finer, np.repeat(np.repeat(np.repeat(given.ignored, 2, 0), 2, 1), 2, 2))


def test_shapes_are_interpolated_where_that_is_asked_for() -> None:
    array = np.zeros((12, 12, 4), np.uint8)
    array[2:10, 2:10, 1], array[5:7, 5:7, 2] = 5, 5
    given = LabelMap(array, np.diag([2.0, 2.0, 8.0, 1.0]), {5: "liver"}, ignored=array == 0)
    found, _ = regrid(given, None, 2.0, interpolation="shape")
    areas = (found.array > 0).sum(axis=(0, 1))
    assert found.names == given.names
    assert len(set(areas[5:11])) > 3, "the outline shrinks from slice to slice"
    assert found.ignored is not None
    assert not found.array[found.ignored].any()
    nearest = regrid(given, None, 2.0)[0].array
    assert set((nearest > 0).sum(axis=(0, 1))) == {0, 4, 64}
