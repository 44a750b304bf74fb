from dataclasses import replace

import numpy as np
import pytest

from labelct.errors import SettingError
from labelct.scanner.chunked_reconstruction import VIEWS_PER_BLOCK, Reconstruction, ViewBuffer
from labelct.scanner.geometry import Grid, plan


def test_a_window_makes_every_view_once_and_holds_what_is_asked_for():
    made = []

    def make(start, stop):
        made.extend(range(start, stop))
        return np.arange(start, stop, dtype=np.float32)

    window = ViewBuffer(make, np.empty(900, np.float32), 10)
    for start, stop in ((10, 600), (50, 900), (880, 1700), (1700, 1703)):
        np.testing.assert_array_equal(window.take(start, stop), np.arange(start, stop))
    assert made == list(range(10, 1703))


def test_blocks_are_never_larger_than_promised():
    sizes = []

    def make(start, stop):
        sizes.append(stop - start)
        return np.zeros(stop - start, np.float32)

    ViewBuffer(make, np.empty(1000, np.float32)).take(0, 1000)
    assert max(sizes) == VIEWS_PER_BLOCK


@pytest.mark.parametrize("slices", [1, 7, 60])
def test_chunks_hold_every_slice_once_with_the_directions_that_light_it(scanner, slices):
    grid = Grid.centred((40, 40, 60), (4.0, 4.0, 3.0))
    helix = plan(scanner, grid)
    what = replace(Reconstruction.of(scanner, helix, grid), slices=slices)
    heights, margin = [], what.wedge.margin
    for first, part, (start, stop) in what.chunks():
        assert first == len(heights)
        heights += list(part.axis(2))
        assert margin <= start < stop <= helix.views - margin
        beam = helix.collimation / 2
        assert start == margin or helix.height(start) <= part.axis(2)[0] - beam
        assert stop == helix.views - margin or helix.height(stop) >= part.axis(2)[-1] + beam
    np.testing.assert_allclose(heights, grid.axis(2))


def test_more_memory_means_more_slices_at_once(scanner):
    grid = Grid.centred((40, 40, 2000), (4.0, 4.0, 0.5))
    helix = plan(scanner, grid)
    found = []
    for memory in (0.01, 0.02, 100.0):
        scanner.memory = memory
        found.append(Reconstruction.of(scanner, helix, grid).slices)
    assert 0 < found[0] < found[1] < found[2] == 2000


def test_a_slice_whose_views_do_not_fit_is_refused(scanner, grid):
    scanner.memory, scanner.views, scanner.channels = 0.1, 4000, 900
    scanner.channel_pitch /= 6
    with pytest.raises(SettingError, match="GiB or more for this scan"):
        Reconstruction.of(scanner, plan(scanner, grid), grid)


def test_slices_are_as_thick_as_they_lie_apart_unless_set(scanner, helix, grid):
    scanner.recon.slice_thickness = None
    assert Reconstruction.of(scanner, helix, grid).thickness == 3.0
    scanner.recon.slice_thickness = 5.0
    assert Reconstruction.of(scanner, helix, grid).thickness == 5.0
