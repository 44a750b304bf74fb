"""What lies inside the phantom's organs: marrow, streaks of fat, contents and gas, medulla, lesions, plaques."""

import numpy as np
from scipy import ndimage

from labelct.phantom.fields import Image, Mask, Spacing, depth, filaments, smooth_noise
from labelct.phantom.patient import Patient


def mix(volume: Image, share: Image | np.float32, hu: Image | float) -> None:
    """Move `volume` towards `hu` by `share`, in place."""
    volume += share * (np.asarray(hu, dtype=np.float32) - volume)


def bone(volume: Image, patient: Patient, fine: Image) -> None:
    """Add the cortical shell, about 2 mm thick, around the marrow."""
    mask, spacing = patient.group("bone"), patient.spacing
    thin = np.float32(min(2.6 / min(spacing), 1))
    shell = np.clip((3.2 - depth(mask, spacing)) / 2.4, 0, 1) * thin * mask
    mix(volume, shell.astype(np.float32), patient.appearance.cortex + 70 * fine)


def muscle(volume: Image, patient: Patient, rng: np.random.Generator) -> None:
    """Let sheets of fat run between and through the muscles, and part neighbouring ones by the fat between them."""
    mask, marbling = patient.group("muscle"), patient.appearance.marbling
    fat_hu = patient.appearance.means.get("_fat", -100.0)
    sheet = np.abs(smooth_noise(volume.shape, patient.spacing, 7.0, rng))
    fat = np.clip(1 - sheet / (0.1 + 0.5 * marbling), 0, 0.85) * mask
    mix(volume, fat.astype(np.float32), fat_hu)
    seam = _seams(patient) & ndimage.binary_erosion(mask)
    mix(volume, np.float32(0.45 + 0.5 * marbling) * seam, fat_hu)


def _seams(patient: Patient) -> Mask:
    """Return the voxels whose next neighbour along some axis belongs to another structure."""
    labels, seam = patient.labels, np.zeros(patient.labels.shape, dtype=bool)
    for axis in range(3):
        here, there = np.moveaxis(labels, axis, 0)[:-1], np.moveaxis(labels, axis, 0)[1:]
        np.moveaxis(seam, axis, 0)[:-1] |= here != there
    return seam


def strands(volume: Image, patient: Patient, rng: np.random.Generator) -> None:
    """Let small vessels and strands run through the fat."""
    network = filaments(volume.shape, patient.spacing, 6.0, 0.28, rng)
    mix(volume, network * patient.group("fat") * np.float32(0.75), 30.0)


def gut(volume: Image, patient: Patient, coarse: Image) -> None:
    """Give hollow organs a wall, contents and gas."""
    appearance, spacing = patient.appearance, patient.spacing
    for name, share in appearance.gas.items():
        for box, mask in patient.structures(name):
            lumen = depth(mask, spacing) > 0.6 * min(spacing)
            part = volume[box]
            if appearance.oral and name not in ("colon", "rectum"):
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


def kidneys(volume: Image, patient: Patient) -> None:
    """Darken the medulla below the enhancing cortex."""
    for box, mask in patient.structures("kidney"):
        deep = np.clip((depth(mask, patient.spacing) - 6) / 5, 0, 1)
        volume[box] -= deep * np.float32(32 * patient.appearance.phase)


def heart(volume: Image, patient: Patient) -> None:
    """Darken the myocardium around the chambers and between them."""
    for box, mask in patient.structures("heart"):
        x = np.linspace(-1, 1, mask.shape[0], dtype=np.float32)[:, None, None]
        wall = np.maximum(np.clip((11 - depth(mask, patient.spacing)) / 5, 0, 1), np.exp(-((x / 0.16) ** 2)))
        volume[box] -= wall * mask * np.float32(32 * patient.appearance.phase)


def lesions(volume: Image, patient: Patient, rng: np.random.Generator) -> None:
    """Place round hypodense lesions in the liver."""
    for box, mask in patient.structures("liver"):
        places = np.argwhere(mask)
        grid = np.indices(mask.shape, dtype=np.float32)
        for radius, difference in patient.appearance.lesions:
            scale = (np.asarray(patient.spacing) * rng.uniform(0.8, 1.25, 3)).reshape(3, 1, 1, 1)
            offset = (grid - places[rng.integers(len(places))].reshape(3, 1, 1, 1)) * scale
            core = np.clip((radius - np.sqrt((offset**2).sum(axis=0))) / 3 + 0.5, 0, 1) * mask
            volume[box] += (core * difference * max(patient.appearance.phase, 0.5)).astype(np.float32)


def plaques(volume: Image, patient: Patient, fine: Image) -> None:
    """Put calcifications on the rim of the arteries."""
    for prefix in ("aorta", "iliac_artery"):
        for box, mask in patient.structures(prefix):
            rim = mask & ~ndimage.binary_erosion(mask)
            volume[box][rim & (fine[box] > 2.0)] = 700
