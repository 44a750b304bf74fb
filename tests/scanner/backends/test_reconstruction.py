"""Images that every backend makes of exact projections."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from labelct.scanner.chunked_reconstruction import Reconstruction
from labelct.scanner.geometry import Grid, plan
from tests.scanner import analytic

WATER = 0.01926


@pytest.fixture
def fine(scanner):
    scanner.channels, scanner.channel_pitch, scanner.views = 320, scanner.channel_pitch / 2, 240
    return scanner


def hounsfield(worker, bodies, scanner, grid):
    helix = plan(scanner, grid)
    views = analytic.line_integrals(bodies, helix)
    return 1000 * worker.reconstruct(lambda a, b: views[a:b], Reconstruction.of(scanner, helix, grid)) / WATER - 1000


def test_water_is_water_everywhere(worker, fine):
    grid = Grid.centred((64, 64, 24), (3.0, 3.0, 2.0))
    hu = hounsfield(worker, [analytic.cylinder(80, WATER, (9.0, -4.0))], fine, grid)
    x, y = np.meshgrid(grid.axis(0), grid.axis(1), indexing="ij")
    inside = np.hypot(x - 9, y + 4) < 70
    assert abs(hu[inside].mean()) < 0.2
    assert hu[inside].std() < 1.4
    assert hu[inside].mean(0).std() < 0.5


@pytest.mark.parametrize("pitch", [0.5, 1.0, 1.4])
def test_spheres_keep_their_place_and_value_at_every_pitch(worker, fine, pitch):
    fine.pitch = pitch
    grid = Grid.centred((64, 64, 24), (3.0, 3.0, 2.0))
    centre = (24.0, 15.0, 3.0)
    bodies = [analytic.cylinder(80, WATER), analytic.sphere(centre, 15, WATER * 0.1)]
    hu = hounsfield(worker, bodies, fine, grid)
    distance = np.sqrt(
        sum((a - c) ** 2 for a, c in zip(np.meshgrid(*map(grid.axis, range(3)), indexing="ij"), centre, strict=True))
    )
    assert hu[distance < 9].mean() == pytest.approx(100, abs=4)
    shell = hu[(distance > 21) & (distance < 27)]
    assert abs(shell.mean()) < 2


def test_chunks_make_the_image_that_the_whole_makes(worker, scanner):
    grid = Grid.centred((40, 40, 60), (4.0, 4.0, 3.0))
    helix = plan(scanner, grid)
    bodies = [analytic.cylinder(60, WATER), analytic.sphere((9, 9, 9), 20, WATER)]
    views, what = analytic.line_integrals(bodies, helix), Reconstruction.of(scanner, helix, grid)
    asked = []

    def block(start, stop):
        asked.append((start, stop))
        return views[start:stop]

    whole = worker.reconstruct(lambda a, b: views[a:b], what)
    np.testing.assert_allclose(worker.reconstruct(block, replace(what, slices=7)), whole, atol=3e-7)
    assert all(stop == start for (_, stop), (start, _) in pairwise(asked))


def test_outside_the_field_of_view_nothing_is_reconstructed(worker, scanner, grid):
    scanner.recon.field_of_view = 120.0
    helix = plan(scanner, grid)
    views = np.ones(helix.shape, np.float32)
    image = worker.reconstruct(lambda a, b: views[a:b], Reconstruction.of(scanner, helix, grid))
    x, y = np.meshgrid(grid.axis(0), grid.axis(1), indexing="ij")
    assert (image[np.hypot(x, y) > 60] == 0).all()
    assert (image[np.hypot(x, y) < 60] != 0).all()
