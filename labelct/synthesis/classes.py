"""The classes of a volume beyond its organs: gas, lesions and sub-classes; and the clip that each class is cut from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from labelct.synthesis.assemble import GAS_SUFFIX
from labelct.synthesis.bank import Bank, make_white
from labelct.synthesis.fill import PRIORLESS, draw_level
from labelct.synthesis.gas import sample_gas
from labelct.synthesis.priors import AIR, Priors
from labelct.synthesis.settings import DataSettings, FillSettings, TextureSettings
from labelct.synthesis.subclasses import subclass_name
from labelct.synthesis.texture import sample_clip

Classes = dict[str, dict[str, Any]]


def add_gas(
    classes: Classes, labels: Sequence[str], fill: FillSettings, priors: Priors, rng: np.random.Generator
) -> dict[str, Any]:
    """Give hollow organs a gas class, and return how much of each is gas."""
    drawn: dict[str, Any] = {}
    if not fill.gas or fill.kind in PRIORLESS:
        return drawn
    for name in labels:
        prior = priors[name]
        if prior.gas_fraction > 0:
            drawn[name] = sample_gas(prior, rng)
            classes[name + GAS_SUFFIX] = {"hu": prior.hu_gas, "sd": prior.hu_gas_sd}
    return drawn


def add_lesions(classes: Classes, labels: list[str], dropped: list[str], lesions: Mapping[str, Any] | None) -> None:
    """Give lesions their host's spread at another mean; they are pasted or dropped together with it."""
    if not lesions or not lesions["lesions"] or lesions["host"] not in labels:
        return
    host = classes[lesions["host"]]
    classes[lesions["name"]] = {**host, "hu": host["hu"] + lesions["contrast_hu"]}
    labels.append(lesions["name"])
    if lesions["host"] in dropped:
        dropped.append(lesions["name"])


def add_subclasses(
    classes: Classes,
    subclasses: Mapping[str, Any] | None,
    between: float,
    fill: FillSettings,
    rng: np.random.Generator,
) -> None:
    """Give every sub-class a mean around its organ's, so that the organ keeps its spread as a whole.

    Args:
        classes: Of the organs; gets those of the sub-classes.
        subclasses: Of `subclasses.sample_subclasses`.
        between: Share of the texture's variance between sub-classes.
        fill: Distribution; without a prior each sub-class is drawn like an organ.
        rng: Source of the draws.
    """
    if not subclasses:
        return
    for organ in subclasses["organs"]:
        whole = classes[organ]
        for number in range(1, subclasses["count"] + 1):
            normal, uniform = rng.standard_normal(), rng.random()
            spec = {
                "hu": whole["hu"] + float(normal) * math.sqrt(between) * whole["sd"],
                "sd": whole["sd"] * math.sqrt(1.0 - between),
            }
            drawn = draw_level(normal, uniform, fill) if fill.kind in PRIORLESS else spec
            classes[subclass_name(organ, number)] = {**whole, **drawn}


def add_clips(
    classes: Classes, data: DataSettings, texture: TextureSettings, bank: Bank, rng: np.random.Generator
) -> None:
    """Give a clip to every class that has a texture under this recipe; under `synth1` the wall alone may have one."""
    everything = data.kind == "synthseg"
    if not everything and (data.kind not in ("synth1", "synth3") or texture.kind == "none"):
        return
    white = everything or texture.kind == "white"
    for (name, spec), stream in zip(classes.items(), rng.spawn(len(classes)), strict=True):
        textured = data.rest_texture if name.startswith("_") else data.kind == "synth3"
        if (everything or textured) and name != AIR:
            spec["sd"] *= texture.strength
            spec["clip"] = sample_clip(make_white() if white else bank, texture, stream)


def surrounding_classes(
    surroundings: Mapping[str, Any] | None,
    data: DataSettings,
    texture: TextureSettings,
    bank: Bank,
    rng: np.random.Generator,
) -> Classes:
    """Return the classes of what lies around the labels, textured wherever the recipe has any texture."""
    classes = {name: dict(spec) for name, spec in surroundings["classes"].items()} if surroundings else {}
    kind = "synth3" if data.kind == "synth1" else data.kind
    add_clips(classes, replace(data, kind=kind, rest_texture=True), texture, bank, rng)
    return classes
