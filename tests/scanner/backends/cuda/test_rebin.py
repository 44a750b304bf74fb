import numpy as np
import pytest

pytest.importorskip("triton")

from labelct.scanner.backends.cuda import rebin
from labelct.scanner.backends.cuda.device import on_device
from labelct.scanner.backends.numba.rebin import filtered_wedge
from labelct.scanner.chunked_reconstruction import Reconstruction
from tests.scanner.backends.cuda.against import relative_rms
from tests.scanner.backends.cuda.compiled import compiles

SIZES = {"RAYS": 16, "ROWS": 32}


@pytest.mark.ci
@pytest.mark.parametrize("capability", [80, 90])
def test_the_kernels_compile(capability):
    floats = dict.fromkeys(("cone", "out", "weights", "lines", "mix"), "*fp32")
    compiles(rebin.rebin_kernel, floats | {"places": "*i32"}, SIZES, capability)
    compiles(rebin.mix_kernel, floats | {"bands": "*i32"}, SIZES, capability)


@pytest.mark.parametrize("thickness", [8.0, 20.0])
def test_filtered_wedges_are_those_of_the_cpu(cuda, scanner, helix, grid, thickness):
    scanner.recon.slice_thickness = thickness
    what = Reconstruction.of(scanner, helix, grid)
    margin = what.wedge.margin
    cone = np.random.default_rng(0).random((12 + 2 * margin, helix.channels, helix.rows), dtype=np.float32)
    found = rebin.filtered_wedge(on_device(cone), margin, 12, what).cpu().numpy()
    expected = filtered_wedge(cone, margin, 12, what)[:, :, : helix.rows]
    assert relative_rms(found, expected) < 2e-6


def test_long_blocks_are_filtered_part_by_part(cuda, monkeypatch):
    rays = np.random.default_rng(0).random((7, 16, 4), dtype=np.float32)
    response = on_device(np.ones(17, np.float32))
    monkeypatch.setattr(rebin, "SAMPLES_AT_ONCE", 2 * 32 * 4)
    np.testing.assert_allclose(rebin.ramp_filtered(on_device(rays), response, 32).cpu().numpy(), rays, atol=1e-6)
