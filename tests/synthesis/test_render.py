from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelct.synthesis import drop
from labelct.synthesis.bank import Bank, make_bank, make_white
from labelct.synthesis.body_histogram import load_body
from labelct.synthesis.case import Case
from labelct.synthesis.render import fill
from labelct.synthesis.scene import Layer
from tests.synthesis.cases import BANK, scene, threads, where

UNIT = {"clip": 0, "axes": [2, 1, 0], "start": [0.0, 0.0, 0.0], "step": [1.0, 1.0, 1.0]}
AIR = {"hu": -1000.0, "sd": 0.0}


def rendered(case: Case, classes: dict[str, Any], bank: Bank = BANK, background: int = 0) -> np.ndarray:
    given = scene(case, "synth2", bank=bank)
    pasted = [name for name in classes if not name.startswith("_")]
    drop.apply(given, {"pasted": pasted, "dropped": []})
    names = [name for name in classes if name.startswith("_")]
    given.background = Layer(np.full(case.label_map.shape, background, np.uint8), names)
    given.classes = classes
    return fill(given.layout(), given.classes, bank)


def test_constants_fill_their_classes(case: Case) -> None:
    volume = rendered(case, {"_air": AIR, "liver": {"hu": 60.0, "sd": 9.0}, "colon": {"hu": 25.0, "sd": 9.0}})
    expected = np.select([where(case, "liver"), where(case, "colon")], [60.0, 25.0], -1000.0)
    assert volume.dtype == np.float32
    assert np.array_equal(volume, expected)


def test_a_clip_fills_an_organ_with_its_mean_and_spread_and_keeps_the_order_of_its_greys(case: Case) -> None:
    clip = np.random.default_rng(0).integers(0, 256, (30, 40, 50)).astype(np.uint8)
    liver, bank = where(case, "liver"), make_bank([clip], ["one"])
    volume = rendered(case, {"_air": AIR, "liver": {"hu": 60.0, "sd": 9.0, "clip": UNIT}}, bank)
    assert volume[liver].mean() == pytest.approx(60.0, abs=0.01)
    assert volume[liver].std() == pytest.approx(9.0, rel=0.001)
    assert (volume[~liver] == -1000).all()
    x, y, z = np.nonzero(liver)
    greys = clip[z - z.min(), y - y.min(), x - x.min()].astype(int)
    order = np.argsort(greys, kind="stable")
    assert (np.diff(volume[liver][order]) >= 0).all()


def test_a_flat_clip_gives_way_to_noise_of_the_organs_spread(case: Case) -> None:
    bank, liver = make_bank([np.full((4, 5, 6), 90, np.uint8)], ["flat"]), where(case, "liver")
    volume = rendered(case, {"_air": AIR, "liver": {"hu": 60.0, "sd": 9.0, "clip": UNIT}}, bank)
    assert volume[liver].std() == pytest.approx(9.0, rel=0.001)


def test_noise_of_neighbouring_seeds_is_unlike(case: Case) -> None:
    everything = np.ones(case.label_map.shape, bool)
    one, other = (
        rendered(case, {"_air": {"hu": 0.0, "sd": 9.0, "clip": {"seed": seed}}}, make_white())[everything]
        for seed in (1, 2)
    )
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.02


def test_noise_of_two_seeds_is_one_sequence_whose_places_lie_as_far_apart_as_the_seeds(case: Case) -> None:
    """What docs/synthesis.md says of it: the same noise at that distance, other noise at every other one."""
    one, other = (
        rendered(case, {"_air": {"hu": 0.0, "sd": 9.0, "clip": {"seed": seed}}}, make_white()).ravel()
        for seed in (1000, 1777)
    )
    assert np.corrcoef(one[777:], other[:-777])[0, 1] > 0.999
    assert max(abs(np.corrcoef(one[lag:], other[:-lag])[0, 1]) for lag in (1, 776, 778)) < 0.02


def test_the_body_takes_the_histogram_of_a_body(case: Case) -> None:
    clip = np.random.default_rng(0).integers(0, 256, (30, 40, 50)).astype(np.uint8)
    matched = load_body()
    body = {"histogram": matched, "clip": UNIT}
    volume = rendered(case, {"_air": AIR, "_body": body}, make_bank([clip], ["one"]), background=1)
    for level in (0.1, 0.3, 0.5, 0.7, 0.9):
        assert np.quantile(volume, level) == pytest.approx(np.interp(level, matched.probability, matched.hu), abs=3)


def test_threads_do_not_change_the_bits(case: Case) -> None:
    classes = {"_air": AIR, "liver": {"hu": 60.0, "sd": 9.0, "clip": UNIT}, "colon": {"hu": 25.0, "sd": 9.0}}
    with threads(1):
        alone = rendered(case, classes)
    with threads(3):
        assert alone.tobytes() == rendered(case, classes).tobytes()
