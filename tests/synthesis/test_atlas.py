from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from labelct.errors import InputError, SettingError
from labelct.synthesis import atlas, deformation
from labelct.synthesis.atlas import Settings
from labelct.synthesis.case import Case
from labelct.synthesis.settings import DataSettings
from tests.synthesis.cases import ball, recipe

TARGETS = {"liver": ["liver"]}


@pytest.fixture
def beside(case: Case) -> Case:
    """Return the trunk with two atlases of another size."""
    whole = {}
    for name, radius in (("large", 12), ("small", 5)):
        label_map = np.zeros((44, 30, 28), np.uint16)
        label_map[ball(label_map.shape, (20, 15, 14), (radius, radius, 9))] = 5
        label_map[ball(label_map.shape, (36, 15, 14), (3, 3, 3))] = 52
        whole[name] = Case(label_map, case.spacing, {5: "liver", 52: "aorta"})
    return replace(case, whole=whole)


def made_with(whole: float, **data: object):
    return recipe("synth2", targets=TARGETS, atlas=Settings(whole=whole), spacing=4.0, **data)


def test_the_share_of_volumes_and_every_atlas_alike(beside: Case) -> None:
    made = made_with(0.4)
    drawn = [made.sample(beside, np.random.default_rng(seed))["atlas"] for seed in range(400)]
    names = [one["atlas"] for one in drawn if one]
    assert len(names) / 400 == pytest.approx(0.4, abs=0.07)
    assert names.count("large") / len(names) == pytest.approx(0.5, abs=0.12)


def test_an_atlas_is_the_case_with_its_target_and_all_its_structures(beside: Case) -> None:
    ours = made_with(1.0).draw(beside, np.random.default_rng(0))
    given = beside.whole[ours.params["atlas"]["atlas"]]
    np.testing.assert_array_equal(ours.target, given.label_map == 5)
    assert ours.volume.shape == given.label_map.shape
    assert {"liver", "aorta"} <= set(ours.params["intensity"]["classes"])
    again = made_with(1.0).apply(beside, json.loads(json.dumps(ours.params)))
    np.testing.assert_array_equal(again.volume, ours.volume)


def test_it_is_deformed_anew_each_time(beside: Case) -> None:
    made = made_with(1.0, deformation=deformation.Settings(rotation_deg=20.0))
    shapes = [made.draw(beside, np.random.default_rng(seed)) for seed in range(10)]
    same = [one for one in shapes if one.params["atlas"]["atlas"] == "large"]
    assert len(same) > 1
    assert not np.array_equal(same[0].target, same[1].target)


def test_volumes_of_the_case_itself_are_those_without_atlases(beside: Case, case: Case) -> None:
    seed = next(s for s in range(50) if made_with(0.4).sample(beside, np.random.default_rng(s))["atlas"] is None)
    ours = made_with(0.4).draw(beside, np.random.default_rng(seed))
    plain = recipe("synth2", targets=TARGETS, spacing=4.0).draw(case, np.random.default_rng(seed))
    np.testing.assert_array_equal(ours.volume, plain.volume)
    np.testing.assert_array_equal(ours.target, plain.target)


def test_a_case_without_atlases_is_its_own(case: Case) -> None:
    assert made_with(1.0).draw(case, np.random.default_rng(0)).params["atlas"] is None


def test_an_atlas_that_is_not_there_is_named(beside: Case) -> None:
    made = made_with(1.0)
    params = made.sample(beside, np.random.default_rng(0))
    params["atlas"]["atlas"] = "other"
    with pytest.raises(InputError, match="no whole anatomy 'other'"):
        made.apply(beside, params)


def test_a_device_makes_the_same(beside: Case, device: str) -> None:
    made = made_with(1.0)
    ours = made.draw(beside, np.random.default_rng(1))
    theirs = made.draw(beside.on(device), np.random.default_rng(1))
    np.testing.assert_array_equal(theirs.target.cpu().numpy(), ours.target)
    assert np.abs(theirs.volume.cpu().numpy() - ours.volume).max() < 2e-3


def test_atlases_and_cases_share_a_grid() -> None:
    with pytest.raises(SettingError, match=r"data\.spacing"):
        DataSettings(atlas=Settings(whole=0.5))
    assert not atlas.Settings().used
