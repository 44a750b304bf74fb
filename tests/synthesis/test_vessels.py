from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from labelct.synthesis import intensity, lesions, subclasses
from labelct.synthesis.case import Case
from labelct.synthesis.recipe import Synthetic
from labelct.synthesis.vessels import Settings, Tree, grown, rasterised
from tests.synthesis.cases import recipe, where

FIXED = intensity.Settings("fixed", gas=False)


def drawn(case: Case, seed: int = 0, kind: str = "synth2", **data: Any) -> Synthetic:
    chosen: dict[str, Any] = {"vessels": Settings(host="liver", branches=[6, 9])} | data
    return recipe(kind, fill=FIXED, **chosen).draw(case, np.random.default_rng(seed))


def test_they_are_in_the_liver_alone_and_no_label(case: Case) -> None:
    ours, plain = drawn(case), drawn(case, vessels=Settings())
    liver = where(case, "liver")
    changed = ours.volume != plain.volume
    assert not changed[~liver].any()
    assert 0.02 < changed[liver].mean() < 0.6
    np.testing.assert_array_equal(ours.target, plain.target)
    assert plain.params["vessels"] is None
    assert {**ours.params, "vessels": None} == plain.params


@pytest.mark.parametrize(("phase", "portal", "hepatic"), [("native", -1, -1), ("arterial", 1, -1), ("portal", 1, 1)])
def test_they_are_as_bright_as_the_phase_has_it(case: Case, phase: str, portal: int, hepatic: int) -> None:
    classes = drawn(case, phase=phase).params
    liver = classes["intensity"]["classes"]["liver"]["hu"]
    for kind, sign in {"portal": portal, "hepatic": hepatic}.items():
        assert sign * (classes["vessels"]["classes"][f"liver:{kind}"]["hu"] - liver) > 5.0


def test_lesions_stay_before_them_and_parts_do_not_hide_them(case: Case) -> None:
    ours = drawn(case, lesions=lesions.Settings(host="liver", count=[3, 3]), subclasses=subclasses.Settings(count=2))
    lesion = ours.anatomy.label_map == max(ours.anatomy.names)
    assert len(np.unique(ours.volume[lesion])) == 1
    levels = [ours.params["vessels"]["classes"][f"liver:{kind}"]["hu"] for kind in ("portal", "hepatic")]
    assert all(np.isclose(ours.volume, level, atol=1e-3).any() for level in levels)


def test_they_are_replayed_and_alike_on_a_device(case: Case, device: str) -> None:
    made = recipe("synth3", vessels=Settings(host="liver"), phase="any")
    ours = made.draw(case, np.random.default_rng(1))
    again = made.apply(case, json.loads(json.dumps(ours.params)))
    np.testing.assert_array_equal(again.volume, ours.volume)
    theirs = made.draw(case.on(device), np.random.default_rng(1))
    assert theirs.params == ours.params
    assert np.abs(theirs.volume.cpu().numpy() - ours.volume).max() < 2e-3


def test_a_map_without_the_organ_and_a_volume_that_is_not_chosen_have_none(case: Case) -> None:
    assert drawn(case, vessels=Settings(host="pancreas")).params["vessels"] is None
    chance = [drawn(case, s, vessels=Settings(host="liver", probability=0.5)).params["vessels"] for s in range(30)]
    assert 5 < sum(one is not None for one in chance) < 25
    dropped = recipe("synth2", fill=FIXED, dropped=1.0, vessels=Settings(host="liver"))
    volume = dropped.draw(case, np.random.default_rng(0)).volume
    plain = recipe("synth2", fill=FIXED, dropped=1.0).draw(case, np.random.default_rng(0)).volume
    np.testing.assert_array_equal(volume, plain)


def test_a_trunk_thins_by_the_cube_of_what_it_carries() -> None:
    tree = grown({"points": [[0, 0, 0], [30, 0, 0], [60, 10, 0], [60, -10, 0]], "radius_mm": 6.0, "seed": 0}, (1, 1, 1))
    assert tree.radius[1] == pytest.approx(6.0)
    leaves = set(range(len(tree.parent))) - set(tree.parent.tolist())
    assert sorted(tree.radius[sorted(leaves)]) == pytest.approx([6.0 / 3 ** (1 / 3)] * len(leaves))
    assert all(0 <= tree.parent[node] < node for node in range(1, len(tree.parent)))
    np.testing.assert_allclose(tree.places[sorted(leaves)][:, 0], 60.0)


def test_a_vessel_is_a_rod_with_round_ends() -> None:
    rod = Tree(np.array([[10.0, 8.0, 8.0], [30.0, 8.0, 8.0]]), np.array([-1, 0]), np.array([3.0, 3.0]))
    box, mask = rasterised(rod, (60, 30, 30), (1.0, 1.0, 1.0))
    volume = np.zeros((60, 30, 30), bool)
    volume[box] = mask
    assert volume.sum() == pytest.approx(np.pi * 9 * 20 + 4 / 3 * np.pi * 27, rel=0.08)
    assert volume[20, 8, 11]
    assert not volume[20, 8, 12]
    half, cut = rasterised(rod, (20, 30, 30), (1.0, 1.0, 1.0))
    assert half[0].stop == 20
    np.testing.assert_array_equal(cut, mask[: cut.shape[0]])
