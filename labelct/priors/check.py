"""Volumes checked against priors, organ by organ: is each as dense as it should be?"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from labelct.errors import listed
from labelct.labels import compact
from labelct.priors.fit import FEWEST_VOXELS, GAS_BELOW_HU
from labelct.priors.table import BACKGROUND_CLASSES, PORTAL, Priors
from labelct.threads import over_chunks

TOLERANCE = 3.0  # standard deviations: 1 organ of 370 lies off by chance
ENOUGH = 0.95  # of the volumes: what is normally distributed, with texture on top, seldom does better
BIAS = 0.5  # standard deviations between patients that no user would see in a scan
SHOWN = 6  # organs in a line
AVERAGED = ("mean", "expected", "deviation", "sd")
Row = dict[str, Any]


def check(
    volume: NDArray[np.floating],
    label_map: NDArray[np.integer],
    names: Mapping[int, str],
    priors: Priors,
    enhancement: float = 1.0,
    time: float = PORTAL,
) -> list[Row]:
    """Compare every organ of a volume with its prior.

    Voxels at an organ's border do not count, unless fewer than 30 others are left; nor does the gas in hollow organs.

    Args:
        volume: `(x, y, z)` HU.
        label_map: `(x, y, z)` label values.
        names: Names of the values; values without one are passed over.
        priors: What is expected.
        enhancement: 0 native to 1 as the table has it.
        time: When the volume was scanned, as a place among `PHASES`.

    Returns:
        One row per organ with a prior and 30 voxels: `name`, `mean`, `expected`, `deviation` (in standard deviations),
        `sd`, `voxels` and `passed`.
    """
    label_map, names = compact(np.ascontiguousarray(label_map), names)
    known = {
        v: n for v, n in names.items() if n in priors.table and n not in BACKGROUND_CLASSES and v <= label_map.max()
    }
    hollow = [value for value, name in known.items() if priors[name].gas_fraction > 0]
    whole, inner = _moments(volume, label_map, hollow)
    rows = []
    for value, name in known.items():
        voxels, total, squares = inner[value] if inner[value, 0] >= FEWEST_VOXELS else whole[value]
        if voxels >= FEWEST_VOXELS:
            mean, prior, expected = float(total / voxels), priors[name], priors[name].mean(enhancement, time)
            deviation = (mean - expected) / max(prior.hu_sd_between, 1.0)
            sd = float(np.sqrt(max(squares / voxels - mean**2, 0.0)))
            row: Row = {"name": name, "mean": mean, "expected": expected, "deviation": deviation, "sd": sd}
            rows.append(row | {"voxels": int(voxels), "passed": abs(deviation) <= TOLERANCE})
    return rows


def _moments(
    volume: NDArray[np.floating], label_map: NDArray[np.integer], hollow: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return voxels, sum and sum of squares of the HU of each label, `(label, 3)`: of all of it, and of its inside.

    Args:
        volume: HU.
        label_map: Label values.
        hollow: Those of hollow organs, whose gas does not count.
    """
    holds_gas = np.zeros(int(label_map.max(initial=0)) + 1, np.uint8)
    holds_gas[hollow] = 1
    chunk = lambda a, b: _moments_of_chunk(volume, label_map, holds_gas, GAS_BELOW_HU, a, b)  # noqa: E731
    whole, inner = np.sum(over_chunks(chunk, len(label_map)), axis=0)
    return whole, inner


@numba.njit(cache=True, nogil=True)
def _moments_of_chunk(
    volume: Any, label_map: Any, hollow: Any, gas: float, start: int, stop: int
) -> NDArray[np.float64]:
    nx, ny, nz = label_map.shape
    found = np.zeros((2, len(hollow), 3))
    for x in range(start, stop):
        for y in range(ny):
            for z in range(nz):
                label = label_map[x, y, z]
                if label == 0 or (hollow[label] and volume[x, y, z] < gas):
                    continue
                hu = float(volume[x, y, z])
                inner = 0 < x < nx - 1 and 0 < y < ny - 1 and 0 < z < nz - 1
                inner = inner and label_map[x - 1, y, z] == label and label_map[x + 1, y, z] == label
                inner = inner and label_map[x, y - 1, z] == label and label_map[x, y + 1, z] == label
                inner = inner and label_map[x, y, z - 1] == label and label_map[x, y, z + 1] == label
                for kind in range(1 + inner):
                    found[kind, label, 0] += 1
                    found[kind, label, 1] += hu
                    found[kind, label, 2] += hu * hu
    return found


def by_organ(volumes: Iterable[Sequence[Row]]) -> list[Row]:
    """Return one row an organ over many volumes, in the order of names.

    An organ passes when 95 % of its volumes do and the mean of their deviations, which falls with the square root of
    their number, lies within three standard errors (or half a standard deviation, where volumes are very many).

    Args:
        volumes: What `check` returned for each volume (`name`, `mean`, `sd`, `expected`, `deviation`, `passed`).

    Returns:
        `name`, `volumes`, `mean`, `expected`, `deviation`, `sd` (means over the volumes), `share` of the volumes within
        tolerance and `passed`.
    """
    found: dict[str, list[Row]] = {}
    for rows in volumes:
        for row in rows:
            found.setdefault(row["name"], []).append(row)
    organs = []
    for name, rows in sorted(found.items()):
        share = round(float(np.mean([row["passed"] for row in rows])), 4)
        means = {key: round(float(np.mean([row[key] for row in rows])), 2) for key in AVERAGED}
        passed = share >= ENOUGH and abs(means["deviation"]) <= _bias(len(rows))
        organs.append({"name": name, "volumes": len(rows), **means, "share": share, "passed": passed})
    return organs


def report(volumes: Iterable[Sequence[Row]], source: str) -> dict[str, Any]:
    """Return what is written about a check: the prior's `source`, `passed` and `failed` counts, and the `organs`."""
    organs = by_organ(volumes)
    passed = sum(organ["passed"] for organ in organs)
    return {"prior": source, "passed": passed, "failed": len(organs) - passed, "organs": organs}


def sentence(found: Mapping[str, Any]) -> str:
    """Return one line about the result of `report`."""
    total = found["passed"] + found["failed"]
    off = [f"{organ['name']} {_off(organ)}" for organ in found["organs"] if not organ["passed"]]
    more = f"; off: {listed(off, SHOWN)}" if off else ""
    return f"{found['passed']} of {total} organs are as dense as the prior says{more}"


def _bias(volumes: int) -> float:
    """Return how far the mean deviation of that many volumes may lie off."""
    return max(TOLERANCE / math.sqrt(volumes), BIAS)


def _off(organ: Row) -> str:
    """Return what is wrong with an organ: all of its volumes, or some."""
    if abs(organ["deviation"]) > _bias(organ["volumes"]):
        return f"{organ['mean']:.0f} for {organ['expected']:.0f} HU"
    return f"in {100 * (1 - organ['share']):.0f} % of its volumes"
