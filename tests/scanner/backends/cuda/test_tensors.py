"""The scan of a tensor: that of the same array, and nothing large of it on the host."""

from functools import partial

import numpy as np
import pytest
import torch

from labelct.scanner.scan import Acquisition, project, scan
from labelct.scanner.settings import DoseSettings, NoiseOnlySettings
from tests.scanner import crossings
from tests.scanner.backends.cuda.against import relative_rms

SMALL = 26 * 22 * 4  # fewer values than the volume, the projections, the image, or a part of one of the latter


@pytest.fixture
def resident():
    """Put an array where the backend works."""
    from labelct.scanner.backends.cuda.device import name

    return lambda array: torch.from_numpy(array.copy()).to(name())


@pytest.fixture
def hu(volume):
    return (volume * np.float32(1000 / 0.02) - 1000).astype(np.float32)


@pytest.fixture
def at(cuda, scanner):
    """Scan in a mode with the small scanner."""

    def acquisition(mode):
        scanner.mode, scanner.outside = mode, "air"
        scanner.noise_only = NoiseOnlySettings(voxel=18.0, views=24, channels=32, rows=4)
        return Acquisition(scanner, DoseSettings(mas=None, photons=2e4), "cuda")

    return acquisition


@pytest.mark.parametrize("mode", ["full", "noise_only"])
def test_a_tensor_and_an_array_have_the_same_scan(at, resident, hu, grid, mode):
    tensor, work = resident(hu), partial(scan, spacing=grid.spacing, acquisition=at(mode), params={"seed": 3})
    with crossings.refused(SMALL):
        found = work(tensor)
    expected = work(hu)
    assert isinstance(expected, np.ndarray)
    assert (found.device, found.dtype) == (tensor.device, torch.float32)
    assert np.sqrt(((found.cpu().numpy() - expected) ** 2).mean()) < 1e-2
    assert np.std(expected - hu) > 1
    np.testing.assert_array_equal(tensor.cpu().numpy(), hu)


def test_projections_of_a_tensor_stay_with_it_and_serve_its_scans(at, resident, hu, grid):
    tensor, acquisition = resident(hu), at("full")
    with crossings.refused(SMALL):
        clean = project(tensor, grid.spacing, acquisition)
        found = scan(tensor, grid.spacing, acquisition, {"seed": 3}, clean)
    assert clean.device == tensor.device
    expected = project(hu, grid.spacing, acquisition)
    assert relative_rms(clean.cpu().numpy(), expected) < 1e-5
    again = scan(hu, grid.spacing, acquisition, {"seed": 3}, expected)
    assert np.sqrt(((found.cpu().numpy() - again) ** 2).mean()) < 1e-2


def test_forward_and_adjoint_of_tensors_are_those_of_arrays(cuda, resident, volume, grid, helix):
    tensor = resident(volume)
    with crossings.refused(SMALL):
        views = cuda.forward(tensor, grid, helix)
        back = cuda.adjoint(views, grid, helix)
    expected = cuda.forward(volume, grid, helix)
    assert views.device == back.device == tensor.device
    assert relative_rms(views.cpu().numpy(), expected) < 1e-6
    assert relative_rms(back.cpu().numpy(), cuda.adjoint(expected, grid, helix)) < 1e-5


def test_a_tensor_of_any_type_and_layout_is_taken(cuda, resident, volume, grid, helix):
    views = resident(cuda.forward(volume, grid, helix))
    turned = views.double().transpose(0, 2).contiguous().transpose(0, 2)
    assert not turned.is_contiguous()
    torch.testing.assert_close(cuda.adjoint(turned, grid, helix), cuda.adjoint(views, grid, helix))


def test_what_crosses_is_seen(at, resident, hu, grid):
    acquisition = at("full")
    with crossings.refused(SMALL), pytest.raises(AssertionError, match=r"numpy of 5720 values"):
        scan(resident(hu), grid.spacing, Acquisition(acquisition.scanner, acquisition.dose, "numba"), {"seed": 3})
    with crossings.refused(SMALL), pytest.raises(AssertionError, match=r"from_numpy of 5720 values"):
        scan(hu, grid.spacing, acquisition, {"seed": 3})
