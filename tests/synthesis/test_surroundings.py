from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from labelct.synthesis.anatomy_settings import SurroundingsSettings
from labelct.synthesis.placement import dome, place_surroundings
from labelct.synthesis.surroundings import ALIKE_HU, DENSITIES, border, sample_surroundings, trunk_box
from scipy.ndimage import binary_dilation, distance_transform_edt

from labelct.errors import SettingError
from labelct.synthesis.recipe import draw_volume, synthesize
from labelct.synthesis.settings import DataSettings, DropSettings, FillSettings, TextureSettings
from tests.synthesis.cases import Case

SPACING = (4.0, 4.0, 4.0)
SHAPE = (80, 60, 60)
CENTRE = {"centre_mm": [160.0, 120.0]}
EVERYTHING = SurroundingsSettings(lungs=1, spine=1, ribs=1, couch=1, arms=1, bodies=[6, 6])


@pytest.fixture
def trunk() -> tuple[Any, Any]:
    """A trunk of soft tissue, and a liver on its right (x grows to the right) in the lower half."""
    x, y = np.arange(80)[:, None, None] * 4.0, np.arange(60)[None, :, None] * 4.0
    rest = np.where(((x - 160) / 120) ** 2 + ((y - 120) / 85) ** 2 <= 1, 2, 0).astype(np.uint8)
    return np.repeat(rest, 60, axis=2), liver()


def liver() -> Any:
    labelled = np.zeros(SHAPE, bool)
    labelled[46:64, 22:40, 14:32] = True
    return labelled


def draw(
    settings: SurroundingsSettings, seed: int = 0, names: tuple[str, ...] = ("liver",), body: dict[str, Any] = CENTRE
) -> Any:
    levels = dict.fromkeys(names, 60.0)
    return sample_surroundings(liver(), SPACING, levels, settings, body, np.random.default_rng(seed))


def numbers(names: list[str]) -> dict[str, int]:
    return {name: index for index, name in enumerate(names, start=3)}


def test_no_chance_places_nothing(trunk: Any) -> None:
    rest, labelled = trunk
    assert draw(SurroundingsSettings()) is None
    placed, names = place_surroundings(rest, labelled, SPACING, None, 3)
    assert placed is rest
    assert names == []


def test_what_is_drawn_survives_json_and_gives_the_same_voxels(trunk: Any) -> None:
    rest, labelled = trunk
    drawn = draw(EVERYTHING)
    first, names = place_surroundings(rest, labelled, SPACING, drawn, 3)
    again, _ = place_surroundings(rest, labelled, SPACING, json.loads(json.dumps(drawn)), 3)
    np.testing.assert_array_equal(first, again)
    assert set(names) == set(drawn["classes"])
    assert set(np.unique(first)) <= {0, 1, 2, *numbers(names).values()}


def test_the_air_around_holds_couch_and_arms_alone(trunk: Any) -> None:
    rest, labelled = trunk
    placed, names = place_surroundings(rest, labelled, SPACING, draw(EVERYTHING), 3)
    number = numbers(names)
    outside = [number[name] for name in ("_foam", "_shell", "_arm", "_arm_bone")]
    assert set(np.unique(placed[rest == 0])) <= {0, *outside}
    assert not np.isin(placed[rest > 0], outside).any()
    assert not (placed[rest > 0] == 0).any()


@pytest.mark.parametrize("seed", range(5))
def test_lungs_stand_on_the_labels(trunk: Any, seed: int) -> None:
    rest, labelled = trunk
    drawn = draw(SurroundingsSettings(lungs=1), seed)
    placed, names = place_surroundings(rest, labelled, SPACING, drawn, 3)
    lung = placed == numbers(names)["_lung"]
    top = np.flatnonzero(labelled.any(axis=(0, 1)))[-1]
    columns = labelled.any(axis=2)
    assert lung.any()
    assert not lung[columns][:, : top + 1].any()
    assert lung[columns][:, top + 4 :].mean() > 0.3
    right, left = lung[42:].sum(), lung[:38].sum()
    assert 0.3 < left / right < 3.0


def test_the_dome_is_the_envelope_of_both_sides(trunk: Any) -> None:
    _, labelled = trunk
    drawn = {**CENTRE, "lungs": {"fall_per_mm": 0.01, "left_mm": 20.0, "recess_mm": 0.0}}
    height = dome(labelled, SPACING, drawn)
    assert height.shape == SHAPE[:2]
    assert height[55, 30] == pytest.approx(31 * 4.0)
    assert height[80 - 55, 30] == pytest.approx(31 * 4.0 - 20.0)
    away = (70 - 63.5) * 4.0
    assert height[70, 30] == pytest.approx(31 * 4.0 - 0.01 * away**2, abs=3.0)
    drawn["lungs"]["recess_mm"] = 30.0
    deeper = dome(labelled, SPACING, drawn)
    assert deeper[55, 30] == height[55, 30]
    assert deeper[70, 30] == pytest.approx(height[70, 30] - 30.0, abs=3.0)


def test_ribs_lie_under_the_skin_and_the_spine_at_the_back(trunk: Any) -> None:
    rest, labelled = trunk
    drawn = draw(SurroundingsSettings(ribs=1, spine=1))
    placed, names = place_surroundings(rest, labelled, SPACING, drawn, 3)
    number = numbers(names)
    x, y, _ = np.nonzero(placed == number["_rib"])
    reach = np.hypot((x * 4.0 - 160) / 120, (y * 4.0 - 120) / 85)
    assert reach.min() > 0.45
    assert reach.max() < 0.97
    x, y, _ = np.nonzero(placed == number["_spine"])
    assert abs(x.mean() * 4.0 - 160) < 3
    assert y.mean() * 4.0 < 120 - 15


def test_a_cavity_parts_ribs_from_lungs(trunk: Any) -> None:
    rest, labelled = trunk
    drawn = draw(SurroundingsSettings(ribs=1, lungs=1))
    depth = distance_transform_edt(rest[:, :, 0] > 0, sampling=SPACING[:2])
    cavity = np.repeat((depth > 24.0)[:, :, None], SHAPE[2], axis=2)
    placed, names = place_surroundings(rest, labelled, SPACING, drawn, 3, cavity)
    number = numbers(names)
    lungs, ribs = np.isin(placed, [number["_lung"], number["_heart"]]), placed == number["_rib"]
    assert not (lungs & ~cavity).any()
    assert lungs[cavity].mean() > 0.2
    assert not (ribs & cavity).any()
    outwards = distance_transform_edt(~cavity[:, :, 0], sampling=SPACING[:2])
    distance = outwards[ribs.any(axis=2)] - drawn["ribs"]["gap_mm"]
    assert 0.0 < distance.min() <= distance.max() <= drawn["ribs"]["thickness_mm"]
    assert ribs.any(axis=(0, 1)).mean() > 0.5


def test_what_the_map_has_is_not_placed_again() -> None:
    known = ("lung_lower_lobe_left", "vertebrae_L1", "rib_left_5")
    drawn = draw(EVERYTHING, names=known)
    assert not {"lungs", "spine", "ribs"} & set(drawn)
    assert {"couch", "arms"} <= set(drawn)


def test_switching_one_body_off_leaves_the_others_as_they_were() -> None:
    everything, fewer = draw(EVERYTHING), draw(SurroundingsSettings(spine=1, couch=1, bodies=[6, 6]))
    assert fewer["spine"] == everything["spine"]
    assert fewer["bodies"] == everything["bodies"]
    assert fewer["classes"]["_body_3"] == everything["classes"]["_body_3"]


@pytest.mark.parametrize("axes", [{"half_axes_mm": [100.0, 70.0]}, {"half_width_mm": 100.0, "half_depth_mm": 70.0}])
def test_bodies_lie_in_the_box_of_the_trunk(axes: dict[str, Any]) -> None:
    body = {**CENTRE, **axes}
    assert trunk_box(SHAPE, SPACING, body) == [(15, 66), (13, 48), (0, 60)]
    settings = SurroundingsSettings(bodies=[100, 100])
    drawn = draw(settings, body=body)
    centres = np.array([blob["centre"] for blob in drawn["bodies"]])
    offset = np.abs(centres[:, :2] * 4.0 - CENTRE["centre_mm"])
    assert (offset <= [100.0, 70.0]).all()
    assert (offset.max(axis=0) > [85.0, 55.0]).all()
    assert centres[:, 2].max() > 50


def test_near_bodies_lie_against_a_label_and_are_about_as_dense() -> None:
    drawn = draw(SurroundingsSettings(bodies=[40, 40], near=1.0))
    labelled = liver()
    touching = binary_dilation(labelled) & ~labelled
    assert all(touching[tuple(blob["centre"])] for blob in drawn["bodies"])
    means = np.array([drawn["classes"][blob["name"]]["hu"] for blob in drawn["bodies"]])
    assert (np.abs(means - 60.0) <= ALIKE_HU).all()
    assert means.std() > 20.0
    half = draw(SurroundingsSettings(bodies=[100, 100], near=0.5))
    assert 30 < sum(touching[tuple(blob["centre"])] for blob in half["bodies"]) < 70


def test_without_a_painted_label_no_body_is_near_one() -> None:
    levels = {"liver": None}
    settings = SurroundingsSettings(bodies=[20, 20], near=1.0)
    drawn = sample_surroundings(liver(), SPACING, levels, settings, CENTRE, np.random.default_rng(0))
    assert drawn is not None
    assert len(drawn["bodies"]) == 20
    assert border(np.zeros(SHAPE, bool)).shape == (0, 3)


def test_a_trunk_that_reaches_beyond_the_grid_ends_with_it() -> None:
    assert trunk_box(SHAPE, SPACING, {**CENTRE, "half_axes_mm": [500.0, 500.0]}) == [(0, 80), (0, 60), (0, 60)]
    assert trunk_box(SHAPE, SPACING, CENTRE) == [(0, 80), (0, 60), (0, 60)]


def test_bodies_are_of_every_density() -> None:
    drawn = draw(SurroundingsSettings(bodies=[100, 100]))
    means = np.array([spec["hu"] for name, spec in drawn["classes"].items() if name.startswith("_body")])
    assert len(means) == 100
    shares = [((means >= low) & (means <= high)).mean() for _, low, high in DENSITIES]
    np.testing.assert_allclose(shares, [share for share, *_ in DENSITIES], atol=0.12)


@pytest.mark.parametrize("kind", ["synth1", "synth2", "synth3"])
def test_no_label_is_covered_and_no_target_added(case: Case, bank: Any, kind: str) -> None:
    targets = {"liver": ["liver"]}

    def paint(surroundings: SurroundingsSettings) -> Any:
        data = DataSettings(kind=kind, surroundings=surroundings)
        how = (data, FillSettings(), TextureSettings(), DropSettings(0.0), bank)
        return draw_volume(case.label_map, case.spacing, case.names, targets, *how, np.random.default_rng(3))

    with_them, without = paint(EVERYTHING), paint(SurroundingsSettings())
    np.testing.assert_array_equal(with_them.target, without.target)
    labelled = case.where("liver")
    np.testing.assert_array_equal(with_them.volume[labelled], without.volume[labelled])
    assert not np.array_equal(with_them.volume, without.volume)
    replayed, _ = synthesize(case.label_map, case.spacing, case.names, targets, with_them.params, bank)
    np.testing.assert_array_equal(replayed, with_them.volume)


@pytest.mark.parametrize(("name", "value"), [("lungs", 1.5), ("bodies", [3, 1]), ("radius_mm", [0.0, 5.0])])
def test_settings_are_checked(name: str, value: Any) -> None:
    with pytest.raises(SettingError, match=name):
        SurroundingsSettings(**{name: value})
