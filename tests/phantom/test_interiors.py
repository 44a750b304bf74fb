from __future__ import annotations

import numpy as np
import pytest

from labelct.phantom import interiors
from labelct.phantom.anatomy import NAMES
from labelct.phantom.appearance import sample_appearance
from labelct.phantom.interiors import gas
from labelct.phantom.patient import Patient
from labelct.phantom.settings import PhantomSettings


def patient(name: str, **changed: float) -> Patient:
    """Return a patient that is one box of a structure in air, with a portal-venous appearance."""
    labels = np.zeros((24, 24, 24), dtype=np.uint8)
    labels[4:-4, 4:-4, 4:-4] = 1
    settings = PhantomSettings(native=0.0, lesions=1.0, **changed)
    appearance = sample_appearance(settings, NAMES, np.random.default_rng(0))
    return Patient(labels, {1: name}, (2.0, 2.0, 2.0), appearance)


def test_gas_rises_to_the_front() -> None:
    mask = np.zeros((12, 24, 12), dtype=bool)
    mask[2:-2, 4:20, 2:-2] = True
    bubble = gas(mask, mask, 0.3, np.zeros(mask.shape, dtype=np.float32), (4.0, 4.0, 4.0))
    assert bubble.sum() == pytest.approx(0.3 * mask.sum(), rel=0.1)
    assert np.argwhere(bubble)[:, 1].mean() > np.argwhere(mask)[:, 1].mean() + 3


def test_half_a_share_is_half_way() -> None:
    volume = np.zeros((2, 2, 2), dtype=np.float32)
    interiors.mix(volume, np.float32(0.5), 100.0)
    assert (volume == 50).all()


def test_a_bone_is_denser_at_its_surface_than_inside() -> None:
    one, volume = patient("vertebrae_L3"), np.full((24, 24, 24), 160, dtype=np.float32)
    interiors.bone(volume, one, np.zeros_like(volume))
    assert volume[4, 12, 12] > 300
    assert volume[12, 12, 12] == 160
    assert (volume[one.labels == 0] == 160).all()


def test_the_medulla_is_darker_than_the_cortex() -> None:
    one, volume = patient("kidney_left"), np.full((24, 24, 24), 170, dtype=np.float32)
    interiors.kidneys(volume, one)
    assert volume[12, 12, 12] < volume[4, 12, 12] == 170


def test_lesions_darken_the_liver_alone() -> None:
    one, volume = patient("liver"), np.full((24, 24, 24), 100, dtype=np.float32)
    interiors.lesions(volume, one, np.random.default_rng(0))
    assert volume.min() < 90
    assert (volume[one.labels == 0] == 100).all()
    assert volume.max() == 100
