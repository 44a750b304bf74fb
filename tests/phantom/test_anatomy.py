from __future__ import annotations

import csv
import json
import os
from dataclasses import asdict
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from labelct.phantom.anatomy import NAMES, Anatomy, label_map, sample_anatomy
from labelct.phantom.settings import PhantomSettings

SPACING = (5.0, 5.0, 5.0)
VALUE = {name: value for value, name in enumerate(NAMES, start=1)}
MILLILITRES = {
    "liver": (800, 2400),
    "spleen": (80, 420),
    "kidney_left": (80, 330),
    "kidney_right": (80, 330),
    "stomach": (150, 700),
    "pancreas": (30, 160),
    "gallbladder": (8, 110),
    "aorta": (60, 220),
    "urinary_bladder": (50, 600),
}


def grid_of(anatomy: Anatomy, step: float) -> tuple[int, int, int]:
    x, y, z = (round(length / step) for length in anatomy.size)
    return x, y, z


@pytest.fixture(scope="module")
def subjects() -> list[tuple[Anatomy, np.ndarray]]:
    settings = PhantomSettings(crop=0.0)
    drawn = [sample_anatomy(settings, np.random.default_rng([7, number])) for number in range(4)]
    return [(anatomy, label_map(anatomy, SPACING, grid_of(anatomy, 5.0))[0]) for anatomy in drawn]


def centre(labels: np.ndarray, name: str) -> np.ndarray:
    return np.argwhere(labels == VALUE[name]).mean(axis=0)


def test_names_are_those_of_the_priors() -> None:
    text = (resources.files("labelct.priors") / "hu_priors.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    assert set(NAMES) <= {row["name"] for row in rows}


def test_at_least_sixty_structures_are_present(subjects: list) -> None:
    for _, labels in subjects:
        assert len(np.unique(labels)) > 60


def test_right_and_left_and_head_and_foot(subjects: list) -> None:
    for _, labels in subjects:
        x, y, z = range(3)
        assert centre(labels, "liver")[x] > centre(labels, "spleen")[x]
        for pair in ("kidney", "hip", "iliopsoas", "lung_lower_lobe"):
            assert centre(labels, f"{pair}_right")[x] > centre(labels, f"{pair}_left")[x]
        assert centre(labels, "heart")[z] > centre(labels, "liver")[z] > centre(labels, "urinary_bladder")[z]
        assert centre(labels, "aorta")[y] > centre(labels, "spinal_cord")[y]
        assert centre(labels, "inferior_vena_cava")[x] > centre(labels, "aorta")[x]
        heights = [centre(labels, f"vertebrae_{level}")[z] for level in ("L5", "L4", "L3", "L2", "L1", "T12", "T11")]
        assert heights == sorted(heights)


@pytest.mark.skipif("LABELCT_REAL_DATA" not in os.environ, reason="LABELCT_REAL_DATA is unset: no real maps at hand")
def test_real_liver_lies_on_the_same_side(subjects: list) -> None:
    nibabel = pytest.importorskip("nibabel")
    folder = Path(os.environ["LABELCT_REAL_DATA"]) / "totalsegmentator" / "s0328" / "segmentations"

    def real(name: str) -> float:
        image = nibabel.as_closest_canonical(nibabel.load(folder / f"{name}.nii.gz"))
        return float(np.argwhere(np.asarray(image.dataobj) > 0)[:, 0].mean())

    _, labels = subjects[0]
    assert (real("liver") > real("spleen")) == (centre(labels, "liver")[0] > centre(labels, "spleen")[0])


def test_every_organ_is_one_piece(subjects: list) -> None:
    for _, labels in subjects:
        for name in NAMES[:-2]:
            if name != "costal_cartilages":
                _, pieces = ndimage.label(labels == VALUE[name], structure=np.ones((3, 3, 3)))
                assert pieces <= 1, name


@pytest.mark.parametrize("name", MILLILITRES)
def test_volumes_are_plausible(subjects: list, name: str) -> None:
    for _, labels in subjects:
        volume = (labels == VALUE[name]).sum() * np.prod(SPACING) / 1000
        assert MILLILITRES[name][0] < volume < MILLILITRES[name][1]


def test_subjects_differ(subjects: list) -> None:
    livers = [labels == VALUE["liver"] for _, labels in subjects]
    for other in livers[1:]:
        top = min(livers[0].shape[2], other.shape[2])
        first, second = livers[0][..., :top], other[..., :top]
        dice = 2 * (first & second).sum() / (first.sum() + second.sum())
        assert 0.3 < dice < 0.93


def test_volumes_do_not_depend_on_the_spacing(subjects: list) -> None:
    anatomy, labels = subjects[0]
    fine, _ = label_map(anatomy, (3.0, 3.0, 3.0), grid_of(anatomy, 3.0))
    for name in ("liver", "spleen", "heart"):
        coarse = (labels == VALUE[name]).sum() * 5.0**3
        assert (fine == VALUE[name]).sum() * 3.0**3 == pytest.approx(coarse, rel=0.06)


def test_anatomy_survives_json(subjects: list) -> None:
    anatomy, labels = subjects[1]
    again = Anatomy(**json.loads(json.dumps(asdict(anatomy))))
    assert np.array_equal(label_map(again, SPACING, labels.shape)[0], labels)


def test_liver_stays_mostly_in_a_cropped_view() -> None:
    for number in range(6):
        anatomy = sample_anatomy(PhantomSettings(crop=1.0), np.random.default_rng([3, number]))
        labels, _ = label_map(anatomy, (10.0, 10.0, 10.0), grid_of(anatomy, 10.0))
        assert (labels == VALUE["liver"]).sum() > 500_000 / 10**3


def test_a_short_view_holds_the_liver() -> None:
    settings = PhantomSettings(size=[384.0, 300.0, 192.0], crop=1.0)
    for number in range(4):
        anatomy = sample_anatomy(settings, np.random.default_rng(number))
        labels, _ = label_map(anatomy, (12.0, 12.0, 12.0), grid_of(anatomy, 12.0))
        assert labels.shape == (32, 25, 16)
        assert (labels == VALUE["liver"]).sum() * 1.2**3 > 500
