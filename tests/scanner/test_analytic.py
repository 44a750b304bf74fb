import math

import numpy as np
import pytest

from labelct.scanner.geometry import Grid, Helix
from tests.scanner import analytic


def one_ray(offset=0.0):
    """A scan of one view whose middle ray runs along -x through the isocentre."""
    return Helix(570.0, 1040.0, 3, 0.01, 0.0, 1, 1.0, 360, 10.0, 1, offset)


def test_the_middle_ray_crosses_a_sphere_along_its_diameter():
    assert analytic.line_integrals([analytic.sphere((0, 0, 0), 40, 0.02)], one_ray())[0, 1, 0] == pytest.approx(1.6)


def test_a_ray_off_the_centre_sees_the_chord():
    found = analytic.line_integrals([analytic.sphere((0, 0, 0), 40, 0.02)], one_ray())[0, 2, 0]
    assert found == pytest.approx(0.04 * math.sqrt(40**2 - (570 * math.sin(0.01)) ** 2), rel=1e-6)


def test_oblique_rays_see_a_cylinder_longer():
    helix = Helix(570.0, 1040.0, 1, 0.01, 0.0, 3, 300.0, 360, 10.0, 1)
    row = analytic.line_integrals([analytic.cylinder(50, 0.02)], helix)[0, 0]
    np.testing.assert_allclose(row, 2.0 * np.sqrt(1 + (helix.v / 1040) ** 2), rtol=1e-6)


def test_bodies_add_up_and_what_is_missed_counts_nothing():
    bodies = [analytic.sphere((0, 0, 0), 40, 0.02), analytic.sphere((0, 0, 0), 10, -0.02)]
    assert analytic.line_integrals(bodies, one_ray())[0, 1, 0] == pytest.approx(1.2)
    assert not analytic.line_integrals([analytic.sphere((0, 200, 0), 40, 0.02)], one_ray()).any()


def test_voxels_hold_the_mass_of_the_body():
    grid = Grid.centred((40, 40, 40), (2.0, 2.0, 2.0))
    volume = analytic.voxels([analytic.sphere((3, -4, 1), 25, 0.02)], grid, 3)
    assert volume.sum() * 8 == pytest.approx(0.02 * 4 / 3 * math.pi * 25**3, rel=2e-3)
    assert (volume @ grid.axis(2)).sum() / volume.sum() == pytest.approx(1, abs=0.05)
