from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import affine_transform, label

from labelct.synthesis.kernels.arrays.warp import displacement, warp
from tests.synthesis.cases import ball, threads, trunk

STILL = {
    "matrix": np.eye(3).tolist(),
    "shift_mm": [0.0] * 3,
    "elastic_mm": 0.0,
    "control_point_spacing_mm": 60.0,
    "seed": 1,
    "flip": False,
}
SPACING = (2.0, 3.0, 5.0)


def test_the_identity_changes_nothing() -> None:
    label_map = trunk().label_map
    assert np.array_equal(warp(label_map, SPACING, STILL, 0), label_map)


def test_a_shift_is_in_millimetres() -> None:
    volume = np.random.default_rng(0).normal(size=(20, 20, 20)).astype(np.float32)
    shifted = warp(volume, SPACING, {**STILL, "shift_mm": [4.0, -3.0, 2.5]}, -7.0)
    assert shifted[3, 4, 5] == pytest.approx((volume[5, 3, 5] + volume[5, 3, 6]) / 2, abs=1e-5)
    assert (shifted[-1] == -7).all()


def test_an_affine_map_is_that_of_scipy() -> None:
    volume = np.random.default_rng(0).normal(size=(24, 20, 16)).astype(np.float32)
    matrix = np.array([[1.1, 0.1, 0.0], [-0.2, 0.9, 0.05], [0.0, 0.1, 1.0]])
    size, middle = np.diag(SPACING), (np.array(volume.shape) - 1) / 2
    in_voxels = np.linalg.inv(size) @ matrix @ size
    expected = affine_transform(volume, in_voxels, middle - in_voxels @ middle, order=1, mode="constant", cval=0.0)
    found = warp(volume, SPACING, {**STILL, "matrix": matrix.tolist()}, 0.0)
    inner = (slice(6, -6),) * 3
    assert found[inner] == pytest.approx(expected[inner], abs=1e-4)


def test_a_quarter_turn_keeps_volume_on_anisotropic_voxels() -> None:
    organ = ball((60, 60, 40), (30, 30, 20), (14, 9, 3)).astype(np.uint16)
    turned = warp(organ, SPACING, {**STILL, "matrix": [[1, 0, 0], [0, 0, -1], [0, 1, 0]]}, 0)
    assert turned.sum() == pytest.approx(organ.sum(), rel=0.05)
    assert np.ptp(np.nonzero(turned)[2]) * 5 == pytest.approx(np.ptp(np.nonzero(organ)[1]) * 3, abs=6)


def test_a_flip_turns_x_round() -> None:
    halves = np.ones((6, 2, 2), np.uint8)
    halves[3:] = 2
    assert warp(halves, SPACING, {**STILL, "flip": True}, 0)[0, 0, 0] == 2


def test_the_elastic_field_has_the_asked_spread_and_is_smooth() -> None:
    field, step = displacement(
        (200, 200, 100), (2.0, 2.0, 4.0), {**STILL, "elastic_mm": 6.0, "control_point_spacing_mm": 40.0}
    )
    assert field.std() == pytest.approx(6.0, rel=0.1)
    assert np.abs(np.diff(field, axis=0)).max() / step < 1.0


def test_organs_stay_whole_under_the_strongest_elastic_setting() -> None:
    organ = ball((60, 60, 40), (30, 30, 20), (20, 14, 8)).astype(np.uint8)
    for seed in range(5):
        bent = warp(organ, SPACING, {**STILL, "elastic_mm": 10.0, "control_point_spacing_mm": 40.0, "seed": seed}, 0)
        sizes = np.bincount(label(bent)[0].ravel())[1:]
        assert sizes.max() > 0.99 * sizes.sum()


def test_threads_do_not_change_the_bits() -> None:
    volume = np.random.default_rng(0).normal(size=(40, 20, 16)).astype(np.float32)
    params, found = {**STILL, "elastic_mm": 6.0, "control_point_spacing_mm": 30.0}, []
    for number in (1, 3):
        with threads(number):
            found.append(warp(volume, SPACING, params, -1000.0).tobytes())
    assert found[0] == found[1] != volume.tobytes()
