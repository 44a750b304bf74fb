"""HU statistics measured organ by organ, and priors fitted to them."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from labelct.priors.table import FITTED, PORTAL, QUANTILE_LEVELS, Prior, Priors, weights_at

GAS_BELOW_HU = -300.0  # between fat and gas, far from both
FEWEST_VOXELS = 30  # fewer give a standard deviation to no better than an eighth
FEWEST_CASES = 3  # fewer say nothing about the spread between patients


@dataclass(frozen=True)
class Measured:
    """The HU of one organ in one volume.

    Attributes:
        mean: Mean of the contents (of everything, for organs that hold no gas).
        sd: Standard deviation of the same voxels.
        gas_fraction: Part of a hollow organ below -300 HU.
        hu_gas: Mean of that part; NaN without gas.
        hu_gas_sd: Its standard deviation.
        quantiles: HU minus `mean` at the normal levels of `priors.QUANTILE_LEVELS`.
        voxels: How many voxels were measured.
    """

    mean: float
    sd: float
    gas_fraction: float
    hu_gas: float
    hu_gas_sd: float
    quantiles: tuple[float, ...]
    voxels: int


def measure(
    volume: NDArray[np.floating],
    label_map: NDArray[np.integer],
    names: Mapping[int, str],
    priors: Priors,
    erode: int = 1,
) -> dict[str, Measured]:
    """Measure every organ of a volume.

    Args:
        volume: `(x, y, z)` HU.
        label_map: `(x, y, z)` label values on the same grid.
        names: Names of the values; values without one are passed over.
        priors: Which organs are hollow.
        erode: Voxels peeled off before measuring, so that borders do not count; an organ that this leaves with fewer
            than 30 voxels is measured whole.

    Returns:
        The statistics by name, for organs with at least 30 voxels.
    """
    from scipy.ndimage import binary_erosion, find_objects

    found: dict[str, Measured] = {}
    for value, box in enumerate(find_objects(label_map.astype(np.int32)), 1):
        if box is None or value not in names:
            continue
        organ = label_map[box] == value
        core = binary_erosion(np.pad(organ, 1), iterations=erode)[1:-1, 1:-1, 1:-1] if erode else organ
        hu = volume[box][core if core.sum() >= FEWEST_VOXELS else organ].astype(np.float64)
        prior = priors.table.get(names[value])
        if hu.size >= FEWEST_VOXELS:
            found[names[value]] = _statistics(hu, prior is not None and prior.gas_fraction > 0)
    return found


def _statistics(hu: NDArray[np.float64], hollow: bool) -> Measured:
    from scipy.special import ndtr

    gas = hu < GAS_BELOW_HU if hollow else np.zeros(hu.size, bool)
    contents, above = (hu[~gas], hu[gas]) if (~gas).sum() >= FEWEST_VOXELS else (hu, hu[:0])
    mean = float(contents.mean())
    quantiles = np.quantile(contents, ndtr(QUANTILE_LEVELS)) - mean
    level, spread = (float(above.mean()), float(above.std())) if above.size else (float("nan"), float("nan"))
    offsets = tuple(round(float(q), 1) for q in quantiles)
    return Measured(mean, float(contents.std()), above.size / hu.size, level, spread, offsets, hu.size)


def fit_priors(
    cases: Sequence[Mapping[str, Measured]], base: Priors, enhancement: float = 1.0, time: float = PORTAL
) -> Priors:
    """Fit a prior table to measured volumes.

    Args:
        cases: What `measure` returned for each CT.
        base: Where classes that no case shows, and spreads between fewer than three cases, come from.
        enhancement: Of the CT, 0 native to 1 as the table has it. The means of the phases make the least move that puts
            the mean at this enhancement where it was measured: in a pure phase one of them moves, half way both alike.
        time: When the CT were made, as a place among `PHASES`.

    Returns:
        The table; fitted rows carry the evidence grade F.
    """
    table = dict(base.table)
    for name in sorted({name for case in cases for name in case}):
        seen = [case[name] for case in cases if name in case]
        table[name] = _moved(_fit(name, seen, base.table.get(name)), seen, enhancement, time)
    return Priors(table, f"fit to {len(cases)} volumes")


def _fit(name: str, seen: Sequence[Measured], base: Prior | None) -> Prior:
    means = np.array([one.mean for one in seen])
    mean, sd = float(means.mean()), float(np.sqrt(np.mean([one.sd**2 for one in seen])))
    base = base or Prior(name, mean, 0.15 * abs(mean), sd, mean, hu_arterial_mean=mean, hu_delayed_mean=mean)
    gas = [one for one in seen if one.gas_fraction > 0]
    return replace(
        base,
        hu_sd_between=float(means.std(ddof=1)) if len(means) >= FEWEST_CASES else base.hu_sd_between,
        hu_sd_texture=sd,
        gas_fraction=float(np.mean([one.gas_fraction for one in seen])) if base.gas_fraction else 0.0,
        hu_gas=float(np.mean([one.hu_gas for one in gas])) if gas else base.hu_gas,
        hu_gas_sd=float(np.mean([one.hu_gas_sd for one in gas])) if gas else base.hu_gas_sd,
        quantiles=tuple(round(float(q), 1) for q in np.mean([one.quantiles for one in seen], axis=0)),
        evidence=FITTED,
    )


def _moved(prior: Prior, seen: Sequence[Measured], enhancement: float, time: float) -> Prior:
    """Return a prior whose phases lie where the CT were measured."""
    shares = {place: enhancement * weight for place, weight in weights_at(time).items()}
    shares[0] = shares.get(0, 0.0) + 1.0 - enhancement
    measured = float(np.mean([one.mean for one in seen]))
    move = (measured - prior.mean(enhancement, time)) / sum(share**2 for share in shares.values())
    native, arterial, portal, delayed = (prior.level(place) + shares.get(place, 0.0) * move for place in range(4))
    means = replace(prior, hu_native_mean=native, hu_pv_mean=portal)
    return replace(means, hu_arterial_mean=arterial, hu_delayed_mean=delayed)


def priors_csv(priors: Priors) -> str:
    """Return a prior table as the CSV text that `parse_priors` reads."""
    text = io.StringIO()
    columns = [f.name for f in fields(Prior)]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for prior in priors.table.values():
        row = {c: getattr(prior, c) for c in columns}
        row |= {c: "" if math.isnan(v) else f"{v:.10g}" for c, v in row.items() if isinstance(v, float)}
        writer.writerow(row | {"quantiles": " ".join(f"{q:g}" for q in prior.quantiles)})
    return text.getvalue()
