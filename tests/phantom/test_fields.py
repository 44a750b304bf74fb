from __future__ import annotations

import numpy as np
import pytest

from labelct.phantom.fields import depth, filaments, lookup, smooth_noise


def test_noise_has_unit_variance_and_is_smooth_along_every_axis_in_mm() -> None:
    noise = smooth_noise((48, 48, 24), (1.0, 1.0, 2.0), 3.0, np.random.default_rng(0))
    assert noise.std() == pytest.approx(1, abs=1e-5)
    steps = [np.diff(noise, axis=axis).std() for axis in range(3)]
    assert steps[0] == pytest.approx(steps[1], rel=0.1)
    assert 1.5 < steps[2] / steps[0] < 2.5


def test_wider_filaments_fill_more_and_reach_one() -> None:
    thin, wide = (filaments((32, 32, 32), (2.0,) * 3, 6.0, width, np.random.default_rng(0)) for width in (0.1, 0.4))
    assert 0 <= thin.min() <= thin.max() <= 1
    assert wide.mean() > 4 * thin.mean()


def test_depth_counts_from_the_surface_in_mm() -> None:
    mask = np.zeros((12, 12, 12), dtype=bool)
    mask[2:10, 2:10, 2:10] = True
    deep = depth(mask, (2.0, 2.0, 2.0))
    assert deep[2, 6, 6] == 1
    assert deep[5, 6, 6] == 7
    assert deep[0, 0, 0] == 0


def test_a_lookup_gives_what_it_was_told_and_else_the_default() -> None:
    table = lookup({1: 40.0, 7: -5.0}, 2.0)
    assert table[[1, 7, 0, 255]].tolist() == [40, -5, 2, 2]
