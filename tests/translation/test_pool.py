"""The pool keeps what comes while it fills, then gives back older images half of the time."""

import numpy as np
import torch

from labelct.translation.pool import ImagePool


def images(*values):
    return torch.tensor(values, dtype=torch.float32).reshape(-1, 1, 1, 1)


def test_what_comes_first_goes_straight_through():
    pool = ImagePool(3)
    assert torch.equal(pool.exchange(images(1, 2, 3), np.random.default_rng(0)), images(1, 2, 3))
    assert torch.equal(pool.state(), images(1, 2, 3))


def test_half_of_what_comes_out_of_a_full_pool_is_older():
    pool, rng = ImagePool(50), np.random.default_rng(0)
    out = torch.cat([pool.exchange(images(n), rng) for n in range(2000)]).flatten()[50:]
    older = out != torch.arange(50.0, 2000)
    assert 0.45 < older.float().mean() < 0.55
    assert (out[older] < torch.arange(50.0, 2000)[older]).all()
    assert len(pool.images) == 50
    assert len(set(out[older].tolist())) == int(older.sum())  # what was taken out is gone


def test_a_pool_of_none_keeps_nothing():
    pool = ImagePool(0)
    assert torch.equal(pool.exchange(images(1, 2), np.random.default_rng(0)), images(1, 2))
    assert pool.state() is None


def test_a_restored_pool_goes_on_as_it_would_have():
    one, other = ImagePool(4), ImagePool(4)
    one.exchange(images(1, 2, 3, 4, 5), np.random.default_rng(0))
    other.restore(one.state())
    assert torch.equal(*(pool.exchange(images(6, 7, 8), np.random.default_rng(1)) for pool in (one, other)))


def test_what_is_kept_does_not_change_with_what_was_given():
    pool, given = ImagePool(2), images(1, 2)
    pool.exchange(given, np.random.default_rng(0))
    given.zero_()
    assert torch.equal(pool.state(), images(1, 2))
