from __future__ import annotations

import numpy as np
import pytest
from skimage.exposure import match_histograms

from labelct.priors import QUANTILE_LEVELS
from labelct.synthesis.bank import Bank, make_bank
from labelct.synthesis.greys import axis_tables, grey_quantiles, is_flat, organ_table, quantile_table, reflect
from labelct.synthesis.kernels.arrays.parts import read_greys
from labelct.synthesis.texture import Settings, sample_clip
from tests.synthesis.cases import threads


def counts_of(greys: np.ndarray) -> np.ndarray:
    return np.bincount(greys.ravel(), minlength=256)


def read(bank: Bank, params: dict, shape: tuple[int, int, int], start: tuple[int, int, int] = (0, 0, 0)) -> np.ndarray:
    parts = np.zeros(shape, np.uint16)
    tables = axis_tables(params, bank, start, shape)
    per_axis = tuple(tuple(kind[axis][None] for kind in tables) for axis in range(3))
    return read_greys(parts, np.ones(1, np.uint8), bank.pixels, per_axis, np.zeros(1, np.uint64))[0]


def test_reflection_is_that_of_numpy() -> None:
    line = np.arange(7)
    assert reflect(np.arange(-20.0, 30.0), 7).astype(int).tolist() == np.pad(line, (20, 23), mode="reflect").tolist()
    assert not reflect(np.arange(5.0), 1).any()


def test_unit_steps_read_the_clip_itself(bank: Bank) -> None:
    params = {"clip": 0, "axes": [2, 1, 0], "start": [0.0, 0.0, 0.0], "step": [1.0, 1.0, 1.0]}
    assert np.array_equal(read(bank, params, (30, 20, 9)), bank.clips[0].transpose(2, 1, 0))


def test_the_start_lies_at_the_organs_first_voxel(bank: Bank) -> None:
    params = {"clip": 0, "axes": [2, 1, 0], "start": [4.0, 3.0, 2.0], "step": [1.0, 1.0, 1.0]}
    found = read(bank, params, (30, 20, 9), (10, 5, 3))
    assert found[10, 5, 3] == bank.clips[0][4, 3, 2]


def test_a_flipped_clip_runs_backwards_and_reflects(bank: Bank) -> None:
    params = {"clip": 1, "axes": [2, 1, 0], "start": [0.0, 0.0, 16.0], "step": [1.0, 1.0, -1.0]}
    greys = read(bank, params, (17, 40, 12))
    times = np.pad(np.arange(5), (0, 7), mode="reflect")
    assert np.array_equal(greys, bank.clips[1][times][:, :, ::-1].transpose(2, 1, 0))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_half_steps_lie_between_neighbours(axis: int) -> None:
    clip = np.tile(np.arange(0, 200, 20, dtype=np.uint8), (10, 10, 1))
    axes = [0, 1]
    axes.insert(axis, 2)
    params = {"clip": 0, "axes": axes, "start": [0.0, 0.0, 0.0], "step": [1.0, 1.0, 0.5]}
    shape = [10, 10]
    shape.insert(axis, 19)
    greys = read(make_bank([clip], ["ramp"]), params, tuple(shape))
    assert np.array_equal(np.moveaxis(greys, axis, 0)[:, 3, 4], np.arange(0, 190, 10))


def test_time_may_run_along_any_axis(bank: Bank) -> None:
    params = {"clip": 0, "axes": [0, 2, 1], "start": [0.0, 0.0, 0.0], "step": [1.0, 1.0, 1.0]}
    assert np.array_equal(read(bank, params, (9, 30, 20)), bank.clips[0].transpose(0, 2, 1))


def test_threads_do_not_change_the_bits(bank: Bank) -> None:
    params = sample_clip(bank, Settings(direction="any"), np.random.default_rng(0))
    with threads(1):
        alone = read(bank, params, (50, 40, 30))
    with threads(3):
        assert np.array_equal(alone, read(bank, params, (50, 40, 30)))


@pytest.mark.parametrize("gamma", [0.4, 1.0, 2.0])
def test_matched_voxels_have_the_organs_mean_and_spread(gamma: float) -> None:
    greys = (255 * np.random.default_rng(0).random(40000) ** gamma).astype(np.uint8)
    hu = organ_table(counts_of(greys), 110.0, 15.0)[greys]
    assert hu.mean() == pytest.approx(110.0, abs=0.01)
    assert hu.std() == pytest.approx(15.0, rel=0.001)
    assert np.abs(np.quantile(hu, [0.159, 0.5, 0.841]) - [95, 110, 125]).max() < 1.5


def test_a_fitted_histogram_gives_its_shape() -> None:
    greys = np.random.default_rng(0).integers(0, 256, 40000).astype(np.uint8)
    skewed = [10 * (np.exp(0.4 * level) - 1) for level in QUANTILE_LEVELS]
    hu = organ_table(counts_of(greys), 60.0, 12.0, skewed)[greys]
    assert hu.mean() == pytest.approx(60.0, abs=0.01)
    assert hu.std() == pytest.approx(12.0, rel=0.001)
    assert ((hu - 60) ** 3).mean() / 12**3 > 0.8


def test_the_table_agrees_with_skimage_to_one_grey_value() -> None:
    rng = np.random.default_rng(0)
    greys = np.clip(rng.normal(120, 30, (40, 40, 20)), 0, 255).astype(np.uint8)
    reference = rng.normal(110, 15, (60, 60, 30))
    theirs = match_histograms(greys.astype(float), reference)
    probability = np.linspace(0, 1, 2001)
    ours = quantile_table(counts_of(greys), probability, np.quantile(reference, probability))[greys]
    assert np.abs(ours - theirs).mean() < 0.01 * 15 * 2
    middle = (greys > 60) & (greys < 180)
    assert np.abs(ours - theirs)[middle].max() < 0.05 * 15


def test_a_symmetric_histogram_has_symmetric_quantiles() -> None:
    greys = grey_quantiles(np.array([3] + [0] * 127 + [4] + [0] * 126 + [3]))
    assert greys[[0, 128, 255]] == pytest.approx([0.15, 0.5, 0.85])


def test_a_flat_clip_does_not_blow_up() -> None:
    counts = np.zeros(256, int)
    counts[[7, 8]] = 9999, 1
    table = organ_table(counts, 42.0, 15.0)
    assert np.abs(table[[7, 8]] - 42.0).max() < 20 * 15.0
    assert is_flat(counts, 15.0)
    assert not is_flat(np.ones(256, int), 15.0)


def test_one_grey_gives_the_mean() -> None:
    counts = np.zeros(256, int)
    counts[7] = 1
    assert organ_table(counts, 42.0, 15.0)[7] == pytest.approx(42.0)


def test_no_voxel_lies_below_what_a_ct_can_hold() -> None:
    counts = np.ones(256, int)
    assert organ_table(counts, -1000.0, 60.0).min() == -1024
    assert quantile_table(counts, np.array([0.0, 1.0]), np.array([-3000.0, 100.0])).min() == -1024
