"""A clinical-looking CT of a label map, made unlike any synthesis recipe so that it can stand for real patients.

Contrast phase, organ means, textures, vessels, gas, cortical bone, lesions, table, point spread and correlated noise
are drawn once (`sample_appearance`) and then applied (`clinical_ct`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from labelct.cohort.phantom_settings import PhantomSettings
from labelct.cohort.tissue import tissue_of
from labelct.cohort.vessels import paint_vessels

Image = NDArray[np.float32]
Spacing = tuple[float, float, float]
AIR = -1000.0


@dataclass(frozen=True)
class Appearance:
    """Every number that makes one CT of a label map, ready for JSON.

    Attributes:
        phase: 0 native, 1 portal-venous, in between a late or early scan.
        means: Mean of each structure, HU.
        texture: Factor on all textures.
        gas: Share of gas of each hollow structure.
        oral: HU of oral contrast agent in stomach and bowel; 0 for none.
        cortex: HU of cortical bone.
        marbling: Share of fat within the muscles.
        lesions: Rows (radius mm, HU relative to the liver).
        calcified: Whether the arteries carry calcified plaques.
        table: Gap between the back and the patient table, mm; None for no table.
        noise: Standard deviation of the noise in the middle of the body, HU.
        blur: Standard deviation of the point spread, mm.
        seed: Seed of every random field.
    """

    phase: float
    means: dict[str, float]
    texture: float
    gas: dict[str, float]
    oral: float
    cortex: float
    marbling: float
    lesions: list[list[float]]
    calcified: bool
    table: float | None
    noise: float
    blur: float
    seed: int


def sample_appearance(settings: PhantomSettings, names: tuple[str, ...], rng: np.random.Generator) -> Appearance:
    """Draw the appearance of one CT.

    Args:
        settings: Shares and strengths.
        names: The structures.
        rng: Source of randomness.
    """
    phase = 0.0 if rng.random() < settings.native else float(np.clip(rng.normal(0.95, 0.2), 0.3, 1.3))
    tissues = {name: tissue_of(name) for name in names}
    # Pairs and chains (both kidneys, all vertebrae) share the deviation of their patient.
    shared = {id(tissue): rng.normal(0, tissue.between) for tissue in tissues.values()}
    means = {
        name: float(t.native + phase * (t.portal - t.native) + shared[id(t)] + rng.normal(0, t.between / 5))
        for name, t in tissues.items()
    }
    count = int(rng.integers(1, 5)) if rng.random() < settings.lesions else 0
    return Appearance(
        phase=phase,
        means=means,
        texture=settings.texture * float(rng.lognormal(0, 0.15)),
        gas={name: float(t.gas * rng.beta(1.3, 1.8)) for name, t in tissues.items() if t.gas},
        oral=float(rng.uniform(120, 320)) if rng.random() < 0.25 else 0.0,
        cortex=float(rng.normal(620, 110)),
        marbling=float(rng.beta(1.5, 6)),
        lesions=[[float(rng.uniform(5, 17)), float(rng.uniform(-85, -25))] for _ in range(count)],
        calcified=bool(rng.random() < 0.4),
        table=float(rng.uniform(2, 14)) if rng.random() < settings.table else None,
        noise=float(rng.uniform(*settings.noise_hu)),
        blur=float(rng.uniform(1.4, 2.1)),
        seed=int(rng.integers(2**31)),
    )


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
    rng = np.random.default_rng(appearance.seed)
    groups = {value: tissue_of(name).group for value, name in names.items()}
    volume = _means(labels, names, appearance)
    fine, coarse = smooth_noise(labels.shape, spacing, 2.6, rng), smooth_noise(labels.shape, spacing, 9.0, rng)
    volume += _textures(labels, names, appearance, fine, coarse)

    def of(*wanted: str) -> NDArray[np.bool_]:
        return _lookup({value: float(group in wanted) for value, group in groups.items()}, 0.0)[labels] > 0

    _bone(volume, of("bone"), spacing, appearance, fine)
    _marbling(volume, of("muscle"), spacing, appearance, rng)
    _strands(volume, of("fat"), spacing, rng)
    _gut(volume, labels, names, spacing, appearance, coarse)
    paint_vessels(volume, labels, names, spacing, appearance.means, appearance.phase, rng)
    _kidneys(volume, labels, names, spacing, appearance)
    _heart(volume, labels, names, spacing, appearance)
    _lesions(volume, labels, names, spacing, appearance, rng)
    if appearance.calcified:
        _plaques(volume, labels, names, coarse, fine)
    body = labels > 0
    _surroundings(volume, body, spacing, appearance)
    volume = ndimage.gaussian_filter(volume, [appearance.blur / s for s in spacing])
    volume += _noise(body, spacing, appearance.noise, rng)
    return np.clip(volume, -1024, 3071)


def smooth_noise(shape: tuple[int, ...], spacing: Spacing, scale: float, rng: np.random.Generator) -> Image:
    """Return Gaussian noise of zero mean and unit variance, smoothed with a Gaussian of `scale` mm."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), [scale / s for s in spacing])
    return noise / noise.std()


def _lookup(values: dict[int, float], default: float) -> Image:
    table = np.full(256, default, dtype=np.float32)
    table[list(values)] = list(values.values())
    return table


def _means(labels: NDArray, names: dict[int, str], appearance: Appearance) -> Image:
    return _lookup({value: appearance.means[name] for value, name in names.items()}, AIR)[labels]


def _textures(labels: NDArray, names: dict[int, str], appearance: Appearance, fine: Image, coarse: Image) -> Image:
    tissues = {value: tissue_of(name) for value, name in names.items()}
    amplitude = _lookup({value: tissue.fine for value, tissue in tissues.items()}, 0.0)[labels] * fine
    amplitude += _lookup({value: tissue.coarse for value, tissue in tissues.items()}, 0.0)[labels] * coarse
    return amplitude * np.float32(appearance.texture)


def _depth(mask: NDArray[np.bool_], spacing: Spacing) -> Image:
    """Return the depth below the surface of a mask in mm (half a voxel in its outermost voxels)."""
    depth = ndimage.distance_transform_edt(mask, sampling=spacing).astype(np.float32)
    return np.where(mask, depth - min(spacing) / 2, 0)


def _each(
    labels: NDArray, names: dict[int, str], prefix: str, spacing: Spacing, margin: float = 0.0
) -> list[tuple[str, tuple[slice, ...], NDArray[np.bool_]]]:
    """Return name, bounding box (widened by `margin` mm) and mask of the structures whose name begins so."""
    boxes = ndimage.find_objects(labels)
    found = []
    for value, name in names.items():
        box = boxes[value - 1] if value <= len(boxes) else None
        if name.startswith(prefix) and box is not None:
            pads = [int(np.ceil(margin / s)) for s in spacing]
            wide = tuple(slice(max(b.start - pad, 0), b.stop + pad) for b, pad in zip(box, pads, strict=True))
            found.append((name, wide, labels[wide] == value))
    return found


def _bone(volume: Image, bone: NDArray[np.bool_], spacing: Spacing, appearance: Appearance, fine: Image) -> None:
    """Add the cortical shell, about 2 mm thick, to marrow."""
    depth = _depth(bone, spacing)
    shell = np.clip((3.2 - depth) / 2.4, 0, 1)[bone] * np.clip(2.6 / min(spacing), 0, 1)
    volume[bone] += shell * (appearance.cortex + 70 * fine[bone] - volume[bone])


def _filaments(shape: tuple[int, ...], spacing: Spacing, scale: float, width: float, rng: np.random.Generator) -> Image:
    """Return a network of curves, 1 on them: where two smooth random fields vanish together."""
    first, second = smooth_noise(shape, spacing, scale, rng), smooth_noise(shape, spacing, scale, rng)
    return np.exp(-(first**2 + second**2) / np.float32(2 * width**2))


def _marbling(
    volume: Image, muscle: NDArray[np.bool_], spacing: Spacing, appearance: Appearance, rng: np.random.Generator
) -> None:
    """Let sheets of fat run between and through the muscles."""
    sheet = np.abs(smooth_noise(volume.shape, spacing, 7.0, rng))
    fat = np.clip(1 - sheet / (0.1 + 0.5 * appearance.marbling), 0, 1) * muscle * np.float32(0.85)
    volume += fat * (appearance.means.get("_fat", -100) - volume)


def _strands(volume: Image, fat: NDArray[np.bool_], spacing: Spacing, rng: np.random.Generator) -> None:
    """Let small vessels and strands run through the fat."""
    strand = _filaments(volume.shape, spacing, 6.0, 0.28, rng) * fat
    volume += strand * (30 - volume) * np.float32(0.75)


def _gut(
    volume: Image, labels: NDArray, names: dict[int, str], spacing: Spacing, appearance: Appearance, coarse: Image
) -> None:
    """Give hollow organs a wall, contents and gas that rises to the front with a level surface."""
    for name, share in appearance.gas.items():
        for _, box, mask in _each(labels, names, name, spacing, margin=1.0):
            depth = _depth(mask, spacing)
            lumen = depth > 0.6 * min(spacing)
            if appearance.oral and name != "colon":
                volume[box][lumen] += appearance.oral * np.clip(0.7 + 0.4 * coarse[box][lumen], 0, 1)
            wall = mask & ~lumen
            volume[box][wall] += 0.5 * (30 + 45 * appearance.phase - volume[box][wall])
            front = np.arange(mask.shape[1], dtype=np.float32)[None, :, None] * np.float32(spacing[1])
            level = ndimage.gaussian_filter(np.where(mask, front, 0).astype(np.float32), [14 / s for s in spacing])
            weight = ndimage.gaussian_filter(mask.astype(np.float32), [14 / s for s in spacing])
            height = front - level / np.maximum(weight, 1e-3)
            slow = ndimage.gaussian_filter(coarse[box], [16 / s for s in spacing]) * 60
            rank = (height + slow)[lumen]
            if rank.size:
                bubble = lumen & (height + slow > np.quantile(rank, 1 - share))
                volume[box][bubble] = -960 + 25 * coarse[box][bubble]


def _kidneys(volume: Image, labels: NDArray, names: dict[int, str], spacing: Spacing, appearance: Appearance) -> None:
    """Darken the medulla below an enhancing cortex."""
    for _, box, mask in _each(labels, names, "kidney", spacing, margin=1.0):
        medulla = np.clip((_depth(mask, spacing) - 6) / 5, 0, 1)
        volume[box] -= medulla * np.float32(32 * appearance.phase)


def _heart(volume: Image, labels: NDArray, names: dict[int, str], spacing: Spacing, appearance: Appearance) -> None:
    """Darken the myocardium around the chambers and between them."""
    for _, box, mask in _each(labels, names, "heart", spacing, margin=1.0):
        x = np.linspace(-1, 1, mask.shape[0], dtype=np.float32)[:, None, None]
        septum = np.exp(-((x / 0.16) ** 2))
        wall = np.maximum(np.clip((11 - _depth(mask, spacing)) / 5, 0, 1), septum) * mask
        volume[box] -= wall * np.float32(32 * appearance.phase)


def _lesions(
    volume: Image,
    labels: NDArray,
    names: dict[int, str],
    spacing: Spacing,
    appearance: Appearance,
    rng: np.random.Generator,
) -> None:
    """Place round hypodense lesions in the liver."""
    for _, box, mask in _each(labels, names, "liver", spacing):
        places = np.argwhere(mask)
        grid = np.indices(mask.shape, dtype=np.float32)
        for radius, difference in appearance.lesions:
            centre = places[rng.integers(len(places))]
            squeeze = rng.uniform(0.8, 1.25, 3)
            squared: Callable[[int], Image] = lambda k: ((grid[k] - centre[k]) * spacing[k] * squeeze[k]) ** 2  # noqa: B023, E731
            distance = np.sqrt(squared(0) + squared(1) + squared(2))
            core = np.clip((radius - distance) / 3 + 0.5, 0, 1) * mask
            volume[box] += core.astype(np.float32) * np.float32(difference * max(appearance.phase, 0.5))


def _plaques(volume: Image, labels: NDArray, names: dict[int, str], coarse: Image, fine: Image) -> None:
    """Put calcifications on the rim of the arteries."""
    arteries = np.isin(labels, [value for value, name in names.items() if name.startswith(("aorta", "iliac_artery"))])
    rim = arteries & ~ndimage.binary_erosion(arteries)
    spot = rim & (fine + 0.5 * coarse > 1.9)
    volume[spot] = 700


def _surroundings(volume: Image, body: NDArray[np.bool_], spacing: Spacing, appearance: Appearance) -> None:
    """Add the skin and, where there is one, the curved table below the back."""
    skin = body & ~ndimage.binary_erosion(body, border_value=1)
    share = np.float32(min(1.5 / min(spacing), 0.8))
    volume[skin] += share * (40 - volume[skin])
    if appearance.table is None or not body.any():
        return
    back = np.argwhere(body.any(axis=(0, 2)))[0, 0] * spacing[1] - appearance.table
    x = (np.arange(body.shape[0], dtype=np.float32)[:, None] - body.shape[0] / 2) * spacing[0]
    y = np.arange(body.shape[1], dtype=np.float32)[None, :] * spacing[1]
    below = back + 18 * (x / 160) ** 2 - y
    inside = (np.abs(x) < 205) & (below > 0) & (below < 26)
    shell = inside & ((below < spacing[1]) | (below > 26 - spacing[1]))
    table = np.where(shell, -250, np.where(inside, -900, AIR)).astype(np.float32)[..., None]
    np.copyto(volume, np.broadcast_to(table, volume.shape), where=~body & (table > AIR))


def _noise(body: NDArray[np.bool_], spacing: Spacing, sigma: float, rng: np.random.Generator) -> Image:
    """Return CT noise: band-passed in the plane, stronger deep in the body, with faint lateral streaks."""
    white = rng.standard_normal(body.shape, dtype=np.float32)
    grain = ndimage.gaussian_filter(white, 0.55) - 0.8 * ndimage.gaussian_filter(white, 1.6)
    streak = ndimage.gaussian_filter(rng.standard_normal(body.shape, dtype=np.float32), [18 / spacing[0], 0.5, 0.4])
    noise = grain / grain.std() + 0.35 * streak / streak.std()
    inside = ndimage.gaussian_filter(body.astype(np.float32), [35 / s for s in spacing])
    return noise * np.float32(sigma) * (0.35 + 0.65 * inside)
