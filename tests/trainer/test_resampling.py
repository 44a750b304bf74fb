from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from labelct.trainer.resampling import (
    TRUNCATE,
    blurred,
    grid_spacing,
    resample,
    resample_labels,
    rows_of,
    shape_at,
    winners,
)


def test_shape_keeps_the_extent() -> None:
    assert shape_at((100, 50, 30), (1, 1, 5), (2, 2, 2)) == (50, 25, 75)
    assert shape_at((100, 50, 30), (1, 1, 5), (1.005, 1, 5)) == (100, 50, 30)


def test_a_slope_stays_a_slope_at_its_place() -> None:
    x = (np.arange(40, dtype=np.float32) + 0.5) * 2.0
    coarse = resample(torch.from_numpy(x)[:, None, None].expand(40, 8, 8), (16, 8, 8))
    np.testing.assert_allclose(coarse[3:-3, 4, 4], ((np.arange(16) + 0.5) * 5.0)[3:-3], rtol=1e-4)


def test_coarser_grid_averages_noise_out() -> None:
    noise = torch.randn(64, 64, 64, generator=torch.Generator().manual_seed(0))
    assert resample(noise, (16, 16, 16)).std() < 0.15


def test_labels_keep_their_volume_and_values() -> None:
    labels = torch.zeros(40, 40, 40, dtype=torch.uint8)
    labels[8:24, 8:24, 8:24], labels[24:36, 8:24, 8:24] = 1, 3
    small = resample_labels(labels, (20, 20, 20), [1, 3])
    assert set(small.unique().tolist()) == {0, 1, 3}
    for value in (1, 3):
        assert 8 * int((small == value).sum()) == pytest.approx(int((labels == value).sum()), rel=0.05)


@pytest.mark.parametrize("sigma", [(1.3, 0.0, 2.6), (0.2, 0.75, 4.0)])
def test_a_gpu_blurs_as_scipy_does(sigma) -> None:
    volume = torch.randn(19, 23, 31, generator=torch.Generator().manual_seed(0))
    expected = gaussian_filter(volume.numpy(), sigma, mode="nearest", truncate=TRUNCATE)
    np.testing.assert_allclose(blurred(volume, sigma).numpy(), expected, atol=1e-5)


def test_rows_of_neighbouring_slabs_touch_without_overlap() -> None:
    for size, native in ((20, 33), (33, 20), (7, 7), (50, 512)):
        edges = [rows_of(start, min(start + 6, size), size, native) for start in range(0, size, 6)]
        assert edges[0][0] == 0
        assert edges[-1][1] == native
        assert all(left[1] == right[0] for left, right in pairwise(edges))


def test_winners_are_those_of_the_whole_interpolation() -> None:
    torch.manual_seed(0)
    scores, shape = torch.rand(4, 9, 8, 7), (70, 11, 20)
    whole = torch.nn.functional.interpolate(scores[None], size=shape, mode="trilinear")[0].argmax(0)
    assert np.mean(winners(scores, shape, (0, 70), (0, 9)) == whole.numpy()) > 0.9999
    part = winners(scores[:, 2:7], shape, rows_of(3, 6, 9, 70), (2, 9))
    assert np.mean(part == whole.numpy()[slice(*rows_of(3, 6, 9, 70))]) > 0.9999


def test_a_size_of_nought_is_the_volumes_own() -> None:
    assert grid_spacing((1.0, 2.0, 7.7), (3.0, 3.0, 0.0)) == (3.0, 3.0, 7.7)
    assert grid_spacing((1.0, 2.0, 7.7), (3.0, 3.0, 3.0)) == (3.0, 3.0, 3.0)
