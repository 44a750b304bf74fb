"""Clips that need no picture: 1/f noise and dead leaves."""

from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.texture import Settings

BANK_SEED = 20240301
SMALLEST_LEAF, LARGEST_LEAF = 2.0, 40.0
LEAVES_PER_VOLUME = 12.0


def power_law_clip(shape: tuple[int, int, int], slope: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return isotropic noise whose amplitude falls as `frequency ** -slope`.

    Natural scenes have a slope near 1 (D. J. Field, JOSA A 4, 1987).

    Args:
        shape: `(t, y, x)`.
        slope: 0 white, 1 as in natural scenes; in three dimensions the amplitude falls half a power faster, so that
            sections keep the slope.
        rng: Source of the noise.

    Returns:
        `(t, y, x)` uint8, normally distributed greys, periodic.
    """
    spectrum = np.fft.rfftn(rng.standard_normal(shape))
    t, y, x = np.fft.fftfreq(shape[0]), np.fft.fftfreq(shape[1]), np.fft.rfftfreq(shape[2])
    frequency = np.sqrt(t[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2)
    frequency[0, 0, 0] = 1.0
    spectrum *= frequency ** -(slope + 0.5 * (slope > 0))
    spectrum[0, 0, 0] = 0.0
    field = np.fft.irfftn(spectrum, shape, axes=(0, 1, 2))
    return np.clip(127.5 + 42.0 * field / field.std(), 0, 255).astype(np.uint8)


def dead_leaves_clip(shape: tuple[int, int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return balls of random grey that cover each other, the later above the earlier.

    The dead leaves model in three dimensions, radii from a power law of exponent -4, whose sections follow the -3 law
    of natural scenes (Lee, Mumford and Huang, IJCV 41, 2001).

    Args:
        shape: `(t, y, x)`.
        rng: Source of places, radii and greys.

    Returns:
        `(t, y, x)` uint8.
    """
    greys = np.zeros(shape, np.uint8)
    covered = 0.0
    radii, places, shades = [], [], []
    while covered < LEAVES_PER_VOLUME * greys.size:
        low, high = SMALLEST_LEAF**-3, LARGEST_LEAF**-3
        radius = (high + rng.random() * (low - high)) ** (-1 / 3)
        radii.append(radius)
        places.append(rng.random(3) * np.array(shape))
        shades.append(rng.integers(1, 256))
        covered += 4.19 * radius**3
    _drop_balls(greys, np.array(places), np.array(radii), np.array(shades, np.uint8))
    return greys


@numba.njit(cache=True, nogil=True)
def _drop_balls(greys: Any, places: Any, radii: Any, shades: Any) -> None:
    for n in range(len(radii)):
        t0, y0, x0 = places[n]
        r = radii[n]
        for t in range(max(0, int(t0 - r)), min(greys.shape[0], int(t0 + r) + 2)):
            for y in range(max(0, int(y0 - r)), min(greys.shape[1], int(y0 + r) + 2)):
                left = r * r - (t - t0) ** 2 - (y - y0) ** 2
                if left < 0:
                    continue
                reach = np.sqrt(left)
                for x in range(max(0, int(np.ceil(x0 - reach))), min(greys.shape[2], int(x0 + reach) + 1)):
                    greys[t, y, x] = shades[n]


def procedural_clips(settings: Settings) -> tuple[list[NDArray[np.uint8]], list[str]]:
    """Return `settings.clips` clips of power-law noise or of dead leaves, and their names."""
    shape = (settings.frames, settings.size, settings.size)
    make = partial(power_law_clip, slope=settings.slope) if settings.kind == "noise" else dead_leaves_clip
    streams = np.random.default_rng(BANK_SEED).spawn(settings.clips)
    return [make(shape, rng=rng) for rng in streams], [f"{settings.kind} {n}" for n in range(settings.clips)]
