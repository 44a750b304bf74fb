from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from labelct.phantom import warp
from labelct.phantom.anatomy import sample_anatomy, template_coordinates
from labelct.phantom.settings import PhantomSettings
from tests.phantom.test_anatomy import grid_of


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
