from __future__ import annotations

import json

import numpy as np
import pytest

from labelct.phantom.anatomy import NAMES, label_map, sample_anatomy
from labelct.phantom.appearance import Appearance, sample_appearance
from labelct.phantom.clinical_ct import clinical_ct
from labelct.phantom.settings import PhantomSettings

VALUE = {name: value for value, name in enumerate(NAMES, start=1)}


@pytest.fixture(scope="module")
def scan() -> tuple[np.ndarray, np.ndarray, Appearance]:
    settings = PhantomSettings(crop=0.0, native=0.0, table=1.0, lesions=0.0)
    rng = np.random.default_rng(11)
    anatomy = sample_anatomy(settings, rng)
    labels, names = label_map(anatomy, (4.0, 4.0, 4.0), (100, 80, 100))
    appearance = sample_appearance(settings, NAMES, rng)
    return labels, clinical_ct(labels, names, (4.0, 4.0, 4.0), appearance), appearance


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("liver", 60, 160), ("spleen", 70, 180), ("_fat", -120, -60), ("lung_lower_lobe_right", -870, -550),
     ("vertebrae_L3", 130, 480), ("aorta", 90, 220), ("urinary_bladder", -10, 40), ("_soft", 0, 80)],
)  # fmt: skip
def test_tissues_lie_where_ct_has_them(scan: tuple, name: str, low: float, high: float) -> None:
    labels, volume, _ = scan
    assert low < volume[labels == VALUE[name]].mean() < high


def test_organs_are_textured_and_air_is_air(scan: tuple) -> None:
    labels, volume, appearance = scan
    liver = volume[labels == VALUE["liver"]]
    assert 5 < liver.std() < 60
    assert np.median(volume[labels == 0]) == pytest.approx(-1000, abs=10)
    assert volume.min() >= -1024
    assert appearance.table is not None


def test_table_lies_below_the_patient(scan: tuple) -> None:
    labels, volume, _ = scan
    air = labels == 0
    front = labels.any(axis=(0, 2)).nonzero()[0][-1]
    assert volume[:, : labels.shape[1] // 2][air[:, : labels.shape[1] // 2]].max() > -400
    assert volume[:, front + 3 :].size == 0 or volume[:, front + 3 :].max() < -800


def test_rendering_repeats_from_json(scan: tuple) -> None:
    labels, volume, appearance = scan
    again = Appearance(**json.loads(json.dumps(appearance.__dict__)))
    names = dict(enumerate(NAMES, start=1))
    assert np.array_equal(clinical_ct(labels, names, (4.0, 4.0, 4.0), again), volume)
