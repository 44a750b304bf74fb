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

from labelct.cohort import warp
from labelct.cohort.anatomy import NAMES, Anatomy, label_map, sample_anatomy, template_coordinates
from labelct.cohort.phantom_settings import PhantomSettings
from labelct.cohort.shapes import Canvas, ellipsoid, tube

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
    text = (resources.files("labelct") / "synthesis" / "hu_priors.csv").read_text(encoding="utf-8")
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
    whole, cropped = PhantomSettings(crop=0.0), PhantomSettings(crop=1.0)
    for number in range(6):
        volumes = []
        for settings in (whole, cropped):
            anatomy = sample_anatomy(settings, np.random.default_rng([3, number]))
            labels, _ = label_map(anatomy, (8.0, 8.0, 8.0), grid_of(anatomy, 8.0))
            volumes.append(int((labels == VALUE["liver"]).sum()))
        assert volumes[1] > 500_000 / 8**3


def test_a_short_view_holds_the_liver() -> None:
    settings = PhantomSettings(size=[384.0, 300.0, 192.0], crop=1.0)
    for number in range(4):
        anatomy = sample_anatomy(settings, np.random.default_rng(number))
        labels, _ = label_map(anatomy, (12.0, 12.0, 12.0), grid_of(anatomy, 12.0))
        assert labels.shape == (32, 25, 16)
        assert (labels == VALUE["liver"]).sum() * 1.2**3 > 500


@pytest.mark.parametrize("warp_mm", [6.0, 12.0])
def test_warp_never_folds(warp_mm: float) -> None:
    settings = PhantomSettings(warp_mm=warp_mm)
    for number in range(4):
        anatomy = sample_anatomy(settings, np.random.default_rng(number))
        axes, shift = template_coordinates(anatomy, (10.0, 10.0, 10.0), grid_of(anatomy, 10.0))
        position = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) + shift
        gradient = np.stack([np.stack(np.gradient(position[..., k], 10.0), axis=-1) for k in range(3)], axis=-2)
        assert np.linalg.det(gradient).min() > 0.05


def test_flow_of_the_opposite_velocity_is_the_inverse() -> None:
    control = np.random.default_rng(0).normal(0, 6, (5, 5, 5, 3))
    velocity = warp.interpolate(control, [np.linspace(0, 4, 33)] * 3)
    forth, back = warp.integrate(velocity, 14.0), warp.integrate(-velocity, 14.0)
    nodes = np.indices(forth.shape[:3], dtype=float) + np.moveaxis(forth, -1, 0) / 14.0
    returned = np.stack([ndimage.map_coordinates(back[..., k], nodes, order=1, mode="nearest") for k in range(3)], -1)
    inner = (slice(4, -4),) * 3
    assert np.abs(forth).max() > 8
    assert np.abs((forth + returned)[inner]).max() < 0.5


def test_no_warp_without_velocity() -> None:
    anatomy = sample_anatomy(PhantomSettings(warp_mm=0.0), np.random.default_rng(0))
    _, shift = template_coordinates(anatomy, (20.0, 20.0, 20.0), grid_of(anatomy, 20.0))
    assert not shift.any()


def test_shapes_have_their_volume_and_first_painter_wins() -> None:
    axis = np.arange(-30.0, 30.0)
    canvas = Canvas([axis, axis, axis], np.zeros((60, 60, 60, 3), dtype=np.float32), ("ball", "rod"))
    canvas.paint("ball", ellipsoid(canvas, (0.2, 0, 0), (12, 9, 7)))
    assert (canvas.labels == 1).sum() == pytest.approx(4 / 3 * np.pi * 12 * 9 * 7, rel=0.02)
    before = (canvas.labels == 1).sum()
    canvas.paint("rod", tube(canvas, np.array([[-20.0, 0, 0, 5], [20, 0, 0, 5]])))
    assert (canvas.labels == 1).sum() == before
    assert (canvas.labels == 2).any()
