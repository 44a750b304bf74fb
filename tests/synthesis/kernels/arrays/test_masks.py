from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_edt

from labelct.synthesis.kernels.arrays.masks import border, distance, extent, fill_holes, nearest


def test_the_border_are_the_voxels_that_share_a_face() -> None:
    labelled = np.zeros((6, 7, 8), bool)
    labelled[0, 3, 7] = labelled[4:, 2, 2] = True
    assert np.array_equal(border(labelled), np.argwhere(binary_dilation(labelled) & ~labelled))
    assert border(np.zeros((6, 7, 8), bool)).shape == (0, 3)


def test_lines_reach_from_their_first_to_their_last_voxel() -> None:
    mask = np.zeros((2, 5, 1), bool)
    mask[0, [1, 3], 0] = True
    first, last = extent(mask, 1)
    assert (first[0, 0], last[0, 0], last[1, 0]) == (1, 3, -1)


def test_distances_are_in_mm_and_stay_in_the_section() -> None:
    mask = np.zeros((5, 6, 2), bool)
    mask[2, 1, 0] = mask[0, 0, 1] = True
    found = distance(mask, (2.0, 3.0, 1.0), 100.0)
    assert (found[4, 1, 0], found[2, 5, 0], found[0, 0, 1], found[2, 0, 1]) == (4.0, 12.0, 0.0, 4.0)
    assert np.array_equal(found[:, :, 0], distance_transform_edt(~mask[:, :, 0], sampling=(2.0, 3.0)))


def test_what_a_section_encloses_is_filled_and_the_rest_is_not() -> None:
    ring = np.zeros((5, 5, 2), bool)
    ring[1:4, 1:4] = True
    ring[2, 2] = False
    ring[2, 1, 1] = False
    filled = fill_holes(ring)
    assert (filled[2, 2, 0], filled[2, 2, 1], filled[0, 0, 0]) == (True, False, False)
    assert not ring[2, 2, 0]


def test_a_coarse_mask_covers_the_last_voxels_too() -> None:
    coarse = np.array([True, False]).reshape(2, 1, 1)
    fine = nearest(coarse, (3, 2, 1), np.zeros((8, 3, 1)))
    assert fine[:, 0, 0].tolist() == [True] * 3 + [False] * 5
    assert fine.shape == (8, 3, 1)
