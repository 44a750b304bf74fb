"""What an organ's voxels are drawn from: mean and spread of every class."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelct.priors.table import AIR, BACKGROUND_CLASSES, Prior
from labelct.settings import Checked, choice, interval, ranged
from labelct.synthesis.deformation import AIR_HU

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene, Spec
    from labelct.synthesis.settings import DataSettings

FILLS = ("gaussian", "voxels", "uniform", "mixture", "fitted", "fixed")
PRIORLESS = ("uniform", "mixture")


@dataclass
class Settings(Checked):
    """The distribution that an organ's mean HU is drawn from.

    Attributes:
        kind: `gaussian` (spread of organ means between patients), `voxels` (spread of all voxels), `uniform`
            (contrast-agnostic), `mixture` (SynthSeg: uniform mean and spread), `fitted` (as `gaussian`,
            textures with the histograms of a fitted prior, normal where a class has mean and spread alone), `fixed`
            (the prior mean itself).
        spread: Factor on the prior's standard deviation between patients.
        hu: Interval of the mean for `uniform` and `mixture`, and under any kind for a class without a prior.
        sd: Interval of the texture's standard deviation for `mixture`; `uniform`, and a class without a prior, take
            its middle.
        gas: Whether hollow organs hold gas above their contents.
    """

    kind: str = choice("gaussian", FILLS)
    spread: float = ranged(1.0, 0.0, 10.0)
    hu: list[float] = interval(-150.0, 300.0, -1024.0, 3071.0)
    sd: list[float] = interval(5.0, 40.0, 0.0, 1000.0)
    gas: bool = True
    read_with: ClassVar = {"spread": ("kind", ("gaussian", "voxels", "fitted"))}

    @property
    def uses_priors(self) -> bool:
        """Whether HU follow the priors; else they are not meant to be those of CT."""
        return self.kind not in PRIORLESS


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any]:
    """Draw mean and texture spread of every class; one without a prior is drawn as `fill=uniform` does.

    Every class takes two draws, so that the fills stay paired over distributions of one seed. What an ingredient gave
    HU of its own comes next, and last what grew in a label and takes after it.

    Returns:
        `enhancement`, `time` (the phase) and `classes`: `{name: {"hu": mean, "sd": standard deviation of the texture}}`
        in HU, under `fitted` with the histogram's `quantiles` around the mean, where the prior has one.
    """
    data = scene.recipe.data
    time = sample_time(data, rng.spawn(1)[0])
    enhancement = sample_enhancement(data, rng)
    classes: dict[str, Spec] = {}
    for name in (*BACKGROUND_CLASSES, *scene.labels):
        normal, uniform = rng.standard_normal(), rng.random()
        classes[name] = _level(scene, name, (enhancement, time), (normal, uniform))
    classes |= scene.own_hu
    for name, growth in scene.grown.items():
        if growth.host in scene.labels:
            host = classes[growth.host]
            classes[name] = {**host, "hu": host["hu"] + growth.contrast_hu}
    scene.classes |= classes
    return {"enhancement": enhancement, "time": time, "classes": classes}


def apply(scene: Scene, params: Mapping[str, Any]) -> None:
    """Give the classes their HU."""
    scene.classes |= params["classes"]


def sample_enhancement(settings: DataSettings, rng: np.random.Generator) -> float:
    """Draw the factor on what the contrast agent adds, which all organs of one volume share."""
    factor = max(0.0, rng.normal(settings.enhancement, settings.enhancement_sd))
    if settings.phase == "any":
        return float(rng.spawn(1)[0].uniform(settings.contrast[0], settings.contrast[1]))
    return factor if settings.phase == "mixed" else settings.mean_enhancement


def sample_time(settings: DataSettings, rng: np.random.Generator) -> float:
    """Draw when a volume is scanned, as a place among `labelct.priors.PHASES`.

    Under `any` an eighth of the volumes is native and an eighth delayed, and the others lie evenly between.
    """
    drawn = float(np.clip(rng.uniform(-0.5, 3.5), 0.0, 3.0))
    return drawn if settings.phase == "any" else settings.mean_time


def _level(scene: Scene, name: str, phase: tuple[float, float], drawn: tuple[float, float]) -> Spec:
    """Return what a normal and a uniform number make of one class at an enhancement and a time."""
    normal, uniform = drawn
    data, fill = scene.recipe.data, scene.recipe.fill
    if name == AIR:
        return {"hu": AIR_HU, "sd": 0.0}
    prior = scene.recipe.priors.get(name) if fill.uses_priors else None
    if prior is None:
        return draw_level(normal, uniform, fill)
    mean = prior.mean(*phase) + normal * spread_of_means(name, prior, data, fill)
    level: Spec = {"hu": float(mean), "sd": prior.hu_sd_texture}
    if fill.kind == "fitted" and prior.quantiles:
        level["quantiles"] = list(prior.quantiles)
    return level


def residual_sd(prior: Prior, data: DataSettings) -> float:
    """Return the spread between patients that a shared enhancement factor does not explain already, in HU."""
    if data.phase != "mixed":
        return prior.hu_sd_between
    shared = data.enhancement_sd * (prior.hu_pv_mean - prior.hu_native_mean)
    return math.sqrt(max(prior.hu_sd_between**2 - shared**2, 0.0))


def spread_of_means(name: str, prior: Prior, data: DataSettings, fill: Settings) -> float:
    """Return the standard deviation of an organ's mean in HU under `fill`."""
    between = data.background_sd if name.startswith("_") else residual_sd(prior, data)
    if fill.kind == "voxels":
        between = math.hypot(between, prior.hu_sd_texture)
    return 0.0 if fill.kind == "fixed" else fill.spread * between


def draw_level(normal: float, uniform: float, fill: Settings) -> dict[str, float]:
    """Return the mean and spread in HU that a normal and a uniform number stand for where there is no prior."""
    level = 0.5 * (1.0 + math.erf(normal / math.sqrt(2.0)))
    spread = uniform if fill.kind == "mixture" else 0.5
    return {"hu": float(np.interp(level, (0, 1), fill.hu)), "sd": float(np.interp(spread, (0, 1), fill.sd))}
