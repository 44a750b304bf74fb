from __future__ import annotations

from typing import Any

import numpy as np

from labelct.synthesis import background
from labelct.synthesis.case import Case
from labelct.synthesis.envelope import CAVITY, OUTSIDE, SHELL, WALL, envelope_half_axes, envelope_layers
from tests.synthesis.cases import ball, scene, threads

SHAPE, SPACING, NAMES = (100, 80, 20), (4.0, 4.0, 5.0), {1: "liver", 2: "_air"}


def liver(*radius: float) -> Case:
    return Case(ball(SHAPE, (70, 45, 10), radius or (18, 15, 6)).astype(np.uint8), SPACING, NAMES)


def params_of(**changes: Any) -> dict[str, Any]:
    drawn = background.sample(
        scene(liver(), background=background.Settings(source="geometric")), np.random.default_rng(0)
    )
    return {**drawn, "fat_tilt": 0.0, **changes}


def test_layers_follow_each_other_as_thick_as_drawn() -> None:
    layers = envelope_layers(scene(liver()), params_of(wall_mm=12.0, fat_mm=20.0))
    assert (layers[liver().label_map > 0] == CAVITY).mean() > 0.995
    along = layers[50:, 40, 10]
    assert along.tolist() == sorted(along.tolist(), reverse=True)
    assert abs((along == WALL).sum() * 4.0 - 12.0) <= 4.0
    assert abs((along == SHELL).sum() * 4.0 - 20.0) <= 4.0
    assert layers[0, 0, 0] == OUTSIDE


def test_air_does_not_widen_the_trunk() -> None:
    with_air, params = liver(), params_of()
    with_air.label_map[99] = 2
    np.testing.assert_array_equal(envelope_layers(scene(with_air), params), envelope_layers(scene(liver()), params))


def test_threads_and_background_see_the_same_layers(case: Case) -> None:
    params = params_of()
    with threads(1):
        layers = envelope_layers(scene(case), params)
    painted = scene(case)
    with threads(3):
        background.apply(painted, params)
    classes = painted.background.numbers
    np.testing.assert_array_equal(classes == 0, layers == OUTSIDE)
    np.testing.assert_array_equal(classes[layers == SHELL], 1)
    np.testing.assert_array_equal(classes[layers == WALL], 2)
    np.testing.assert_array_equal(painted.cavity, layers == CAVITY)


def test_the_half_axes_hold_the_trunk_and_not_much_more() -> None:
    case, params = liver(16, 18, 6), params_of(half_width_mm=100.0, half_depth_mm=70.0, wall_mm=10.0, fat_mm=20.0)
    x, y, _ = np.nonzero(envelope_layers(scene(case), params))
    offset = np.abs(np.stack([x, y], axis=1) * 4.0 - params["centre_mm"]).max(axis=0)
    axes = envelope_half_axes(case.label_map > 0, SPACING, params)
    assert (offset <= np.array(axes) + 8.0).all()
    assert (offset >= np.array(axes) - 12.0).all()
