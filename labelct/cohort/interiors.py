"""What lies inside the phantom's organs: marrow, streaks of fat, contents and gas, medulla, lesions, plaques."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from labelct.cohort.appearance import Appearance
from labelct.cohort.fields import Image, Mask, Spacing, depth, filaments, smooth_noise

Labels = NDArray[np.unsignedinteger]
Part = tuple[slice, ...]


def structures(labels: Labels, names: dict[int, str], prefix: str) -> Iterator[tuple[Part, Mask]]:
    """Yield box (one voxel wider) and mask of each structure whose name begins with `prefix`."""
    boxes = ndimage.find_objects(labels)
    for value, name in names.items():
        box = boxes[value - 1] if name.startswith(prefix) and value <= len(boxes) else None
        if box is not None:
            wide = tuple(slice(max(side.start - 1, 0), side.stop + 1) for side in box)
            yield wide, labels[wide] == value


def mix(volume: Image, share: Image | np.float32, hu: Image | float) -> None:
    """Move `volume` towards `hu` by `share`, in place."""
    volume += share * (np.asarray(hu, dtype=np.float32) - volume)


def bone(volume: Image, mask: Mask, spacing: Spacing, appearance: Appearance, fine: Image) -> None:
    """Add the cortical shell, about 2 mm thick, around the marrow."""
    thin = np.float32(min(2.6 / min(spacing), 1))
    shell = np.clip((3.2 - depth(mask, spacing)) / 2.4, 0, 1) * thin * mask
    mix(volume, shell.astype(np.float32), appearance.cortex + 70 * fine)


def marbling(volume: Image, muscle: Mask, spacing: Spacing, appearance: Appearance, rng: np.random.Generator) -> None:
    """Let sheets of fat run between and through the muscles."""
    sheet = np.abs(smooth_noise(volume.shape, spacing, 7.0, rng))
    fat = np.clip(1 - sheet / (0.1 + 0.5 * appearance.marbling), 0, 0.85) * muscle
    mix(volume, fat.astype(np.float32), appearance.means.get("_fat", -100.0))


def planes(volume: Image, labels: Labels, muscle: Mask, appearance: Appearance) -> None:
    """Part neighbouring muscles by the fat between them."""
    seam = np.zeros(labels.shape, dtype=bool)
    for axis in range(3):
        here, there = np.moveaxis(labels, axis, 0)[:-1], np.moveaxis(labels, axis, 0)[1:]
        np.moveaxis(seam, axis, 0)[:-1] |= here != there
    far = ndimage.binary_erosion(muscle)
    mix(volume, np.float32(0.45 + 0.5 * appearance.marbling) * (seam & far), appearance.means.get("_fat", -100.0))


def strands(volume: Image, fat: Mask, spacing: Spacing, rng: np.random.Generator) -> None:
    """Let small vessels and strands run through the fat."""
    mix(volume, filaments(volume.shape, spacing, 6.0, 0.28, rng) * fat * np.float32(0.75), 30.0)


def gut(
    volume: Image, labels: Labels, names: dict[int, str], spacing: Spacing, appearance: Appearance, coarse: Image
) -> None:
    """Give hollow organs a wall, contents and gas."""
    for name, share in appearance.gas.items():
        for box, mask in structures(labels, names, name):
            lumen = depth(mask, spacing) > 0.6 * min(spacing)
            part = volume[box]
            if appearance.oral and name != "colon":
                part[lumen] += appearance.oral * np.clip(0.7 + 0.4 * coarse[box][lumen], 0, 1)
            mix(part, np.float32(0.5) * (mask & ~lumen), 30 + 45 * appearance.phase)
            bubble = gas(mask, lumen, share, coarse[box], spacing)
            part[bubble] = -960 + 25 * coarse[box][bubble]


def gas(mask: Mask, lumen: Mask, share: float, coarse: Image, spacing: Spacing) -> Mask:
    """Return where gas has risen to, under the front wall of each stretch, for a patient who lies on the back.

    Args:
        mask: A hollow organ.
        lumen: Its inside.
        share: Share of the lumen that is gas.
        coarse: Noise that makes some stretches fuller than others.
        spacing: Voxel size, mm.
    """
    if not lumen.any():
        return lumen
    sigma = [14 / s for s in spacing]
    front = np.arange(mask.shape[1], dtype=np.float32)[None, :, None] * np.float32(spacing[1])
    weight = ndimage.gaussian_filter(mask.astype(np.float32), sigma)
    middle = ndimage.gaussian_filter(mask * front, sigma) / np.maximum(weight, 1e-3)
    height = front - middle + 60 * ndimage.gaussian_filter(coarse, sigma)
    return lumen & (height > np.quantile(height[lumen], 1 - share))


def kidneys(volume: Image, labels: Labels, names: dict[int, str], spacing: Spacing, appearance: Appearance) -> None:
    """Darken the medulla below the enhancing cortex."""
    for box, mask in structures(labels, names, "kidney"):
        volume[box] -= np.clip((depth(mask, spacing) - 6) / 5, 0, 1) * np.float32(32 * appearance.phase)


def heart(volume: Image, labels: Labels, names: dict[int, str], spacing: Spacing, appearance: Appearance) -> None:
    """Darken the myocardium around the chambers and between them."""
    for box, mask in structures(labels, names, "heart"):
        x = np.linspace(-1, 1, mask.shape[0], dtype=np.float32)[:, None, None]
        wall = np.maximum(np.clip((11 - depth(mask, spacing)) / 5, 0, 1), np.exp(-((x / 0.16) ** 2)))
        volume[box] -= wall * mask * np.float32(32 * appearance.phase)


def lesions(
    volume: Image,
    labels: Labels,
    names: dict[int, str],
    spacing: Spacing,
    appearance: Appearance,
    rng: np.random.Generator,
) -> None:
    """Place round hypodense lesions in the liver."""
    for box, mask in structures(labels, names, "liver"):
        places = np.argwhere(mask)
        grid = np.indices(mask.shape, dtype=np.float32)
        for radius, difference in appearance.lesions:
            scale = (np.asarray(spacing) * rng.uniform(0.8, 1.25, 3)).reshape(3, 1, 1, 1)
            offset = (grid - places[rng.integers(len(places))].reshape(3, 1, 1, 1)) * scale
            core = np.clip((radius - np.sqrt((offset**2).sum(axis=0))) / 3 + 0.5, 0, 1) * mask
            volume[box] += (core * difference * max(appearance.phase, 0.5)).astype(np.float32)


def plaques(volume: Image, labels: Labels, names: dict[int, str], fine: Image) -> None:
    """Put calcifications on the rim of the arteries."""
    for prefix in ("aorta", "iliac_artery"):
        for box, mask in structures(labels, names, prefix):
            rim = mask & ~ndimage.binary_erosion(mask)
            volume[box][rim & (fine[box] > 2.0)] = 700
