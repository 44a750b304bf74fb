"""Labels split into sub-classes before they are painted, so that an organ is more than one mean and one texture.

SynthSeg divides the labels of its heterogeneous training maps by clustering the image under them (Billot et al., MedIA
86, 2023). Where a case has a CT its HU are clustered likewise; elsewhere a smooth random field cuts each label into
blobs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelct.errors import SettingError
from labelct.settings import GIVEN, Checked, choice, ranged
from labelct.synthesis.clusters import k_means
from labelct.synthesis.intensity import draw_level
from labelct.synthesis.kernels import FIRST_HU, HU_LEVELS, Voxels
from labelct.synthesis.scene import needed

if TYPE_CHECKING:
    from labelct.synthesis.case import Case
    from labelct.synthesis.scene import Scene, Spec

SOURCES = ("auto", "ct", "blobs")
CT_KEY = "data.subclasses.source=ct"
EVENNESS = 4.0  # of the Dirichlet distribution of shares: all sub-classes are seen, none of a fixed size


@dataclass
class Settings(Checked, section="subclasses"):
    """Labels split into parts of their own mean and texture before they are painted; training labels stay whole.

    Attributes:
        count: Sub-classes of each label; 0 leaves labels whole.
        source: `ct` (clusters of the HU inside each label), `blobs` (regions of a smooth random field), or `auto`: `ct`
            where the case has one.
        control_point_spacing_mm: Distance over which blobs change.
        between: Share of an organ's texture variance that lies between its sub-classes; the rest stays within them.
            Under `uniform` and `mixture` each sub-class is drawn like a label of its own instead.
    """

    count: int = 0
    source: str = choice("auto", SOURCES)
    control_point_spacing_mm: float = ranged(25.0, 4.0, 1000.0)
    between: float = ranged(0.5, 0.0, 1.0)
    read_with: ClassVar = {"*": ("count", GIVEN), "control_point_spacing_mm": ("source", ("auto", "blobs"))}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.count != 0 and not 2 <= self.count <= 16:
            raise SettingError("subclasses.count", self.count, "0 (labels stay whole) or 2 to 16")

    def reads_ct(self) -> bool:
        """Return whether a CT is clustered where there is one."""
        return self.count > 0 and self.source != "blobs"


def subclass_name(organ: str, number: int) -> str:
    """Return the class name of an organ's sub-class, numbered from 1."""
    return f"{organ}:{number}"


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any] | None:
    """Draw where the sub-classes of each organ lie, or cluster the CT under it, and draw their HU.

    Returns:
        `source`, `count`, `organs` and `classes`. For `ct` an organ has the ascending HU that part its sub-classes; for
        `blobs` its `seed` and ascending `shares` of the volume, and `control_point_spacing_mm` stands for all. None
        where the settings ask for none.

    Raises:
        InputError: `ct` without a CT.
    """
    settings, case = scene.recipe.data.subclasses, scene.case
    if not settings.count:
        return None
    places = rng.spawn(1)[0]
    source = settings.source if settings.source != "auto" else ("blobs" if case.ct is None else "ct")
    drawn: dict[str, Any] = {"source": source, "count": settings.count}
    if source == "ct":
        ct = needed(case.ct, CT_KEY, "set data.subclasses.source=auto or blobs")
        drawn["organs"] = _clusters(case, scene, ct, settings.count)
    else:
        drawn |= {
            "control_point_spacing_mm": settings.control_point_spacing_mm,
            "organs": _blobs(scene.labels, settings.count, places),
        }
    drawn["classes"] = _classes(scene, list(drawn["organs"]), rng)
    scene.classes |= drawn["classes"]
    return drawn


def _blobs(organs: Sequence[str], count: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return seed and shares of each organ's blobs."""
    blobs = {}
    for organ in organs:
        shares = np.cumsum(rng.dirichlet([EVENNESS] * count))[:-1]
        blobs[organ] = {"seed": int(rng.integers(2**53)), "shares": np.round(shares, 6).tolist()}
    return blobs


def _clusters(case: Case, scene: Scene, ct: Voxels, count: int) -> dict[str, list[float]]:
    """Return the HU between the clusters of each organ of the label map as it was given, which is the CT's."""
    kernels = scene.kernels
    label_map, _ = kernels.compact(case.label_map, case.names)
    number = {organ: number for number, organ in enumerate(scene.labels, 1)}
    row = np.zeros(max([kernels.largest(label_map), *scene.names]) + 1, np.uint16)
    for value, name in scene.names.items():
        row[value] = number.get(name, 0)
    counts = kernels.count_levels(label_map, row, kernels.hu_levels(ct), len(number) + 1)
    return {organ: k_means_cuts(counts[place], count) for organ, place in number.items()}


def k_means_cuts(counts: NDArray[np.integer], count: int) -> list[float]:
    """Return the HU between the clusters of a one-dimensional k-means begun at evenly spaced quantiles.

    Args:
        counts: `(4096,)` voxels of each HU from -1024.
        count: Number of clusters.

    Returns:
        `count - 1` HU, ascending; clusters that stay empty lie between equal ones.
    """
    levels, total = np.arange(len(counts)) + float(FIRST_HU), np.cumsum(counts)
    wanted = (np.arange(count) + 0.5) / count * total[-1]
    first = levels[np.minimum(np.searchsorted(total, wanted), len(counts) - 1)]
    centres = k_means(levels, counts, first)
    return np.round((centres[1:] + centres[:-1]) / 2, 2).tolist()


def _classes(scene: Scene, organs: Sequence[str], rng: np.random.Generator) -> dict[str, Spec]:
    """Give every sub-class a mean around its organ's, so that the organ keeps its spread as a whole."""
    settings, fill = scene.recipe.data.subclasses, scene.recipe.fill
    classes: dict[str, Spec] = {}
    for organ in organs:
        whole = scene.classes[organ]
        for number in range(1, settings.count + 1):
            normal, uniform = rng.standard_normal(), rng.random()
            spec = {
                "hu": whole["hu"] + float(normal) * math.sqrt(settings.between) * whole["sd"],
                "sd": whole["sd"] * math.sqrt(1.0 - settings.between),
            }
            drawn = spec if fill.uses_priors else draw_level(normal, uniform, fill)
            classes[subclass_name(organ, number)] = {**whole, **drawn}
    return classes


def apply(scene: Scene, params: Mapping[str, Any] | None) -> None:
    """Renumber the sub-classes of the pasted organs.

    Raises:
        InputError: `ct` without a CT.
    """
    if params is None:
        return
    scene.classes |= params["classes"]
    painted, count, first = scene.painted, params["count"], len(scene.painted.names)
    organs = [name for name in painted.names if name in params["organs"]]
    row = np.zeros(first, np.uint16)
    row[[painted.names.index(name) for name in organs]] = np.arange(1, len(organs) + 1)
    painted.add(*(subclass_name(organ, number) for organ in organs for number in range(1, count + 1)))
    numbers, kernels = painted.numbers, scene.kernels
    drawn = [params["organs"][name] for name in organs]
    chosen: list[NDArray[Any]]
    if params["source"] == "ct":
        levels = kernels.hu_levels(needed(scene.ct, CT_KEY, "add the CT that the volume was made from"))
        chosen = [np.searchsorted(cuts, np.arange(HU_LEVELS) + FIRST_HU, side="right") for cuts in drawn]
    else:
        seeds = [one["seed"] for one in drawn]
        levels, counts = kernels.blob_levels(numbers, row, scene.spacing, params["control_point_spacing_mm"], seeds)
        chosen = [_below(counts[number], one["shares"]) for number, one in enumerate(drawn, 1)]
    table = np.zeros((len(organs) + 1, HU_LEVELS), np.uint16)
    for place, found in enumerate(chosen):
        table[place + 1] = first + place * count + found
    kernels.renumber(numbers, row, levels, table)


def _below(counts: NDArray[np.integer], shares: Sequence[float]) -> NDArray[Any]:
    """Return how many shares of an organ lie below each level of its field."""
    middle = (np.cumsum(counts) - 0.5 * counts) / max(int(counts.sum()), 1)
    return np.searchsorted(shares, middle, side="right")
