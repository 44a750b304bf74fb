import numpy as np
import pytest

pytest.importorskip("triton")

from dataclasses import replace

from labelct.scanner.backends.cuda import joseph
from labelct.scanner.geometry import Grid
from tests.scanner.backends.cuda.against import relative_rms
from tests.scanner.backends.cuda.compiled import compiles

POINTERS = dict.fromkeys(("volume", "views", "rays"), "*fp32") | {"first_row": "fp32", "row_pitch": "fp32"}


@pytest.mark.ci
@pytest.mark.parametrize("capability", [80, 90])
@pytest.mark.parametrize("kernel", [joseph.forward_kernel, joseph.adjoint_kernel], ids=["forward", "adjoint"])
@pytest.mark.parametrize("wide", [False, True])
def test_kernels_compile(kernel, capability, wide):
    constants = {"RAYS": 16, "ROWS": 32, "WIDE": wide, "INSIDE": wide}
    compiles(kernel, POINTERS, constants, capability)


@pytest.mark.parametrize("extend", [True, False])
def test_line_integrals_are_those_of_the_cpu_and_the_adjoint_is_matched(cuda, reference, volume, helix, grid, extend):
    found = cuda.forward(volume, grid, helix, extend)
    assert relative_rms(found, reference.forward(volume, grid, helix, extend)) < 2e-6
    y = np.random.default_rng(1).random(helix.shape, dtype=np.float32)
    back = cuda.adjoint(y, grid, helix, extend)
    assert relative_rms(back, reference.adjoint(y, grid, helix, extend)) < 3e-6
    assert np.vdot(found.astype(np.float64), y) == pytest.approx(np.vdot(volume, back.astype(np.float64)), rel=1e-6)


def test_planes_behind_the_focus_are_not_seen(cuda, reference, helix):
    wide = Grid.centred((50, 50, 2), (26.0, 26.0, 30.0))
    few = helix.part(helix.views // 2, helix.views // 2 + 12)
    full = np.random.default_rng(2).random(wide.shape, dtype=np.float32)
    assert relative_rms(cuda.forward(full, wide, few), reference.forward(full, wide, few)) < 2e-6


def test_a_single_slice_goes_on_for_ever(cuda, helix):
    grid = Grid.centred((12, 12, 1), (9.0, 9.0, 6.0))
    slab = np.random.default_rng(3).random(grid.shape, dtype=np.float32)
    tall = replace(grid, shape=(12, 12, 3), origin=(*grid.origin[:2], grid.origin[2] - 6.0))
    few = helix.part(0, 8)
    expected = cuda.forward(np.repeat(slab, 3, axis=2), tall, few)
    np.testing.assert_allclose(cuda.forward(slab, grid, few), expected, rtol=1e-5, atol=1e-3)
