import numpy as np
import pytest

from labelct.volume import LabelMap, Volume


def test_spacing_is_the_length_of_each_step_whatever_the_rotation():
    angle = np.deg2rad(30)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([0.7, 0.8, 2.5])
    assert Volume(np.zeros((2, 2, 2)), affine).spacing == pytest.approx((0.7, 0.8, 2.5))


def test_a_label_map_knows_the_value_of_a_name():
    label_map = LabelMap(np.zeros((1, 1, 1), np.uint8), np.eye(4), {1: "liver", 7: "spleen"})
    assert label_map.value_of("spleen") == 7
    assert label_map.value_of("heart") is None
