"""What an organ's voxels are drawn from: mean, spread and gas."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from labelct.errors import InputError
from labelct.synthesis.priors import AIR, REST_CLASSES, Prior, Priors
from labelct.synthesis.settings import DataSettings, FillSettings

AIR_HU = -1000.0
PRIORLESS = ("uniform", "mixture")


def sample_enhancement(settings: DataSettings, rng: np.random.Generator) -> float:
    """Draw the enhancement factor that all organs of one volume share: 0 native, 1 portal-venous."""
    factor = max(0.0, rng.normal(settings.enhancement, settings.enhancement_sd))
    return {"portal": 1.0, "native": 0.0}.get(settings.phase, factor)


def residual_sd(prior: Prior, data: DataSettings) -> float:
    """Return the spread between patients that a shared enhancement factor does not explain already, in HU."""
    if data.phase != "mixed":
        return prior.hu_sd_between
    shared = data.enhancement_sd * (prior.hu_pv_mean - prior.hu_native_mean)
    return math.sqrt(max(prior.hu_sd_between**2 - shared**2, 0.0))


def spread_of_means(name: str, prior: Prior, data: DataSettings, fill: FillSettings) -> float:
    """Return the standard deviation of an organ's mean in HU under `fill`."""
    between = data.rest_sd if name.startswith("_") else residual_sd(prior, data)
    if fill.kind == "voxels":
        between = math.hypot(between, prior.hu_sd_texture)
    return 0.0 if fill.kind == "fixed" else fill.spread * between


def draw_level(normal: float, uniform: float, fill: FillSettings) -> dict[str, float]:
    """Return the mean and spread in HU that a normal and a uniform number stand for where there is no prior."""
    level = 0.5 * (1.0 + math.erf(normal / math.sqrt(2.0)))
    spread = uniform if fill.kind == "mixture" else 0.5
    return {"hu": float(np.interp(level, (0, 1), fill.hu)), "sd": float(np.interp(spread, (0, 1), fill.sd))}


def _fitted_quantiles(prior: Prior, priors: Priors) -> list[float]:
    if not prior.quantiles:
        problem = f"has no histogram for the class {prior.name!r}"
        raise InputError(priors.source, problem, "fit one with `labelct priors fit`, or set fill=gaussian")
    return list(prior.quantiles)


def sample_fill(
    names: Iterable[str],
    data: DataSettings,
    fill: FillSettings,
    priors: Priors,
    enhancement: float,
    rng: np.random.Generator,
) -> dict[str, dict[str, Any]]:
    """Draw mean and texture spread of every class.

    Every class takes two draws, so that the fills stay paired over distributions of one seed.

    Args:
        names: Class names, completion classes included; those need a prior, except under `uniform` and `mixture`.
        data: Phase and spread of the completion classes.
        fill: Distribution.
        priors: Table by name.
        enhancement: Factor of `sample_enhancement`.
        rng: Source of the draws.

    Returns:
        `{name: {"hu": mean, "sd": standard deviation of the texture}}` in HU, and under `fitted` the histogram's
        `quantiles` around the mean.

    Raises:
        InputError: A class has no prior.
    """
    drawn: dict[str, dict[str, Any]] = {}
    for name in names:
        normal, uniform = rng.standard_normal(), rng.random()
        if name == AIR:
            drawn[name] = {"hu": AIR_HU, "sd": 0.0}
        elif fill.kind in PRIORLESS:
            drawn[name] = draw_level(normal, uniform, fill)
        else:
            prior = priors[name]
            mean = prior.mean(enhancement) + normal * spread_of_means(name, prior, data, fill)
            drawn[name] = {"hu": float(mean), "sd": prior.hu_sd_texture}
            if fill.kind == "fitted" and name not in REST_CLASSES:
                drawn[name]["quantiles"] = _fitted_quantiles(prior, priors)
    return drawn
