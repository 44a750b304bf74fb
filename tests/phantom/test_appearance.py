from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from labelct.phantom.anatomy import NAMES
from labelct.phantom.appearance import Appearance, sample_appearance, tissue_of
from labelct.phantom.settings import PhantomSettings


def test_native_scans_show_no_contrast_agent() -> None:
    native = sample_appearance(PhantomSettings(native=1.0), NAMES, np.random.default_rng(0))
    portal = sample_appearance(PhantomSettings(native=0.0), NAMES, np.random.default_rng(0))
    assert native.phase == 0
    assert native.means["aorta"] + 40 < portal.means["aorta"]


def test_structures_of_one_tissue_share_their_patients_deviation() -> None:
    draws = [sample_appearance(PhantomSettings(), NAMES, np.random.default_rng(seed)).means for seed in range(40)]
    left, right = (np.array([means[f"kidney_{side}"] for means in draws]) for side in ("left", "right"))
    assert np.corrcoef(left, right)[0, 1] > 0.9
    assert (left != right).all()


def test_an_appearance_is_plain_numbers() -> None:
    drawn = sample_appearance(PhantomSettings(lesions=1.0), NAMES, np.random.default_rng(0))
    assert Appearance(**json.loads(json.dumps(asdict(drawn)))) == drawn


def test_every_name_has_a_tissue() -> None:
    groups = {"solid", "blood", "bone", "lung", "gut", "fluid", "muscle", "fat"}
    assert {tissue_of(name).group for name in NAMES} == groups
    with pytest.raises(KeyError, match="no tissue for 'antler'"):
        tissue_of("antler")


def test_the_longest_prefix_decides() -> None:
    assert tissue_of("iliac_vena_left") != tissue_of("iliac_artery_left")
    assert tissue_of("rib_left_5") == tissue_of("rib_right_9")
