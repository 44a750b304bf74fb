from __future__ import annotations

import numpy as np

from labelct.phantom.vessels import draw_tree, grow_tree


def test_vessel_tree_reaches_every_target_and_thins_out() -> None:
    rng = np.random.default_rng(0)
    targets = rng.uniform(10, 90, (30, 3))
    branches = grow_tree(np.zeros(3), targets, rng)
    ends = np.array([points[-1] for points, _ in branches])
    assert np.allclose(sorted(map(tuple, ends)), sorted(map(tuple, targets)))
    assert sum(load for points, load in branches if np.allclose(points[0], 0)) == 30


def test_a_branch_that_feeds_more_is_wider() -> None:
    along = np.column_stack([np.linspace(2, 38, 30), np.full(30, 20.0), np.full(30, 20.0)])
    thin, thick = (draw_tree((40, 40, 40), (1.0, 1.0, 1.0), [(along, load)], trunk=5.0) for load in (1, 27))
    assert thick.sum() / thin.sum() > 6
    assert thin.max() <= 1
    widest = draw_tree((40, 40, 40), (1.0, 1.0, 1.0), [(along, 10**6)], trunk=5.0)
    assert widest[20].sum() < np.pi * 6**2
