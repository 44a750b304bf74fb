from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.resample import resample_labels, resample_volume, resampled_affine, resampled_shape

OLD, NEW = (1.0, 2.0, 5.0), (3.0, 3.0, 3.0)


def test_the_first_corner_stays_where_it_is() -> None:
    affine = np.array([[0, -2.0, 0, 7], [1.0, 0, 0, 3], [0, 0, 5.0, -4], [0, 0, 0, 1]])
    new = resampled_affine(affine, NEW)
    corner = np.array([-0.5, -0.5, -0.5, 1.0])
    assert new @ corner == pytest.approx(affine @ corner)
    assert np.linalg.norm(new[:3, :3], axis=0) == pytest.approx(NEW)


def test_the_same_spacing_changes_nothing() -> None:
    volume = np.random.default_rng(0).normal(size=(5, 6, 7)).astype(np.float32)
    assert resample_volume(volume, OLD, OLD) == pytest.approx(volume, abs=1e-6)
    labels = (volume > 0).astype(np.uint8)
    assert np.array_equal(resample_labels(labels, OLD, OLD), labels)


def test_a_ramp_stays_a_ramp() -> None:
    x = (np.arange(30) + 0.5) * OLD[0]
    volume = np.broadcast_to(x[:, None, None], (30, 9, 6)).astype(np.float32)
    coarse = resample_volume(volume, OLD, NEW)
    assert coarse.shape == resampled_shape(volume.shape, OLD, NEW) == (10, 6, 10)
    assert coarse[1:-1, 0, 0] == pytest.approx((np.arange(1, 9) + 0.5) * NEW[0], abs=1e-4)


def test_coarser_voxels_average() -> None:
    noise = np.random.default_rng(0).normal(size=(60, 60, 20)).astype(np.float32)
    coarse = resample_volume(noise, (1.0, 1.0, 1.0), (4.0, 4.0, 4.0))
    assert coarse.std() < 0.2
    assert coarse.mean() == pytest.approx(noise.mean(), abs=0.02)


def test_labels_keep_place_and_volume() -> None:
    labels = np.zeros((60, 30, 12), np.uint16)
    labels[15:45, 6:24, 3:9] = 300
    coarse = resample_labels(labels, OLD, NEW)
    assert set(np.unique(coarse)) == {0, 300}
    assert (coarse > 0).sum() * 27 == pytest.approx((labels > 0).sum() * 10, rel=0.15)


def test_one_voxel_remains_one() -> None:
    assert resample_labels(np.ones((1, 1, 1), np.uint8), OLD, (9.0, 9.0, 9.0)).shape == (1, 1, 1)
