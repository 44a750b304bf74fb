from __future__ import annotations

import pytest

from labelct.phantom.anatomy import NAMES
from labelct.phantom.tissue import tissue_of


def test_every_name_has_a_tissue() -> None:
    groups = {"solid", "blood", "bone", "lung", "gut", "fluid", "muscle", "fat"}
    assert {tissue_of(name).group for name in NAMES} == groups
    with pytest.raises(KeyError, match="no tissue for 'antler'"):
        tissue_of("antler")


def test_the_longest_prefix_decides() -> None:
    assert tissue_of("iliac_vena_left") != tissue_of("iliac_artery_left")
    assert tissue_of("rib_left_5") == tissue_of("rib_right_9")
