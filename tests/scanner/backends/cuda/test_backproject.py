from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("triton")

from labelct.scanner.backends.cuda import backproject
from labelct.scanner.chunked_reconstruction import Reconstruction
from labelct.scanner.geometry import Grid, plan
from labelct.scanner.settings import DoseSettings, ScannerSettings
from tests.scanner import analytic
from tests.scanner.backends.cuda.against import rms_hu
from tests.scanner.backends.cuda.compiled import compiles

POINTERS = dict.fromkeys(("image", "wedge", "bases", "gammas"), "*fp32")
WHOLE = ("nx", "ny", "nz", "half_turn", "rays", "rows")


@pytest.mark.ci
@pytest.mark.parametrize("capability", [80, 90])
def test_the_kernel_compiles(capability):
    names = set(backproject.backproject_kernel.arg_names) - set(WHOLE) - set(POINTERS)
    types = POINTERS | dict.fromkeys(names, "fp32")
    compiles(backproject.backproject_kernel, types, {"TILE": 4, "SLICES": 16}, capability)


@pytest.mark.parametrize("slices", [10, 4])
def test_images_are_those_of_the_cpu_whole_and_in_chunks(cuda, reference, scanner, volume, helix, grid, slices):
    scanner.recon.aperture, scanner.recon.field_of_view = 0.4, 200.0
    views = reference.forward(volume, grid, helix)
    what = Reconstruction.of(scanner, helix, grid)
    expected = reference.reconstruct(lambda start, stop: views[start:stop], what)
    found = cuda.reconstruct(lambda start, stop: views[start:stop], replace(what, slices=slices))
    assert rms_hu(found, expected) < 0.01
    assert (found[0, 0] == 0).all()


@pytest.mark.gpu
@pytest.mark.parametrize("noisy", [False, True])
def test_a_large_scan_has_the_image_of_the_cpu_and_water_is_water(card, reference, noisy):
    scanner = ScannerSettings(kind="helical", channels=512, channel_pitch=0.0017, rows=32, row_width=1.2, views=360)
    grid = Grid.centred((256, 256, 48), (1.5, 1.5, 1.5))
    helix = plan(scanner, grid)
    views = analytic.line_integrals([analytic.cylinder(150, 0.01926)], helix)
    what = Reconstruction.of(scanner, helix, grid)
    photons = np.full(helix.channels, 1e5, np.float32)

    def image(worker):
        def made(start, stop):
            clean = views[start:stop]
            return worker.measure(clean, start, photons, DoseSettings().electronic_noise, 3) if noisy else clean

        return worker.reconstruct(made, what)

    found = image(card)
    assert rms_hu(found, image(reference)) < 0.05
    inside = np.hypot(*np.meshgrid(grid.axis(0), grid.axis(1), indexing="ij")) < 130
    assert abs(1000 * found[inside].mean() / 0.01926 - 1000) < 0.2
