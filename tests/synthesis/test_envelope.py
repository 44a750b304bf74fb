from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelct.synthesis import background
from labelct.synthesis.case import Case
from labelct.synthesis.envelope import (
    CAVITY,
    OUTSIDE,
    SHELL,
    WALL,
    ellipse_support,
    envelope_centre,
    envelope_half_axes,
    envelope_layers,
    envelope_shells,
    label_support,
    midline_x,
    mirrored,
    narrowing,
    radial,
    section_area,
)
from tests.synthesis.cases import ball, scene, threads

SHAPE, SPACING, NAMES = (100, 80, 20), (4.0, 4.0, 5.0), {1: "liver", 2: "_air"}
PARAMS = {
    "half_width_mm": 150.0,
    "half_depth_mm": 100.0,
    "narrowing": 0.25,
    "wall_mm": 8.0,
    "fat_mm": 15.0,
    "fat_tilt": 0.0,
    "fat_angle": 0.0,
}


def test_an_ellipse_has_its_area_and_radii() -> None:
    support = ellipse_support(150.0, 100.0)
    assert section_area(support)[0] == pytest.approx(np.pi * 150 * 100, rel=1e-3)
    radius = radial(support)[:, 0]
    assert radius[0] == pytest.approx(150, rel=1e-3)
    assert radius[45] == pytest.approx(100, rel=1e-3)


def test_adding_to_the_support_dilates() -> None:
    assert radial(ellipse_support(50.0, 50.0) + 7.0) == pytest.approx(57.0, rel=1e-3)


def test_the_support_of_two_balls_is_their_hull() -> None:
    mask = ball((81, 61, 1), (20, 30, 0), (10, 10, 1)) | ball((81, 61, 1), (60, 30, 0), (10, 10, 1))
    support = label_support(mask, (1.0, 1.0, 1.0), (40.0, 30.0))
    assert section_area(support)[0] == pytest.approx(40 * 20 + np.pi * 100, rel=0.06)


def test_empty_sections_are_interpolated() -> None:
    mask = np.zeros((41, 41, 9), bool)
    mask[10:31, 10:31, 2] = True
    mask[:, :, 6] = True
    support = label_support(mask, (1.0, 1.0, 1.0), (20.0, 20.0))
    assert support[0].tolist() == pytest.approx([10, 10, 10, 12.5, 15, 17.5, 20, 20, 20])


def test_a_lone_liver_gets_a_whole_trunk() -> None:
    liver = ball((100, 80, 30), (75, 45, 15), (15, 12, 10))
    cavity, wall, skin = envelope_shells(liver, (4.0, 4.0, 5.0), (198.0, 158.0), PARAMS)
    assert (cavity[0] > 149.5).all()
    assert ((wall - cavity > 7.9) & (wall - cavity < 12)).all()
    assert (skin > wall + 14.9).all()


def test_mirroring_swaps_left_and_right_alone() -> None:
    mask = ball((81, 61, 1), (60, 40, 0), (12, 8, 1))
    size, centre = (1.0, 1.0, 1.0), (40.0, 30.0)
    other = label_support(mask[::-1], size, centre)
    assert mirrored(label_support(mask, size, centre)) == pytest.approx(other, abs=1e-9)
    assert abs(other - label_support(mask, size, centre)).max() > 30


def test_sections_narrow_by_the_slope_and_never_cut_a_label() -> None:
    support = np.full((180, 9), 50.0)
    support[:, 4] = 80.0
    assert narrowing(support, 5.0, 0.4)[0].tolist() == pytest.approx([72, 74, 76, 78, 80, 78, 76, 74, 72])
    assert narrowing(support, 5.0, 4.0)[0].tolist() == pytest.approx([50, 50, 50, 60, 80, 60, 50, 50, 50])


def test_a_wide_liver_touches_the_wall_and_its_mirror_image_shapes_the_other_side() -> None:
    liver = ball((100, 80, 30), (75, 45, 15), (20, 20, 10))
    params = {**PARAMS, "half_width_mm": 80.0, "half_depth_mm": 60.0}
    cavity, _, _ = envelope_shells(liver, (4.0, 4.0, 5.0), (198.0, 158.0), params)
    assert cavity[0, 15] == pytest.approx(95 * 4.0 - 198.0, abs=6)
    assert cavity[90] == pytest.approx(cavity[0], abs=4)
    assert cavity[0, 28] == pytest.approx(cavity[0, 15] - 0.25 * 5.0 * 13, abs=6)


def test_labels_that_outline_the_trunk_shape_it() -> None:
    trunk = ball((100, 80, 30), (50, 40, 15), (28, 20, 400))
    cavity, _, _ = envelope_shells(trunk, (4.0, 4.0, 5.0), (200.0, 160.0), PARAMS)
    assert cavity[0].mean() == pytest.approx(112, abs=5)


def test_the_midline_comes_from_bones_or_from_pairs(case: Case) -> None:
    assert midline_x(case.label_map, case.names) == pytest.approx(20, abs=0.5)
    pair = np.zeros((50, 4, 4), np.uint8)
    pair[10], pair[30] = 1, 2
    assert midline_x(pair, {1: "kidney_left", 2: "kidney_right"}) == pytest.approx(20)
    assert midline_x(pair, {1: "liver", 2: "spleen"}) is None
    assert envelope_centre(pair, (2.0, 2.0, 2.0), {1: "liver"}) == (49.0, 3.0)


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
