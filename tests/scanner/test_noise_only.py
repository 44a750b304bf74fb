import numpy as np
import pytest

from labelct.scanner.geometry import Grid
from labelct.scanner.noise_only import coarse_helix, shrink
from labelct.scanner.settings import NoiseOnlySettings


def test_blocks_keep_the_mass_and_its_place():
    grid = Grid.centred((31, 26, 12), (2.0, 2.0, 3.0))
    volume = np.zeros(grid.shape, np.float32)
    volume[9:21, 3:9, 4:10] = 0.02  # whole blocks
    small, coarse = shrink(volume, grid, 6.0)
    assert coarse.spacing == (6.0, 6.0, 6.0)
    assert small.shape == coarse.shape == (11, 9, 6)
    assert small.sum() * 6.0**3 == pytest.approx(volume.sum() * 12.0, rel=1e-5)
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        before, after = volume.sum(others) @ grid.axis(axis), small.sum(others) @ coarse.axis(axis)
        assert after / small.sum() == pytest.approx(before / volume.sum(), abs=1e-3)


def test_slices_are_repeated_and_columns_end_in_air():
    small, _ = shrink(np.ones((4, 4, 4), np.float32), Grid.centred((4, 4, 4), (2.0, 2.0, 2.0)), 6.0)
    np.testing.assert_allclose(small[0, 0], 1.0)
    np.testing.assert_allclose(small[1, 0], 1 / 3)


def test_coarse_scan_covers_the_scan(helix):
    coarse = coarse_helix(helix, NoiseOnlySettings())
    assert coarse.channels * coarse.channel_pitch == pytest.approx(helix.channels * helix.channel_pitch)
    assert coarse.collimation == pytest.approx(helix.collimation)
    assert coarse.height(coarse.views - 1) >= helix.height(helix.views - 1) - 1e-9
    assert coarse.gamma.mean() == pytest.approx(helix.gamma.mean())


def test_coarse_scan_is_never_finer_than_the_scan(helix):
    assert coarse_helix(helix, NoiseOnlySettings(views=5000, channels=5000, rows=5000)) == helix
