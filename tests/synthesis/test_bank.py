from __future__ import annotations

import numpy as np
import pytest

from labelct.synthesis.bank import load_bank, make_bank
from labelct.synthesis.procedural import dead_leaves_clip, power_law_clip
from labelct.synthesis.settings import TextureSettings
from labelct.synthesis.stills import PHOTOGRAPHS, photograph, sample_motion, set_in_motion


def test_clips_come_back_from_the_flat_array() -> None:
    clips = [np.full((2, 3, 4), 7, np.uint8), np.arange(60, dtype=np.uint8).reshape(3, 4, 5)]
    bank = make_bank(clips, ["a", "b"])
    assert all(np.array_equal(a, b) for a, b in zip(bank.clips, clips, strict=True))
    assert bank.starts == [0, 24]
    assert make_bank([clips[0] + 1, clips[1]], ["a", "b"]).digest != bank.digest
    assert make_bank([clips[0].reshape(3, 2, 4), clips[1]], ["a", "b"]).digest != bank.digest


@pytest.mark.parametrize("kind", ["stills", "noise", "leaves"])
def test_the_same_settings_give_the_same_bank(kind: str) -> None:
    settings = TextureSettings(kind=kind, size=32, frames=6, clips=3)
    bank = load_bank(settings)
    assert bank.digest == load_bank(settings).digest
    assert bank.shapes == ((6, 32, 32),) * 3
    assert all(clip.std() > 5 for clip in bank.clips)
    assert len({clip.tobytes() for clip in bank.clips}) == 3


def test_no_texture_needs_no_clips() -> None:
    assert len(load_bank(TextureSettings(kind="none"))) == len(load_bank(TextureSettings(kind="white"))) == 0


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_every_photograph_is_shipped(name: str) -> None:
    picture = photograph(name)
    assert picture.ndim == 2
    assert min(picture.shape) > 200
    assert 0 <= picture.min() < picture.max() <= 255.01


def test_stills_move_smoothly() -> None:
    clip = set_in_motion(photograph("china"), 64, 12, sample_motion(np.random.default_rng(0))).astype(float)
    steps = [np.abs(clip[t] - clip[0]).mean() for t in range(1, 12)]
    assert steps[0] > 0.5
    assert steps[0] < steps[5]


def test_a_pan_moves_by_its_speed() -> None:
    still = {"heading": 0.0, "zoom": 1.0, "growth": 0.0, "angle": 0.0, "turn": 0.0, "x": 0.4, "y": 0.4}
    clip = set_in_motion(photograph("china"), 41, 6, {**still, "speed": 2.0})
    assert np.array_equal(clip[5][:, :-10], clip[0][:, 10:])


def test_noise_sections_follow_the_asked_slope() -> None:
    clip = power_law_clip((64, 64, 64), 1.0, np.random.default_rng(0)).astype(float)
    power = np.mean([np.abs(np.fft.fft2(frame - frame.mean())) ** 2 for frame in clip], axis=0)
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(64), np.fft.fftfreq(64)))
    rings = [power[(radius > low) & (radius < low * 1.3)].mean() for low in (0.04, 0.3)]
    assert np.log(rings[0] / rings[1]) / np.log(0.3 / 0.04) == pytest.approx(2.0, abs=0.35)


def test_dead_leaves_cover_everything() -> None:
    assert (dead_leaves_clip((24, 24, 24), np.random.default_rng(0)) > 0).mean() > 0.99
