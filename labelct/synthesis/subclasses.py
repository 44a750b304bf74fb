"""Labels split into sub-classes before they are painted, so that an organ is more than one mean and one texture.

SynthSeg divides the labels of its heterogeneous training maps by clustering the image under them (Billot et al., MedIA
86, 2023). Where a case has a CT its HU are clustered likewise; elsewhere a smooth random field cuts each label into
blobs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.synthesis.anatomy_settings import SubclassSettings
from labelct.synthesis.blobs import LEVELS, Levels, blob_levels
from labelct.synthesis.slabs import over_slabs
from labelct.synthesis.targets import LOOKUP_LIMIT, compact

FIRST_HU = -1024
EVENNESS = 4.0


def subclass_name(organ: str, number: int) -> str:
    """Return the class name of an organ's sub-class, numbered from 1."""
    return f"{organ}:{number}"


def sample_subclasses(
    label_map: NDArray[np.integer],
    names: Mapping[int, str],
    organs: Sequence[str],
    settings: SubclassSettings,
    ct: NDArray[Any] | None,
    rng: np.random.Generator,
) -> dict[str, Any] | None:
    """Draw where the sub-classes of each organ lie, or cluster the CT under it.

    Args:
        label_map: `(x, y, z)` label values, on the grid of the CT.
        names: Names of the values.
        organs: Names of the labels to split.
        settings: Number and source.
        ct: HU on the same grid, or None.
        rng: Source of the draws.

    Returns:
        `source`, `count` and `organs`: for `ct` the ascending HU that part an organ's sub-classes; for `blobs` its
        `seed` and ascending `shares` of the volume, and `grain_mm` for all. None where the settings ask for none.

    Raises:
        InputError: `ct` without a CT.
    """
    if not settings.count:
        return None
    source = settings.source if settings.source != "auto" else ("blobs" if ct is None else "ct")
    drawn = {"source": source, "count": settings.count}
    if source == "ct":
        if ct is None:
            raise InputError(
                "data.subclasses.source=ct", "the case has no CT", "set data.subclasses.source=auto or blobs"
            )
        return {**drawn, "organs": _clusters(label_map, names, organs, ct, settings.count)}
    blobs = {}
    for organ in organs:
        shares = np.cumsum(rng.dirichlet([EVENNESS] * settings.count))[:-1]
        blobs[organ] = {"seed": int(rng.integers(2**53)), "shares": np.round(shares, 6).tolist()}
    return {**drawn, "grain_mm": settings.grain_mm, "organs": blobs}


def _clusters(
    label_map: NDArray[np.integer], names: Mapping[int, str], organs: Sequence[str], ct: NDArray[Any], count: int
) -> dict[str, list[float]]:
    """Return the HU between the clusters of each organ."""
    label_map, names = compact(label_map, names)
    number = {organ: number for number, organ in enumerate(organs, 1)}
    row = np.zeros(LOOKUP_LIMIT, np.uint16)
    for value, name in names.items():
        if name in number and value < LOOKUP_LIMIT:
            row[value] = number[name]
    counts = _count(label_map, row, _hu_levels(ct), len(organs) + 1)
    return {organ: k_means_cuts(counts[number[organ]], count) for organ in organs}


def k_means_cuts(counts: NDArray[np.integer], count: int) -> list[float]:
    """Return the HU between the clusters of a one-dimensional k-means begun at evenly spaced quantiles.

    Args:
        counts: `(4096,)` voxels of each HU from -1024.
        count: Number of clusters.

    Returns:
        `count - 1` HU, ascending; clusters that stay empty lie between equal ones.
    """
    levels, total = np.arange(LEVELS) + float(FIRST_HU), np.concatenate([[0], np.cumsum(counts)])
    weighted = np.concatenate([[0.0], np.cumsum(counts * levels)])
    wanted = (np.arange(count) + 0.5) / count * total[-1]
    centres = levels[np.minimum(np.searchsorted(total[1:], wanted), LEVELS - 1)]
    for _ in range(100):
        edges = np.concatenate([[0], np.searchsorted(levels, (centres[1:] + centres[:-1]) / 2), [LEVELS]])
        held = np.diff(total[edges])
        fresh = np.where(held > 0, np.diff(weighted[edges]) / np.maximum(held, 1), centres)
        if np.array_equal(fresh, centres):
            break
        centres = fresh
    return np.round((centres[1:] + centres[:-1]) / 2, 2).tolist()


def split_parts(
    parts: Levels,
    part_names: Sequence[str],
    spacing: Sequence[float],
    params: Mapping[str, Any],
    ct: NDArray[Any] | None = None,
    threads: int = 1,
) -> list[str]:
    """Renumber the sub-classes of the organs among the parts of a volume, in place.

    Args:
        parts: `(x, y, z)` part numbers.
        part_names: Name of every part.
        spacing: Voxel size in mm.
        params: Of `sample_subclasses`.
        ct: HU on the same grid, for `ct`.
        threads: Threads to spread over.

    Returns:
        The names of the parts that were added, numbered behind the others.

    Raises:
        InputError: `ct` without a CT.
    """
    chosen: list[NDArray[Any]]
    organs, count = [name for name in part_names if name in params["organs"]], params["count"]
    drawn = [params["organs"][name] for name in organs]
    row = np.zeros(len(part_names), np.uint16)
    row[[part_names.index(name) for name in organs]] = np.arange(1, len(organs) + 1)
    if params["source"] == "ct":
        if ct is None:
            raise InputError(
                "data.subclasses.source=ct", "the case has no CT", "add the CT that the volume was made from"
            )
        levels = _hu_levels(ct)
        chosen = [np.searchsorted(cuts, np.arange(LEVELS) + FIRST_HU, side="right") for cuts in drawn]
    else:
        seeds = [one["seed"] for one in drawn]
        levels, counts = blob_levels(parts, row, spacing, params["grain_mm"], seeds, threads)
        chosen = [_below(counts[number], one["shares"]) for number, one in enumerate(drawn, 1)]
    table = np.zeros((len(organs) + 1, LEVELS), np.uint16)
    for number, found in enumerate(chosen):
        table[number + 1] = len(part_names) + number * count + found
    over_slabs(lambda a, b: _renumber(parts, row, levels, table, a, b), len(parts), threads)
    return [subclass_name(organ, number) for organ in organs for number in range(1, count + 1)]


def _hu_levels(ct: NDArray[Any]) -> Levels:
    """Return HU as numbers from 0 to 4095."""
    return np.clip(np.rint(ct) - FIRST_HU, 0, LEVELS - 1).astype(np.uint16)


def _below(counts: NDArray[np.integer], shares: Sequence[float]) -> NDArray[Any]:
    """Return how many shares of an organ lie below each level of its field."""
    middle = (np.cumsum(counts) - 0.5 * counts) / max(int(counts.sum()), 1)
    return np.searchsorted(shares, middle, side="right")


@numba.njit(cache=True, nogil=True)
def _count(label_map: Any, row: Levels, levels: Levels, rows: int) -> NDArray[np.int64]:
    counts = np.zeros((rows, LEVELS), np.int64)
    for x in range(label_map.shape[0]):
        for y in range(label_map.shape[1]):
            for z in range(label_map.shape[2]):
                counts[row[label_map[x, y, z]], levels[x, y, z]] += 1
    return counts


@numba.njit(cache=True, nogil=True)
def _renumber(parts: Levels, row: Levels, levels: Levels, table: Levels, start: int, stop: int) -> None:
    for x in range(start, stop):
        for y in range(parts.shape[1]):
            for z in range(parts.shape[2]):
                organ = row[parts[x, y, z]]
                if organ:
                    parts[x, y, z] = table[organ, levels[x, y, z]]
