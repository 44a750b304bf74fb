"""Clips from photographs that scikit-learn and scikit-image ship, set in motion by pan, zoom and rotation."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.settings import TextureSettings
from labelct.synthesis.texture import reflect

PHOTOGRAPHS = ("china", "flower", "astronaut", "chelsea", "coffee", "rocket", "gravel", "grass", "brick")
BANK_SEED = 20240229
RED, GREEN, BLUE = 0.299, 0.587, 0.114


def photograph(name: str) -> NDArray[np.float32]:
    """Return one shipped photograph as luminance, `(y, x)` float32 in 0 to 255."""
    if name in ("china", "flower"):
        from sklearn.datasets import load_sample_image

        picture = load_sample_image(f"{name}.jpg")
    else:
        from skimage import data

        picture = getattr(data, name)()
    picture = np.asarray(picture, np.float32)
    return picture if picture.ndim == 2 else picture[..., :3] @ np.array([RED, GREEN, BLUE], np.float32)


def sample_motion(rng: np.random.Generator) -> dict[str, float]:
    """Draw a camera path.

    Returns:
        Heading (rad), speed (px per frame), zoom at the start, its growth per frame, angle at the start and turn per
        frame (rad), and the start as fractions of the photograph.
    """
    return {
        "heading": float(rng.uniform(0.0, 2 * math.pi)),
        "speed": float(rng.uniform(0.3, 2.0)),
        "zoom": float(np.exp(rng.uniform(-0.4, 0.4))),
        "growth": float(rng.uniform(-0.006, 0.006)),
        "angle": float(rng.uniform(0.0, 2 * math.pi)),
        "turn": float(rng.uniform(-0.02, 0.02)),
        "x": float(rng.random()),
        "y": float(rng.random()),
    }


def set_in_motion(picture: NDArray[np.float32], size: int, frames: int, motion: dict[str, float]) -> NDArray[np.uint8]:
    """Film a photograph along a camera path.

    Args:
        picture: `(y, x)` luminance, 0 to 255; continued by reflection.
        size: Side of the square frames in pixels.
        frames: Number of frames.
        motion: Of `sample_motion`.

    Returns:
        `(frames, size, size)` uint8.
    """
    clip = np.empty((frames, size, size), np.uint8)
    offset = np.arange(size) - (size - 1) / 2
    for t in range(frames):
        zoom = motion["zoom"] * math.exp(motion["growth"] * t)
        angle = motion["angle"] + motion["turn"] * t
        along, across = zoom * math.cos(angle), zoom * math.sin(angle)
        x = motion["x"] * picture.shape[1] + motion["speed"] * t * math.cos(motion["heading"])
        y = motion["y"] * picture.shape[0] + motion["speed"] * t * math.sin(motion["heading"])
        columns = x + along * offset[None, :] - across * offset[:, None]
        rows = y + across * offset[None, :] + along * offset[:, None]
        _sample(picture, reflect(rows, picture.shape[0]), reflect(columns, picture.shape[1]), clip[t])
    return clip


@numba.njit(cache=True, nogil=True)
def _sample(picture: Any, rows: Any, columns: Any, frame: Any) -> None:
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            a, b = int(rows[i, j]), int(columns[i, j])
            c, d = min(a + 1, picture.shape[0] - 1), min(b + 1, picture.shape[1] - 1)
            v, u = rows[i, j] - a, columns[i, j] - b
            upper = picture[a, b] * (1 - u) + picture[a, d] * u
            lower = picture[c, b] * (1 - u) + picture[c, d] * u
            frame[i, j] = np.uint8(upper * (1 - v) + lower * v + 0.5)


def stills_clips(settings: TextureSettings) -> tuple[list[NDArray[np.uint8]], list[str]]:
    """Return `settings.clips` clips of moving photographs, and their names.

    The camera paths are part of the bank, not of a volume: they have a seed of their own.
    """
    rng = np.random.default_rng(BANK_SEED)
    names = [PHOTOGRAPHS[i % len(PHOTOGRAPHS)] for i in range(settings.clips)]
    clips = [set_in_motion(photograph(n), settings.size, settings.frames, sample_motion(rng)) for n in names]
    return clips, names
