import nibabel
import numpy as np
import pytest
from nibabel.orientations import axcodes2ornt

from labelct.io.orientation import in_order, ras_grid, turn_back, turn_to_ras

ARRAY = np.random.default_rng(0).integers(0, 99, (3, 4, 5))


def affine_of(codes: str) -> np.ndarray:
    """Return the affine of `ARRAY` where its axes run as the codes say."""
    affine = np.zeros((4, 4))
    for axis, (target, direction) in enumerate(axcodes2ornt(codes)):
        affine[int(target), axis] = direction * (0.8, 0.9, 2.5)[axis]
    affine[:, 3] = 5, -6, 7, 1
    return affine


@pytest.mark.parametrize("codes", ["RAS", "LPS", "ARS", "SLA", "IPR"])
def test_back_is_the_inverse_of_the_turn(tmp_path, codes):
    affine = affine_of(codes)
    assert "".join(nibabel.aff2axcodes(affine)) == codes
    turned, ras = turn_to_ras(tmp_path, ARRAY, affine)
    assert nibabel.aff2axcodes(ras) == ("R", "A", "S")
    np.testing.assert_array_equal(turn_back(turned, affine), ARRAY)
    shape, grid = ras_grid(ARRAY.shape, affine)
    assert shape == turned.shape
    np.testing.assert_array_equal(grid, ras)


def test_memory_order_is_as_asked():
    assert in_order(ARRAY, np.float32).flags.c_contiguous
    assert in_order(ARRAY, np.int16, "F").flags.f_contiguous
    np.testing.assert_array_equal(in_order(ARRAY, np.int16, "F"), ARRAY)
