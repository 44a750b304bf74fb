"""Rotations keep lengths and their own axis, and turn each axis to the next."""

import numpy as np
import pytest

from labelct.rotation import rotation_about


@pytest.mark.parametrize("axis", range(3))
def test_a_quarter_turn_takes_each_axis_to_the_next(axis: int) -> None:
    unit, turn = np.eye(3), rotation_about(axis, np.pi / 2)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    np.testing.assert_allclose(turn @ unit[axis], unit[axis])
    np.testing.assert_allclose(turn @ unit[first], unit[second], atol=1e-15)
    np.testing.assert_allclose(turn @ unit[second], -unit[first], atol=1e-15)


@pytest.mark.parametrize("axis", range(3))
def test_angles_add_up_and_lengths_stay(axis: int) -> None:
    turn = rotation_about(axis, 0.3)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-15)
    np.testing.assert_allclose(rotation_about(axis, 0.2) @ rotation_about(axis, 0.1), turn, atol=1e-15)
    assert np.linalg.det(turn) == pytest.approx(1)
    np.testing.assert_array_equal(rotation_about(axis, 0.0), np.eye(3))
