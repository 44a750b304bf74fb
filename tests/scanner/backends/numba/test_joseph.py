import math
from itertools import product

import numpy as np
import pytest

from labelct.scanner.backends.numba import joseph, projector
from labelct.scanner.geometry import Grid


@pytest.fixture
def scene(helix):
    """A padded volume of several tiles and the kernels' geometry of one turn."""
    grid = Grid.centred((70, 60, 12), (4.0, 4.0, 3.0))
    padded = projector.pad(np.ones(grid.shape, np.float32), grid, helix)
    return padded, *projector._kernel_geometry(helix.part(0, 192), None)


def corners(padded):
    return list(product(*(range(0, count - 1, joseph.TILE) for count in padded.shape[:2])))


def steps(padded, source, ray, corner):
    """Return the planes and columns at which a ray has a step that belongs to a tile."""
    along_x, a, b, *_ = joseph._line(padded.world, source, ray, 570.0)
    low, high, first, stop, *_ = joseph._planes(padded.shape, corner, along_x, a, b)
    passed = [(plane, math.floor(a + b * plane)) for plane in range(low, high)]
    return [(plane, column) for plane, column in passed if first <= column < stop]


@pytest.mark.parametrize("view", [0, 17, 48, 100, 150])
def test_every_step_of_a_ray_belongs_to_one_tile_whose_channels_hold_it(scene, view):
    padded, fan, sources, detector = scene
    for channel in (0, 31, 80, 159):
        found = []
        for corner in corners(padded):
            inside = steps(padded, sources[view], fan[channel], corner)
            first, stop = joseph._channel_range(padded.world, corner, joseph.TILE, sources[view], detector, len(fan))
            assert not inside or first <= channel < stop
            found += inside
        along_x, a, b, *_ = joseph._line(padded.world, sources[view], fan[channel], 570.0)
        planes, columns = padded.shape[:2] if along_x else padded.shape[1::-1]
        whole = [(plane, math.floor(a + b * plane)) for plane in range(planes - 1)]
        assert sorted(found) == [step for step in whole if 0 <= step[1] < columns - 1]


def test_a_ray_runs_from_the_focus_through_its_planes(scene):
    padded, fan, sources, _ = scene
    for view, channel in ((0, 10), (60, 80), (130, 159)):
        along_x, a, b, c, d = joseph._line(padded.world, sources[view], fan[channel], 570.0)
        lam, gamma = math.atan2(sources[view, 1], sources[view, 0]), math.atan2(fan[channel, 2], fan[channel, 1])
        for plane in (5, 40):
            way = c + d * plane
            x, y = 570 * math.cos(lam) - way * math.cos(lam + gamma), 570 * math.sin(lam) - way * math.sin(lam + gamma)
            found = (x - padded.world[0]) / 4.0, (y - padded.world[1]) / 4.0
            assert found == pytest.approx((plane, a + b * plane)[:: 1 if along_x else -1], abs=1e-6)


def test_rows_beyond_the_volume_read_its_end(scene):
    detector, ray = np.array([570.0, 0.0, 0.1, 1.0, -20.0, 3.0]), np.array([0.0, 1.0, 0.0, 1 / 1040])
    assert joseph._rise(600.0, -500.0, 0.3, ray, detector, 80, 32) == (0, 0.0, 0.0)
    assert joseph._rise(600.0, 500.0, 0.3, ray, detector, 80, 32) == (48, 0.0, 0.0)
    base, start, step = joseph._rise(600.0, 30.0, 0.3, ray, detector, 80, 32)
    assert base + start == pytest.approx(30 - 20 * 600 * 0.3 / 1040, rel=1e-6)
    assert step == pytest.approx(3 * 600 * 0.3 / 1040, rel=1e-6)
