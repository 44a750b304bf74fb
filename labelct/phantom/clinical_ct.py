"""A clinical-looking CT of a label map, made unlike any synthesis recipe so that it can stand for real patients."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from labelct.phantom import interiors
from labelct.phantom.appearance import Appearance, tissue_of
from labelct.phantom.fields import Image, Mask, Spacing, lookup, smooth_noise
from labelct.phantom.patient import Patient
from labelct.phantom.vessels import paint_vessels

AIR = -1000.0  # HU, by the definition of the scale


def clinical_ct(
    labels: NDArray[np.unsignedinteger], names: dict[int, str], spacing: Spacing, appearance: Appearance
) -> Image:
    """Render a label map as a CT.

    Args:
        labels: `(x, y, z)`, RAS+; 0 is air.
        names: The name of every value.
        spacing: Voxel size, mm.
        appearance: What `sample_appearance` drew.

    Returns:
        `(x, y, z)` float32 HU, within [-1024, 3071].
    """
    rng, patient = np.random.default_rng(appearance.seed), Patient(labels, names, spacing, appearance)
    fine, coarse = smooth_noise(labels.shape, spacing, 2.6, rng), smooth_noise(labels.shape, spacing, 9.0, rng)
    volume = _tissues(patient, fine, coarse)
    interiors.bone(volume, patient, fine)
    interiors.muscle(volume, patient, rng)
    interiors.strands(volume, patient, rng)
    interiors.gut(volume, patient, coarse)
    paint_vessels(volume, patient, rng)
    interiors.kidneys(volume, patient)
    interiors.heart(volume, patient)
    interiors.lesions(volume, patient, rng)
    if appearance.calcified:
        interiors.plaques(volume, patient, fine)
    body = labels > 0
    _skin(volume, body, spacing)
    _table(volume, body, spacing, appearance.table)
    volume = ndimage.gaussian_filter(volume, [appearance.blur / s for s in spacing])
    volume += noise(body, spacing, appearance.noise, rng)
    return np.clip(volume, -1024, 3071)


def _tissues(patient: Patient, fine: Image, coarse: Image) -> Image:
    """Return the mean of each structure with its texture."""
    labels, appearance = patient.labels, patient.appearance
    tissues = {value: tissue_of(name) for value, name in patient.names.items()}
    texture = lookup({value: tissue.fine for value, tissue in tissues.items()}, 0.0)[labels] * fine
    texture += lookup({value: tissue.coarse for value, tissue in tissues.items()}, 0.0)[labels] * coarse
    means = lookup({value: appearance.means[name] for value, name in patient.names.items()}, AIR)[labels]
    return means + texture * np.float32(appearance.texture)


def _skin(volume: Image, body: Mask, spacing: Spacing) -> None:
    """Mix skin, 1.5 mm thick, into the outermost voxels of the body."""
    skin = body & ~ndimage.binary_erosion(body, border_value=1)
    interiors.mix(volume, np.float32(min(1.5 / min(spacing), 0.8)) * skin, 40.0)


def _table(volume: Image, body: Mask, spacing: Spacing, gap: float | None) -> None:
    """Add the curved patient table below the back: foam in a shell."""
    if gap is None or not body.any():
        return
    back = np.argmax(body.any(axis=(0, 2))) * spacing[1] - gap
    x = (np.arange(body.shape[0], dtype=np.float32)[:, None] - body.shape[0] / 2) * spacing[0]
    y = np.arange(body.shape[1], dtype=np.float32)[None, :] * spacing[1]
    below = back + 22 * (x / 160) ** 2 - y
    inside = (np.abs(x) < 205) & (below > 0) & (below < 30)
    shell = inside & ((below < spacing[1]) | (below > 30 - spacing[1]))
    table = np.where(shell, 320, np.where(inside, -900, AIR)).astype(np.float32)[..., None]
    np.copyto(volume, np.broadcast_to(table, volume.shape), where=~body & (table > AIR))


def noise(body: Mask, spacing: Spacing, sigma: float, rng: np.random.Generator) -> Image:
    """Return CT noise: band-passed in the plane, stronger deep in the body, with faint lateral streaks.

    Args:
        body: Where the patient is.
        spacing: Voxel size, mm.
        sigma: Standard deviation deep in the body, HU.
        rng: Source of randomness.
    """
    white = rng.standard_normal(body.shape, dtype=np.float32)
    grain = ndimage.gaussian_filter(white, 0.55) - np.float32(0.8) * ndimage.gaussian_filter(white, 1.6)
    streak = ndimage.gaussian_filter(rng.standard_normal(body.shape, dtype=np.float32), [18 / spacing[0], 0.5, 0.4])
    inside = ndimage.gaussian_filter(body.astype(np.float32), [35 / s for s in spacing])
    mixture = np.float32(0.94) * grain / grain.std() + np.float32(0.34) * streak / streak.std()
    return mixture * np.float32(sigma) * (np.float32(0.35) + np.float32(0.65) * inside)
