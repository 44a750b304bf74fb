import dataclasses

import numpy as np
import pytest

from labelct.phantom.pelvis.anatomy import NAMES
from labelct.phantom.pelvis.render import kinds, pelvis
from labelct.phantom.settings import PelvisSettings

SMALL = PelvisSettings(voxels=48, spacing=4.0, slices=12, slice_mm=6.0)


@pytest.fixture(scope="module")
def shown():
    return pelvis(SMALL, np.random.default_rng(2))


def test_an_mr_comes_with_the_ct_of_its_own_anatomy(shown):
    arrays, spacing = shown
    assert spacing == (4.0, 4.0, 6.0)
    assert tuple(arrays) == kinds(SMALL) == ("labels", "mr", "ct")
    labels, ct = arrays["labels"], arrays["ct"]
    means = {name: ct[labels == value].mean() for value, name in enumerate(NAMES, start=1) if (labels == value).any()}
    assert 0 < means["prostate"] < 80
    assert means["_fat"] < -40 < means["urinary_bladder"] < means["prostate"] < 150 < means["femur_left"]


def test_one_look_does_not_depend_on_the_other(shown):
    alone, _ = pelvis(dataclasses.replace(SMALL, true_ct=False), np.random.default_rng(2))
    as_ct, _ = pelvis(dataclasses.replace(SMALL, modality="ct"), np.random.default_rng(2))
    assert tuple(alone) == ("labels", "mr")
    assert tuple(as_ct) == kinds(dataclasses.replace(SMALL, modality="ct")) == ("labels", "ct")
    np.testing.assert_array_equal(alone["mr"], shown[0]["mr"])
    np.testing.assert_array_equal(as_ct["ct"], shown[0]["ct"])
