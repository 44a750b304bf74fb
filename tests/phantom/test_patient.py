from __future__ import annotations

import numpy as np
import pytest

from labelct.phantom.anatomy import NAMES
from labelct.phantom.appearance import sample_appearance
from labelct.phantom.patient import Patient
from labelct.phantom.settings import PhantomSettings


@pytest.fixture
def patient() -> Patient:
    labels = np.zeros((6, 6, 6), dtype=np.uint8)
    labels[1:3, 1:3, 1:3], labels[4, 4, 4], labels[0, 5, 0] = 1, 2, 3
    appearance = sample_appearance(PhantomSettings(), NAMES, np.random.default_rng(0))
    return Patient(labels, {1: "kidney_left", 2: "kidney_right", 3: "liver"}, (1.0, 1.0, 1.0), appearance)


def test_structures_come_each_in_a_box_one_voxel_wider(patient: Patient) -> None:
    found = list(patient.structures("kidney"))
    assert [mask.shape for _, mask in found] == [(4, 4, 4), (3, 3, 3)]
    for (box, mask), value in zip(found, (1, 2), strict=True):
        assert mask.sum() == (patient.labels == value).sum()
        assert (patient.labels[box][mask] == value).all()


def test_a_mask_is_what_its_prefix_and_suffix_name(patient: Patient) -> None:
    assert np.array_equal(patient.mask("kidney"), np.isin(patient.labels, [1, 2]))
    assert np.array_equal(patient.mask("kidney", suffix="right"), patient.labels == 2)
    assert np.array_equal(patient.mask("kidney_r", "liver"), patient.labels > 1)
    assert not patient.mask("spleen").any()


def test_a_group_holds_the_structures_of_its_tissue(patient: Patient) -> None:
    assert np.array_equal(patient.group("solid"), patient.labels > 0)
    assert not patient.group("bone").any()
