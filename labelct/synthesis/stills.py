"""Clips from photographs that scikit-learn and scikit-image ship, set in motion by pan, zoom and rotation."""

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.texture import Settings

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

    The path is rounded, so that another machine's last bit of a cosine does not change a grey value.

    Args:
        picture: `(y, x)` luminance, 0 to 255; continued by reflection.
        size: Side of the square frames in pixels.
        frames: Number of frames.
        motion: Of `sample_motion`.

    Returns:
        `(frames, size, size)` uint8.
    """
    clip = np.empty((frames, size, size), np.uint8)
    t = np.arange(frames)
    zoom = motion["zoom"] * np.exp(motion["growth"] * t)
    angle = motion["angle"] + motion["turn"] * t
    x = motion["x"] * picture.shape[1] + motion["speed"] * t * math.cos(motion["heading"])
    y = motion["y"] * picture.shape[0] + motion["speed"] * t * math.sin(motion["heading"])
    path = np.stack([x, y, zoom * np.cos(angle), zoom * np.sin(angle)], axis=1)
    _film(picture, np.round(path, 6), clip)
    return clip


@numba.njit(cache=True, nogil=True, inline="always")
def _fold(position: float, length: int) -> float:
    """Reflect a position into `[0, length - 1]`."""
    period = 2.0 * (length - 1)
    folded = position - period * math.floor(position / period)
    return min(folded, period - folded)


@numba.njit(cache=True, nogil=True)
def _film(picture: Any, path: Any, clip: Any) -> None:
    height, width = picture.shape
    for t in range(len(path)):
        x, y, along, across = path[t]
        for i in range(clip.shape[1]):
            for j in range(clip.shape[2]):
                down, right = i - (clip.shape[1] - 1) / 2, j - (clip.shape[2] - 1) / 2
                column = _fold(x + along * right - across * down, width)
                row = _fold(y + across * right + along * down, height)
                a, b = int(row), int(column)
                c, d = min(a + 1, height - 1), min(b + 1, width - 1)
                v, u = row - a, column - b
                upper = picture[a, b] * (1 - u) + picture[a, d] * u
                lower = picture[c, b] * (1 - u) + picture[c, d] * u
                clip[t, i, j] = np.uint8(upper * (1 - v) + lower * v + 0.5)


def stills_clips(settings: Settings) -> tuple[list[NDArray[np.uint8]], list[str]]:
    """Return `settings.clips` clips of moving photographs, and their names.

    The camera paths are part of the bank, not of a volume: they have a seed of their own.
    """
    rng = np.random.default_rng(BANK_SEED)
    names = [PHOTOGRAPHS[i % len(PHOTOGRAPHS)] for i in range(settings.clips)]
    pictures = {name: photograph(name) for name in names}
    clips = [set_in_motion(pictures[n], settings.size, settings.frames, sample_motion(rng)) for n in names]
    return clips, names
