from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from labelct.errors import InputError
from labelct.synthesis.case import Case
from tests.synthesis.cases import recipe, where


def test_the_volume_is_the_ct_and_no_label_is_left_out(case: Case) -> None:
    ct = np.random.default_rng(0).normal(0, 300, case.label_map.shape[::-1]).T
    painted = recipe("clinical", dropped=1.0).draw(replace(case, ct=ct), np.random.default_rng(0))
    assert painted.volume.dtype == np.float32
    assert painted.volume.flags.c_contiguous
    assert np.array_equal(painted.volume, ct.astype(np.float32))
    assert np.array_equal(painted.target == 1, where(case, "liver"))
    assert np.array_equal(painted.target == 2, where(case, "spleen") | where(case, "colon"))
    assert painted.params == {"original": None}


def test_a_case_without_a_ct_is_refused(case: Case) -> None:
    with pytest.raises(InputError, match="data=clinical: the case has no CT"):
        recipe("clinical").draw(case, np.random.default_rng(0))


def test_the_volume_is_the_mr_where_that_is_asked_for(case: Case, device: str) -> None:
    mr = np.random.default_rng(0).uniform(-160, 240, case.label_map.shape).astype(np.float32)
    given = replace(case, mr=mr, ct=mr + 500)
    for one in (given, given.on(device)):
        painted = recipe("mr").draw(one, np.random.default_rng(0))
        assert np.array_equal(torch.as_tensor(painted.volume).cpu().numpy(), mr)
        assert np.array_equal(torch.as_tensor(painted.target).cpu().numpy() == 1, where(case, "liver"))
    assert not recipe("mr").hu_is_ct
    with pytest.raises(InputError, match=r"data=mr: the case has no MR; add its MR and set cohort\.modality=mr"):
        recipe("mr").draw(replace(case, ct=mr), np.random.default_rng(0))


def test_values_without_a_name_are_nobodys_business(case: Case) -> None:
    del case.names[31]
    scanned = replace(case, ct=np.zeros(case.label_map.shape, np.float32))
    large = replace(scanned, label_map=case.label_map.astype(np.int32) * 100000, names={500000: "liver"})
    for one in (scanned, large):
        painted = recipe("clinical").draw(one, np.random.default_rng(0))
        assert np.array_equal(painted.target == 1, case.label_map == 5)


def test_what_nobody_labelled_has_the_value_above_all_targets(case: Case, device: str) -> None:
    """Also where a label lies: who says that a voxel is unknown is believed."""
    ignored = np.zeros(case.label_map.shape, bool)
    ignored[:, :, ::2] = True
    given = replace(case, ct=np.zeros(case.label_map.shape, np.float32), ignored=ignored)
    expected = recipe("clinical").draw(replace(given, ignored=None), np.random.default_rng(0)).target.copy()
    expected[ignored] = expected.max() + 1
    for one in (given, given.on(device)):
        found = torch.as_tensor(recipe("clinical").draw(one, np.random.default_rng(0)).target).cpu()
        assert np.array_equal(found.numpy(), expected)
