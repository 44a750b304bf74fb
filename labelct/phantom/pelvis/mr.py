"""A T2-weighted MR of a pelvis: contrast of tissues, coil sensitivity, thick slices and Rician noise."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from labelct.phantom.fields import Image, Spacing, depth, filaments, lookup, smooth_noise
from labelct.phantom.interiors import gas, mix
from labelct.phantom.patient import Structures

# The longest prefix of a structure's name gives its signal (urine: 1) and how much it varies inside: rough figures of
# fast spin echo T2 at 1.5 and 3 T, TE 100 ms. To fat, which echo trains leave bright, the whole gland is as 0.4, its
# brightest quarter as 0.5 to 0.7 and muscle as 0.2 in two patients of PROSTATEx (3 T, TE 104 ms).
SIGNALS: dict[str, tuple[float, float]] = {
    "prostate_peripheral_zone": (0.52, 0.08),
    "prostate_central_gland": (0.32, 0.09),
    "urinary_bladder": (1.0, 0.02),
    "rectum": (0.3, 0.09),
    "seminal_vesicles": (0.6, 0.14),
    "levator_ani": (0.16, 0.03),
    "muscles": (0.16, 0.03),
    "urethral_sphincter": (0.27, 0.05),
    "iliac_artery": (0.05, 0.01),
    "iliac_vena": (0.14, 0.08),
    "sacrum": (0.42, 0.06),
    "vertebrae": (0.4, 0.06),
    "spinal_cord": (0.6, 0.05),
    "femur": (0.5, 0.05),
    "hip": (0.42, 0.06),
    "gluteus": (0.16, 0.03),
    "autochthon": (0.17, 0.04),
    "iliopsoas": (0.15, 0.02),
    "_fat": (0.74, 0.06),
    "_soft": (0.17, 0.04),
}
VOID = 0.015  # of air, gas and cortical bone
BETWEEN = 0.09  # standard deviation of the logarithm of a tissue's signal between patients
COIL_MM = 160.0  # the sensitivity of an array over the pelvis bends over this length


@dataclass(frozen=True)
class MrAppearance:
    """Every number that makes one MR of a pelvis, ready for JSON.

    Attributes:
        signals: Of each structure.
        gas: Share of gas in the rectum.
        nodules: Strength of the whorls of the central gland.
        bias: Coefficients of the logarithm of the coil sensitivity: x, y, z, and x squared, y squared.
        blur: Standard deviation of the point spread in the plane, mm.
        noise: Standard deviation of the noise, in units of urine's signal.
        gain: Scanner units of urine's signal.
        seed: Seed of every random field.
    """

    signals: dict[str, float]
    gas: float
    nodules: float
    bias: list[float]
    blur: float
    noise: float
    gain: float
    seed: int


def sample_mr(names: tuple[str, ...], bias: float, rng: np.random.Generator) -> MrAppearance:
    """Draw the appearance of one MR.

    Args:
        names: The structures.
        bias: Strength of the bias field: standard deviation of the logarithm's coefficients.
        rng: Source of randomness.
    """
    return MrAppearance(
        signals={name: float(_signal(name)[0] * np.exp(rng.normal(0, BETWEEN))) for name in names},
        gas=float(0.6 * rng.beta(1.2, 1.8)),
        nodules=float(rng.uniform(0.6, 1.6)),
        bias=(rng.normal(0, 1, 5) * bias * [1, 1, 0.4, 0.8, 0.8] + [0, 0, 0, 0.3 * bias, 0.5 * bias]).tolist(),
        blur=float(rng.uniform(0.45, 0.75)),
        noise=float(rng.uniform(0.018, 0.04)),
        gain=float(np.exp(rng.normal(np.log(420), 0.35))),
        seed=int(rng.integers(2**31)),
    )


def _signal(name: str) -> tuple[float, float]:
    return SIGNALS[max((prefix for prefix in SIGNALS if name.startswith(prefix)), key=len)]


def render_mr(values: NDArray[np.uint8], names: dict[int, str], spacing: Spacing, appearance: MrAppearance) -> Image:
    """Render a pelvis as a T2-weighted MR.

    Args:
        values: `(x, y, z)` of `painted`.
        names: The name of every value.
        spacing: Voxel size, mm.
        appearance: What `sample_mr` drew.

    Returns:
        `(x, y, z)` float32, 0 and more, in the scanner's arbitrary unit.
    """
    rng = np.random.default_rng(appearance.seed)
    fine, coarse = smooth_noise(values.shape, spacing, 1.4, rng), smooth_noise(values.shape, spacing, 5.0, rng)
    spread = lookup({value: _signal(name)[1] for value, name in names.items()}, 0.0)[values]
    means = lookup({value: appearance.signals[name] for value, name in names.items()}, VOID)[values]
    image = means + spread * (np.float32(0.5) * fine + np.float32(0.7) * coarse)
    pelvis = Structures(values, names, spacing)
    _gland(image, pelvis, appearance.nodules, rng)
    _bone(image, pelvis)
    _muscle(image, pelvis, rng)
    _rectum(image, pelvis, appearance.gas, coarse)
    network = filaments(values.shape, spacing, 4.0, 0.3, rng)  # vessels: dark where blood flows through the slice
    mix(image, np.float32(0.7) * network * pelvis.mask("_fat"), np.where(coarse > 0.6, 0.85, 0.12).astype(np.float32))
    image = ndimage.gaussian_filter(image, [appearance.blur / s for s in spacing[:2]] + [0.35])
    image *= sensitivity(values.shape, spacing, appearance.bias)
    noisy = rician(np.maximum(image, 0), appearance.noise, rng)
    return noisy * np.float32(appearance.gain)


def _gland(image: Image, pelvis: Structures, nodules: float, rng: np.random.Generator) -> None:
    """Draw whorls and nodules into the central gland, and the dark capsule around the prostate."""
    central, whole, spacing = pelvis.mask("prostate_central"), pelvis.mask("prostate"), pelvis.spacing
    whorls = smooth_noise(image.shape, spacing, 2.6, rng)
    image += central * np.float32(0.1 * nodules) * np.tanh(np.float32(1.6) * whorls)
    rim = np.clip(1 - depth(whole, spacing) / np.float32(1.3), 0, 1) * whole
    mix(image, (np.float32(0.55) * rim).astype(np.float32), 0.18)
    seam = np.clip(1 - depth(central, spacing) / np.float32(1.3), 0, 1) * central
    mix(image, (np.float32(0.4) * seam).astype(np.float32), 0.2)


def _bone(image: Image, pelvis: Structures) -> None:
    """Draw the cortex, which gives no signal."""
    bone = pelvis.group("bone")
    shell = np.clip((np.float32(3.0) - depth(bone, pelvis.spacing)) / np.float32(2.2), 0, 1) * bone
    mix(image, (np.float32(0.9) * shell).astype(np.float32), VOID)


def _muscle(image: Image, pelvis: Structures, rng: np.random.Generator) -> None:
    """Let bright sheets of fat run through the muscles."""
    sheet = np.abs(smooth_noise(image.shape, pelvis.spacing, 7.0, rng))
    fat = np.clip(1 - sheet / np.float32(0.09), 0, 0.6) * (pelvis.group("muscle") & ~pelvis.mask("levator", "urethral"))
    mix(image, fat.astype(np.float32), 0.7)


def _rectum(image: Image, pelvis: Structures, share: float, coarse: Image) -> None:
    """Give the rectum a wall, and gas that has risen to its front."""
    rectum = pelvis.mask("rectum")
    inside = depth(rectum, pelvis.spacing)
    lumen = inside > 3.0
    wall = rectum & ~lumen
    mix(image, (np.float32(0.8) * wall).astype(np.float32), 0.3)
    image[gas(rectum, lumen, share, coarse, pelvis.spacing)] = VOID


def sensitivity(shape: tuple[int, ...], spacing: Spacing, bias: list[float]) -> Image:
    """Return the sensitivity of the coils, 1 in the middle.

    Args:
        shape: Of the volume.
        spacing: Voxel size, mm.
        bias: As in `MrAppearance`.
    """
    axes: list[Any] = [(np.arange(n) - (n - 1) / 2) * s / COIL_MM for n, s in zip(shape, spacing, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    field = bias[0] * x + bias[1] * y + bias[2] * z + bias[3] * x**2 + bias[4] * y**2
    return np.exp(2 * field).astype(np.float32)


def rician(signal: Image, sigma: float, rng: np.random.Generator) -> Image:
    """Return the magnitude of a signal with complex Gaussian noise (Gudbjartsson and Patz, MRM 1995).

    Args:
        signal: 0 and more.
        sigma: Standard deviation of the noise in the real and the imaginary part.
        rng: Source of randomness.
    """
    real, imaginary = rng.standard_normal((2, *signal.shape), dtype=np.float32) * np.float32(sigma)
    return np.hypot(signal + real, imaginary)
