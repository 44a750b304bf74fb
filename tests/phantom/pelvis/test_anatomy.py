import json
from dataclasses import asdict

import numpy as np
import pytest

from labelct.phantom.pelvis.anatomy import NAMES, PAINTED, PARTS, Pelvis, label_map, painted, sample_pelvis
from labelct.priors.table import load_priors

SPACING = (4.0, 4.0, 4.8)
SHAPE = (50, 50, 18)
VALUE = {name: value for value, name in enumerate(NAMES, start=1)}


@pytest.fixture(scope="module")
def pelves():
    drawn = [sample_pelvis(4.0, np.random.default_rng([5, number])) for number in range(4)]
    return [(pelvis, painted(pelvis, SPACING, SHAPE)[0]) for pelvis in drawn]


def centre(labels, name):
    return np.argwhere(labels == VALUE[name]).mean(axis=0) * SPACING


def test_every_structure_has_a_prior():
    assert set(NAMES) <= set(load_priors("builtin").table)


def test_both_zones_become_the_prostate_and_names_keep_their_values(pelves):
    for _, values in pelves:
        labels, names = label_map(values)
        assert names == dict(enumerate(NAMES, start=1))
        zones = np.isin(values, [PAINTED.index(name) + 1 for name in PARTS if name.startswith("prostate")])
        np.testing.assert_array_equal(labels == VALUE["prostate"], zones)
        np.testing.assert_array_equal(labels == VALUE["hip_left"], values == PAINTED.index("hip_left") + 1)


def test_the_prostate_lies_below_the_bladder_and_before_the_rectum(pelves):
    for _, values in pelves:
        labels, _ = label_map(values)
        prostate = centre(labels, "prostate")
        assert centre(labels, "urinary_bladder")[2] > prostate[2] + 15
        assert centre(labels, "colon")[1] < prostate[1] - 15
        assert centre(labels, "hip_right")[0] > prostate[0] > centre(labels, "hip_left")[0]


def test_volumes_are_plausible_and_differ(pelves):
    voxel_ml = np.prod(SPACING) / 1000
    prostates = [float((label_map(values)[0] == VALUE["prostate"]).sum()) * voxel_ml for _, values in pelves]
    assert all(15 < volume < 120 for volume in prostates)
    assert max(prostates) > 1.2 * min(prostates)


def test_a_whole_body_view_shows_the_same_anatomy(pelves):
    pelvis, values = pelves[0]
    wide, _ = painted(pelvis, SPACING, (100, 100, 18))
    np.testing.assert_array_equal(wide[25:-25, 25:-25], values)
    assert (wide[0] == 0).all()


def test_a_pelvis_survives_json(pelves):
    pelvis, values = pelves[1]
    again = Pelvis(**json.loads(json.dumps(asdict(pelvis))))
    np.testing.assert_array_equal(painted(again, SPACING, SHAPE)[0], values)
