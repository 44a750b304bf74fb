import numpy as np
import pytest

pytest.importorskip("triton")

from labelct.scanner.backends.cuda.rays import rays


def test_rays_pass_through_the_points_they_are_said_to(cuda, helix, grid):
    """A ray's point at plane m, from its numbers, lies on the line from the focus to the middle of its cell."""
    a, b, c, d, height, step, first, stop, along_x, per_way = rays(helix, grid).cpu().double().numpy()
    rng = np.random.default_rng(1)
    for ray in rng.integers(0, len(a), 60):
        view, channel = divmod(int(ray), helix.channels)
        angle, row_height = float(helix.angle(view)), 17.0
        focus = np.array([*(helix.source_isocentre * np.array([np.cos(angle), np.sin(angle)])), helix.height(view)])
        phi = angle + helix.gamma[channel]
        towards = np.array([-np.cos(phi), -np.sin(phi), row_height / helix.source_detector])
        plane = rng.integers(0, 10)
        main = 0 if along_x[ray] else 1
        point = np.empty(3)
        point[main] = grid.origin[main] + plane * grid.spacing[main]
        point[1 - main] = grid.origin[1 - main] + (a[ray] + b[ray] * plane) * grid.spacing[1 - main]
        slices = height[ray] + (c[ray] + d[ray] * plane) * row_height
        point[2] = grid.origin[2] + slices * grid.spacing[2]
        way = (point - focus)[main] / towards[main]
        np.testing.assert_allclose(focus + way * towards, point, atol=2e-3)
        assert step[ray] == pytest.approx(grid.spacing[main] / abs(towards[main]), rel=1e-6)
    assert abs(per_way - 1 / helix.source_detector).max() < 1e-9
    assert ((first >= 1) & (stop <= max(grid.shape) - 1)).all()
