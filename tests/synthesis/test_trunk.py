from __future__ import annotations

from typing import Any

import numpy as np
from labelct.synthesis.completion import complete, sample_completion
from labelct.synthesis.trunk import CAVITY, OUTSIDE, SHELL, WALL, trunk_half_axes, trunk_layers

from labelct.synthesis.settings import DataSettings
from tests.synthesis.cases import Case, ball

SHAPE, SPACING, NAMES = (100, 80, 20), (4.0, 4.0, 5.0), {1: "liver", 2: "_air"}


def params_of(**changes: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    label_map = ball(SHAPE, (70, 45, 10), (18, 15, 6)).astype(np.uint8)
    drawn = sample_completion(label_map, SPACING, NAMES, DataSettings(completion="geometric"), False, rng)
    return {**drawn, "fat_tilt": 0.0, **changes}


def test_layers_follow_each_other_as_thick_as_drawn() -> None:
    label_map = ball(SHAPE, (70, 45, 10), (18, 15, 6)).astype(np.uint8)
    layers = trunk_layers(label_map, SPACING, NAMES, params_of(wall_mm=12.0, fat_mm=20.0))
    assert (layers[label_map > 0] == CAVITY).mean() > 0.995
    along = layers[50:, 40, 10]
    assert along.tolist() == sorted(along.tolist(), reverse=True)
    assert abs((along == WALL).sum() * 4.0 - 12.0) <= 4.0
    assert abs((along == SHELL).sum() * 4.0 - 20.0) <= 4.0
    assert layers[0, 0, 0] == OUTSIDE


def test_air_does_not_widen_the_trunk() -> None:
    label_map = ball(SHAPE, (70, 45, 10), (18, 15, 6)).astype(np.uint8)
    params = params_of()
    without = trunk_layers(label_map, SPACING, NAMES, params)
    label_map[99] = 2
    np.testing.assert_array_equal(trunk_layers(label_map, SPACING, NAMES, params), without)


def test_threads_and_completion_see_the_same_layers(case: Case) -> None:
    params = params_of()
    layers = trunk_layers(case.label_map, case.spacing, case.names, params)
    np.testing.assert_array_equal(trunk_layers(case.label_map, case.spacing, case.names, params, 3), layers)
    classes = complete(case.label_map, case.spacing, case.names, params)
    np.testing.assert_array_equal(classes == 0, layers == OUTSIDE)
    np.testing.assert_array_equal(classes[layers == SHELL], 1)
    np.testing.assert_array_equal(classes[layers == WALL], 2)


def test_the_half_axes_hold_the_trunk_and_not_much_more() -> None:
    label_map = ball(SHAPE, (70, 45, 10), (16, 18, 6)).astype(np.uint8)
    params = params_of(half_width_mm=100.0, half_depth_mm=70.0, wall_mm=10.0, fat_mm=20.0)
    x, y, _ = np.nonzero(trunk_layers(label_map, SPACING, NAMES, params))
    offset = np.abs(np.stack([x, y], axis=1) * 4.0 - params["centre_mm"]).max(axis=0)
    axes = trunk_half_axes(label_map > 0, SPACING, params)
    assert (offset <= np.array(axes) + 8.0).all()
    assert (offset >= np.array(axes) - 12.0).all()
