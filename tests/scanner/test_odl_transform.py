from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from labelct.scanner.geometry import Grid, Helix

odl = pytest.importorskip("odl")

from labelct.scanner.odl_transform import HelicalJoseph, cone_beam, helix_of, image_space  # noqa: E402
from tests.scanner import analytic  # noqa: E402

WATER = 0.01926


@pytest.fixture
def small(helix):
    return replace(helix.part(40, 64), channels=24, channel_pitch=0.02, rows=8, row_pitch=12.0, views_per_turn=48)


@pytest.fixture
def implementation(backend_name):
    return type("Implementation", (HelicalJoseph,), {"backend": backend_name})


@pytest.fixture
def transform(small, implementation):
    space = image_space(Grid.centred((20, 18, 12), (12.0, 12.0, 8.0)))
    return odl.applications.tomo.RayTransform(space, cone_beam(small), impl=implementation)


def test_odl_sees_the_same_rays(small):
    geometry = cone_beam(small)
    angles = geometry.angles
    across, along = geometry.det_partition.coord_vectors
    for view, channel, row in [(0, 0, 0), (5, 20, 3), (23, 11, 7)]:
        angle = small.angle(view)
        focus = [small.source_isocentre * np.cos(angle), small.source_isocentre * np.sin(angle), small.height(view)]
        np.testing.assert_allclose(geometry.src_position(angles[view]), focus, atol=1e-6)
        phi = angle + small.gamma[channel]
        ours = np.array([-np.cos(phi), -np.sin(phi), small.v[row] / small.source_detector])
        cell = geometry.det_point_position(angles[view], [across[small.channels - 1 - channel], along[row]])
        np.testing.assert_allclose((cell - focus) / small.source_detector, ours, atol=1e-6)


def test_geometry_there_and_back(small):
    found = helix_of(cone_beam(small))
    for field in fields(Helix):
        assert getattr(found, field.name) == pytest.approx(getattr(small, field.name), abs=1e-6), field.name


def test_adjoint_holds_in_the_weighted_inner_products(transform):
    x = transform.domain.element(np.random.default_rng(0).random(transform.domain.shape, dtype="f4"))
    y = transform.range.element(np.random.default_rng(1).random(transform.range.shape, dtype="f4"))
    assert transform(x).inner(y) == pytest.approx(x.inner(transform.adjoint(y)), rel=1e-5)


def test_flat_detectors_are_refused(small):
    geometry = cone_beam(small)
    flat = odl.applications.tomo.ConeBeamGeometry(
        geometry.motion_partition, geometry.det_partition, src_radius=570, det_radius=470
    )
    with pytest.raises(ValueError, match="focus-centred"):
        helix_of(flat)


def test_conjugate_gradients_of_odl_find_the_body(helix, implementation):
    cells = {"channels": 40, "channel_pitch": 0.012, "rows": 8, "row_pitch": 20.0, "views_per_turn": 48}
    scan = replace(helix.part(0, 96), **cells, first_height=-45.0, table_feed=45.0)
    grid = Grid.centred((24, 24, 6), (10.0, 10.0, 8.0))
    transform = odl.applications.tomo.RayTransform(image_space(grid), cone_beam(scan), impl=implementation)
    truth = analytic.voxels([analytic.cylinder(80, WATER), analytic.sphere((20, 10, 0), 20, WATER / 2)], grid, 2)
    data = transform(transform.domain.element(truth))
    found = transform.domain.zero()
    odl.solvers.conjugate_gradient_normal(transform, found, data, niter=12)
    error = np.sqrt(((found.asarray() - truth) ** 2).mean() / (truth**2).mean())
    assert error < 0.12


def test_documented_example_reconstructs_with_both_solvers():
    text = (Path(__file__).parents[2] / "docs" / "scanner.md").read_text(encoding="utf-8")
    made = {}
    exec(text.split("```python\n")[1].split("```")[0], made)
    truth = made["truth"].asarray()

    def error(image):
        return np.linalg.norm(image.asarray() - truth) / np.linalg.norm(truth)

    assert error(made["image"]) < 0.35
    assert error(made["smooth"]) < 0.35
