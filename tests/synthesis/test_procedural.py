from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.procedural import dead_leaves_clip, power_law_clip, procedural_clips
from labelct.synthesis.texture import Settings


def test_noise_sections_follow_the_asked_slope() -> None:
    clip = power_law_clip((64, 64, 64), 1.0, np.random.default_rng(0)).astype(float)
    power = np.mean([np.abs(np.fft.fft2(frame - frame.mean())) ** 2 for frame in clip], axis=0)
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(64), np.fft.fftfreq(64)))
    rings = [power[(radius > low) & (radius < low * 1.3)].mean() for low in (0.04, 0.3)]
    assert np.log(rings[0] / rings[1]) / np.log(0.3 / 0.04) == pytest.approx(2.0, abs=0.35)


def test_noise_without_a_slope_is_white() -> None:
    clip = power_law_clip((16, 64, 64), 0.0, np.random.default_rng(0)).astype(float)
    assert abs(np.corrcoef(clip[:, :, 1:].ravel(), clip[:, :, :-1].ravel())[0, 1]) < 0.02


def test_dead_leaves_cover_everything() -> None:
    assert (dead_leaves_clip((24, 24, 24), np.random.default_rng(0)) > 0).mean() > 0.99


def test_clips_are_named_and_differ() -> None:
    clips, names = procedural_clips(Settings(kind="noise", size=16, frames=4, clips=2))
    assert names == ["noise 0", "noise 1"]
    assert not np.array_equal(*clips)
