from __future__ import annotations

import numpy as np
import pytest
from labelct.synthesis.paint import read_greys
from skimage.exposure import match_histograms

from labelct.synthesis.bank import Bank, make_bank
from labelct.synthesis.settings import TextureSettings
from labelct.synthesis.texture import (
    axis_tables,
    contrast,
    grey_quantiles,
    organ_table,
    quantile_table,
    reflect,
    sample_clip,
)


def counts_of(greys: np.ndarray) -> np.ndarray:
    return np.bincount(greys.ravel(), minlength=256)


def read(bank: Bank, params: dict, shape: tuple[int, int, int], threads: int = 1) -> np.ndarray:
    parts = np.zeros(shape, np.uint16)
    tables = axis_tables(params, bank, (0, 0, 0), shape)
    per_axis = tuple(tuple(kind[axis][None] for kind in tables) for axis in range(3))
    source, seeds = np.ones(1, np.uint8), np.zeros(1, np.uint64)
    return read_greys(parts, source, bank.pixels, per_axis, seeds, threads)[0]


def test_reflection_is_that_of_numpy() -> None:
    line = np.arange(7)
    assert reflect(np.arange(-20.0, 30.0), 7).astype(int).tolist() == np.pad(line, (20, 23), mode="reflect").tolist()
    assert not reflect(np.arange(5.0), 1).any()


def test_unit_steps_read_the_clip_itself(bank: Bank) -> None:
    params = {"clip": 0, "axes": [2, 1, 0], "start": [0.0, 0.0, 0.0], "step": [1.0, 1.0, 1.0]}
    assert np.array_equal(read(bank, params, (30, 20, 9)), bank.clips[0].transpose(2, 1, 0))


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
    params = sample_clip(bank, TextureSettings(direction="any"), np.random.default_rng(0))
    shape = (50, 40, 30)
    assert np.array_equal(read(bank, params, shape), read(bank, params, shape, threads=3))


def test_draws_stay_inside_the_clip(bank: Bank) -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        drawn = sample_clip(bank, TextureSettings(direction="any", stride=3, scale=[0.5, 2.0]), rng)
        assert all(0 <= s < n for s, n in zip(drawn["start"], bank.shapes[drawn["clip"]], strict=True))
        assert sorted(drawn["axes"]) == [0, 1, 2]
        assert 0.5 <= abs(drawn["step"][1]) <= 2.0
        assert abs(drawn["step"][0]) in (1, 2, 3)


@pytest.mark.parametrize("gamma", [0.4, 1.0, 2.0])
def test_matched_voxels_have_the_organs_mean_and_spread(gamma: float) -> None:
    greys = (255 * np.random.default_rng(0).random(40000) ** gamma).astype(np.uint8)
    hu = organ_table(counts_of(greys), 110.0, 15.0)[greys]
    assert hu.mean() == pytest.approx(110.0, abs=0.01)
    assert hu.std() == pytest.approx(15.0, rel=0.001)
    assert np.abs(np.quantile(hu, [0.159, 0.5, 0.841]) - [95, 110, 125]).max() < 1.5


def test_the_table_agrees_with_skimage_to_one_grey_value() -> None:
    rng = np.random.default_rng(0)
    greys = np.clip(rng.normal(120, 30, (40, 40, 20)), 0, 255).astype(np.uint8)
    reference = rng.normal(110, 15, (60, 60, 30))
    theirs = match_histograms(greys.astype(float), reference)
    ours = quantile_table(counts_of(greys), np.linspace(0, 1, 2001), np.quantile(reference, np.linspace(0, 1, 2001)))[
        greys
    ]
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


def test_starts_with_contrast_are_preferred() -> None:
    clip = np.full((4, 64, 200), 90, np.uint8)
    clip[:, :, 150:] = np.random.default_rng(0).integers(0, 256, (4, 64, 50))
    bank, rng = make_bank([clip], ["mostly flat"]), np.random.default_rng(0)
    busy = [contrast(bank, sample_clip(bank, TextureSettings(), rng)) >= 6 for _ in range(100)]
    assert np.mean(busy) > 0.9


def test_one_grey_gives_the_mean() -> None:
    counts = np.zeros(256, int)
    counts[7] = 1
    assert organ_table(counts, 42.0, 15.0)[7] == pytest.approx(42.0)


def test_white_noise_is_uniform_and_independent() -> None:
    parts = np.zeros((40, 40, 40), np.uint16)
    tables = tuple(tuple(np.zeros((1, 40), np.int64) for _ in range(3)) for _ in range(3))
    seeds = np.array([12345], np.uint64)
    greys, counts = read_greys(parts, np.array([2], np.uint8), np.zeros(1, np.uint8), tables, seeds)
    expected = parts.size / 256
    assert ((counts[0] - expected) ** 2 / expected).sum() < 340
    noise = greys.astype(float)
    for axis in range(3):
        assert abs(np.corrcoef(noise.ravel(), np.roll(noise, 1, axis).ravel())[0, 1]) < 0.02
