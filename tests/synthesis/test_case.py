from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from labelct.synthesis import deformation, lesions, subclasses
from labelct.synthesis.case import Case
from labelct.synthesis.recipes import RECIPES
from tests.synthesis.cases import recipe
from tests.synthesis.distractors.torso import EVERYTHING


@pytest.mark.parametrize("kind", RECIPES)
def test_what_is_given_stays_as_it_is_whatever_is_painted(case: Case, kind: str) -> None:
    ct = np.random.default_rng(0).normal(0, 90, case.label_map.shape).astype(np.float32)
    given = replace(case, ct=ct, mr=ct)
    label_map, names, before = case.label_map.copy(), dict(case.names), ct.copy()
    for bent in (deformation.Settings(), deformation.Settings(rotation_deg=5, flip_probability=1.0)):
        grow, split = lesions.Settings(host="liver", count=[2, 3]), subclasses.Settings(count=2)
        made = recipe(kind, deformation=bent, lesions=grow, subclasses=split, distractors=EVERYTHING)
        made.apply(given, made.sample(given, np.random.default_rng(0)))
    assert np.array_equal(given.label_map, label_map)
    assert np.array_equal(given.ct, before)
    assert given.names == names
    with pytest.raises(FrozenInstanceError):
        given.spacing = (1.0, 1.0, 1.0)


def test_a_case_need_not_have_a_ct(case: Case) -> None:
    assert case.ct is None
