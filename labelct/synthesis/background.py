"""Air, fat and soft tissue where no label says what a voxel is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from labelct.body import largest_region
from labelct.errors import check_interval
from labelct.priors.table import AIR, BACKGROUND_CLASSES, FAT, SOFT
from labelct.settings import Checked, choice, interval, ranged
from labelct.synthesis.case import Case
from labelct.synthesis.clusters import k_means
from labelct.synthesis.envelope import CAVITY, coarse_step, envelope_centre, envelope_layers
from labelct.synthesis.kernels import Voxels, kernels_of
from labelct.synthesis.scene import Layer, needed

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene

SOURCES = ("auto", "kmeans", "geometric", "labels", "none")
BACKGROUND_INDEX = {name: index for index, name in enumerate(BACKGROUND_CLASSES)}
SOFT_INDEX, FAT_INDEX = BACKGROUND_INDEX[SOFT], BACKGROUND_INDEX[FAT]


@dataclass
class Settings(Checked, section="background"):
    """How unlabelled voxels become air, fat or soft tissue.

    Attributes:
        source: What unlabelled voxels are taken from: `kmeans` (the CT), `geometric` (a hull of the labels), `labels`
            (every unlabelled voxel inside the labels' union is soft tissue), `none` (air), or `auto`: `kmeans` where
            there is a CT, `labels` where the map itself has the classes `_fat` or `_soft`, else `geometric`.
        air_hu: Below this a voxel of the CT is air.
        clip: The CT is clipped to this interval before k-means.
        seeds: First cluster centres, fat and soft tissue.
        half_width_mm: Interval of the envelope's left-to-right half axis where the labels do not outline it.
        half_depth_mm: The same from back to front.
        narrowing: Interval of how much an envelope that the labels do not outline narrows above and below them, mm for
            each mm along z.
        wall_mm: Interval of the muscle layer around the hull of the labels.
        fat_mm: Interval of the fat shell around that.
        visceral_fat: Interval of the fraction of fat among what is unlabelled inside the hull.
        visceral_control_point_spacing_mm: Distance of the control points of the inner fat's value noise.
    """

    source: str = choice("auto", SOURCES)
    air_hu: float = ranged(-300.0, -1000.0, -150.0)
    clip: list[float] = interval(-200.0, 150.0)
    seeds: list[float] = field(default_factory=lambda: [-100.0, 50.0])
    half_width_mm: list[float] = interval(130.0, 165.0, 0.0, 400.0)
    half_depth_mm: list[float] = interval(85.0, 115.0, 0.0, 400.0)
    narrowing: list[float] = interval(0.1, 0.4, 0.0, 10.0)
    wall_mm: list[float] = interval(4.0, 12.0, 0.0, 400.0)
    fat_mm: list[float] = interval(8.0, 30.0, 0.0, 400.0)
    visceral_fat: list[float] = interval(0.2, 0.6, 0.0, 1.0)
    visceral_control_point_spacing_mm: float = ranged(16.0, 1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_interval("background.seeds", self.seeds, *self.clip)


def resolve_source(kind: str, names: Sequence[str], ct_available: bool) -> str:
    """Return the source that `auto` stands for; any other kind is returned as it is."""
    if kind != "auto":
        return kind
    if ct_available:
        return "kmeans"
    return "labels" if {FAT, SOFT} & set(names) else "geometric"


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any]:
    """Draw the body around the labels; all numbers are drawn, whatever the kind.

    Returns:
        `kind`, `centre_mm` and what the envelope and the split of a CT take.
    """
    data, body = scene.recipe.data, scene.recipe.data.background
    centre = envelope_centre(scene.label_map, scene.spacing, scene.present)
    kind = resolve_source(data.background.source, list(scene.present.values()), scene.case.ct is not None)
    intervals = ("half_width_mm", "half_depth_mm", "wall_mm", "fat_mm", "visceral_fat")
    drawn = {name: float(rng.uniform(*getattr(body, name))) for name in intervals}
    drawn |= {"fat_tilt": float(rng.uniform(0.0, 0.5)), "fat_angle": float(rng.uniform(0.0, 2 * np.pi))}
    seed = int(rng.integers(2**31))
    drawn["narrowing"] = float(rng.uniform(body.narrowing[0], body.narrowing[1]))
    return {
        "kind": kind,
        "centre_mm": list(centre),
        **drawn,
        "control_point_spacing_mm": body.visceral_control_point_spacing_mm,
        "seed": seed,
        "air_hu": body.air_hu,
        "clip": list(body.clip),
        "seeds": list(body.seeds),
    }


def apply(scene: Scene, params: Mapping[str, Any]) -> None:
    """Say of every voxel whether it is air, fat or soft tissue, as if no label were there.

    Voxels under a label are told too, since that is what a dropped label uncovers.

    Raises:
        InputError: `kmeans` without a CT.
    """
    if params["kind"] == "geometric":
        layers = envelope_layers(scene, params)
        classes, scene.cavity = marbled(layers, scene.spacing, params), layers == CAVITY
    elif params["kind"] == "kmeans":
        classes = classes_of_ct(scene, params)
    elif params["kind"] == "labels":
        classes = scene.kernels.zeros(scene.label_map)
        classes[_enclosed(scene)] = SOFT_INDEX
    else:
        classes = scene.kernels.zeros(scene.label_map)
    scene.background = Layer(classes, list(BACKGROUND_CLASSES))


def _enclosed(scene: Scene) -> Voxels:
    """Return where the labels and what they enclose in axial sections lie."""
    return scene.kernels.fill_holes((scene.label_map > 0) & ~scene.where({AIR}))


def body_region(ct: Voxels, spacing: Sequence[float], air_hu: float) -> Voxels:
    """Return the largest connected region above `air_hu`, without the couch.

    The component is found on a grid of about 3 mm and widened by a voxel of it, so it may hold a rim of noise.
    """
    from scipy.ndimage import binary_dilation

    kernels, step = kernels_of(ct), coarse_step(spacing)
    thinned = kernels.host(ct[:: step[0], :: step[1], :: step[2]])
    largest = binary_dilation(largest_region(thinned, (1, 1, 1), air_hu))
    return kernels.nearest(largest, step, ct) & (ct > air_hu)


def two_means(values: Voxels, seeds: Sequence[float], clip: Sequence[float]) -> tuple[float, float]:
    """Return the centres of two clusters of HU, begun at `seeds`.

    Args:
        values: HU of the voxels to split; with none the seeds are returned.
        seeds: First centres, the lower first.
        clip: Interval that values are clipped to, so that edges, bone and contrast cannot take a cluster.
    """
    edges = np.linspace(clip[0], clip[1], int(2 * (clip[1] - clip[0])) + 1)
    counts = kernels_of(values).histogram(values.clip(clip[0], clip[1]), edges)
    low, high = k_means((edges[:-1] + edges[1:]) / 2, counts, seeds)
    return round(float(low), 2), round(float(high), 2)


def classes_of_ct(scene: Scene, params: Mapping[str, Any]) -> Voxels:
    """Split the CT into air, fat and soft tissue, with clusters found on the unlabelled voxels of the body."""
    ct = needed(scene.ct, "data.background.source=kmeans", "set data.background.source=auto or geometric")
    body = body_region(ct, scene.spacing, params["air_hu"])
    unlabelled = body & ((scene.label_map == 0) | scene.where(set(BACKGROUND_CLASSES)))
    return _split(ct, body, unlabelled, params)


def _split(ct: Voxels, body: Voxels, unlabelled: Voxels, params: Mapping[str, Any]) -> Voxels:
    low, high = two_means(ct[unlabelled], params["seeds"], params["clip"])
    classes = kernels_of(ct).zeros(ct)
    classes[body] = FAT_INDEX
    classes[body & (ct > (low + high) / 2)] = SOFT_INDEX
    return classes


def completed(case: Case, settings: Settings) -> Case:
    """Return a case whose unlabelled body is named fat and soft tissue, as the CT says, for HU to be measured in.

    Its HU there are those that k-means saw, clipped: bone and contrast that nobody labelled are no soft tissue. A case
    that has these classes itself stays as it is, and so does what nobody said anything about (`ignored`).

    Args:
        case: One with a CT, NumPy arrays.
        settings: What is air, where HU are clipped, and where clusters begin.
    """
    if case.ct is None or {FAT, SOFT} & set(case.names.values()):
        return case
    body = body_region(case.ct, case.spacing, settings.air_hu)
    unlabelled = body & (case.label_map == 0)
    if case.ignored is not None:
        unlabelled &= ~case.ignored
    classes = _split(case.ct, body, unlabelled, asdict(settings))
    first = max(case.names, default=0) + 1
    label_map, ct = case.label_map.astype(np.uint32), case.ct.copy()
    label_map[unlabelled] = first + (classes[unlabelled] == SOFT_INDEX)
    ct[unlabelled] = ct[unlabelled].clip(*settings.clip)
    return replace(case, label_map=label_map, ct=ct, names={**case.names, first: FAT, first + 1: SOFT})


def marbled(layers: Voxels, spacing: Sequence[float], params: Mapping[str, Any]) -> Voxels:
    """Return the classes of a body envelope: shell and wall as they are, the cavity parted by a smooth field.

    Args:
        layers: Of `envelope.envelope_layers`.
        spacing: Voxel size in mm.
        params: Of `sample`.
    """
    from labelct.synthesis.kernels.arrays.value_noise import draw_lattice, level_below_which

    lattice = draw_lattice(layers.shape, spacing, params["control_point_spacing_mm"], params["seed"])
    level = level_below_which(lattice, params["visceral_fat"])
    step = np.array(spacing) / params["control_point_spacing_mm"]
    return kernels_of(layers).marble(layers, lattice, level, step)
