from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelct.errors import SettingError
from labelct.synthesis import deformation
from labelct.synthesis.case import Case
from labelct.synthesis.deformation import swap_sides
from labelct.targets import Targets
from tests.synthesis.cases import scene, threads

EVERYTHING = {"rotation_deg": 10, "scale": 0.1, "shear": 0.05, "shift_mm": 5, "elastic_mm": 5, "flip_probability": 0.5}


def drawn(case: Case, seed: int = 0, **settings: Any) -> Any:
    return deformation.sample(scene(case, deformation=deformation.Settings(**settings)), np.random.default_rng(seed))


def test_nothing_asked_is_nothing_done(case: Case) -> None:
    given = scene(case)
    assert drawn(case) is None
    deformation.apply(given, None)
    assert given.label_map is case.label_map
    assert given.warp is None


def test_draws_do_not_depend_on_what_is_switched_off(case: Case) -> None:
    everything, turned = drawn(case, **EVERYTHING), drawn(case, shift_mm=5, elastic_mm=5, flip_probability=0.5)
    assert turned["matrix"] == np.eye(3).tolist()
    assert {**turned, "matrix": 0} == {**everything, "matrix": 0}


def test_a_matrix_turns_and_stretches_no_further_than_asked(case: Case) -> None:
    for seed in range(50):
        turn = np.array(drawn(case, seed, rotation_deg=20)["matrix"])
        assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-6)
        stretch = np.linalg.svd(drawn(case, seed, rotation_deg=20, scale=0.2)["matrix"])[1]
        assert 1 / 1.2 - 1e-6 <= stretch.min() <= stretch.max() <= 1.2 + 1e-6


def test_threads_do_not_change_the_bits(case: Case) -> None:
    params, maps = drawn(case, **EVERYTHING), []
    for number in (1, 3):
        given = scene(case)
        with threads(number):
            deformation.apply(given, params)
        maps.append(given.label_map)
    assert np.array_equal(*maps)
    assert not np.array_equal(maps[0], case.label_map)
    assert set(np.unique(maps[0])) <= set(np.unique(case.label_map))


def test_the_ct_goes_where_its_labels_go(case: Case) -> None:
    scanned = scene(replace(case, ct=np.where(case.label_map == 5, 100.0, 0.0)))
    deformation.apply(scanned, drawn(case, shift_mm=20, flip_probability=1.0))
    assert np.mean((scanned.ct > 50) != (scanned.label_map == 5)) < 0.01
    assert (scanned.label_map == 5).mean() > 0.02
    assert scanned.ct.min() == -1000


def test_a_mirror_image_swaps_sides(case: Case) -> None:
    names = {1: "kidney_left", 2: "kidney_right", 3: "liver", 4: "lung_middle_lobe_right"}
    assert swap_sides(names) == {1: "kidney_right", 2: "kidney_left", 3: "liver", 4: "lung_middle_lobe_right"}
    given = scene(replace(case, names={1: "kidney_left", 5: "kidney_right", 20: "colon", 31: "vertebrae_L1"}))
    deformation.apply(given, drawn(case, flip_probability=1.0))
    assert np.array_equal(given.label_map, case.label_map[::-1])
    assert np.array_equal(given.where({"kidney_right"}), (case.label_map == 1)[::-1])


@pytest.mark.parametrize(
    ("names", "targets", "mirrored"),
    [
        ({1: "kidney_left", 5: "liver"}, ["kidney_left"], False),
        ({1: "kidney_left", 5: "kidney_right"}, ["kidney_left"], True),
        ({1: "kidney_left", 5: "liver"}, ["liver"], True),
        ({1: "kidney_left", 5: "kidney_right"}, [{"kidneys": ["kidney_left", "kidney_right"]}], True),
        ({1: "mine", 5: "liver"}, [{"left": ["mine"]}], False),
    ],
)
def test_a_target_of_one_side_without_the_other_is_not_mirrored(
    case: Case, names: dict[int, str], targets: list[Any], mirrored: bool
) -> None:
    """Else the patient's right would be learnt as the left; the numbers drawn are those of a mirror image."""
    given = scene(
        replace(case, names={20: "colon", 31: "vertebrae_L1", **names}),
        targets=Targets.of(targets).parts,
        deformation=deformation.Settings(shift_mm=5, flip_probability=1.0),
    )
    params = deformation.sample(given, np.random.default_rng(0))
    assert params == {**drawn(case, shift_mm=5, flip_probability=1.0), "flip": mirrored}


def test_folding_settings_are_refused() -> None:
    with pytest.raises(SettingError, match=r"deformation\.elastic_mm=30"):
        deformation.Settings(elastic_mm=30.0, control_point_spacing_mm=60.0)
