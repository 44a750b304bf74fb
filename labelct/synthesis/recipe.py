"""One synthetic volume: what is drawn for it, and how the draws become HU and training labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.synthesis.assemble import BODY, GAS_SUFFIX, Layout, lay_out
from labelct.synthesis.bank import Bank
from labelct.synthesis.completion import sample_completion
from labelct.synthesis.cylinder import body_quantiles, sample_cylinder
from labelct.synthesis.drop import sample_drop
from labelct.synthesis.fill import sample_enhancement, sample_fill
from labelct.synthesis.gas import sample_gas
from labelct.synthesis.paint import bounding_boxes, look_up, read_greys
from labelct.synthesis.priors import AIR, REST_CLASSES, Priors, load_priors
from labelct.synthesis.settings import DataSettings, DropSettings, FillSettings, TextureSettings
from labelct.synthesis.texture import GREYS, axis_tables, normal_table, quantile_table, sample_clip

Targets = Mapping[str, Sequence[str]]
CONSTANT, CLIP, WHITE = 0, 1, 2


def sample_recipe(
    label_map: NDArray[np.integer],
    spacing: Sequence[float],
    names: Mapping[int, str],
    targets: Targets,
    data: DataSettings,
    fill: FillSettings,
    texture: TextureSettings,
    drop: DropSettings,
    bank: Bank,
    rng: np.random.Generator,
    *,
    ct_available: bool = False,
    priors: Priors | None = None,
) -> dict[str, Any]:
    """Draw everything that is random about one volume.

    Every kind of draw has its own stream, so that changing one setting (the drop, the texture) leaves the other draws
    of the same seed as they were: arms of an experiment stay paired.

    Args:
        label_map: `(x, y, z)` unsigned label values.
        spacing: Voxel size in mm.
        names: Name of every value in the map.
        targets: Names of the structures that make up each target.
        data: Recipe.
        fill: Intensity distribution.
        texture: How clips are cut.
        drop: Chances of leaving labels out.
        bank: Texture clips.
        rng: Source of all draws.
        ct_available: Whether `synthesize` will be given the case's CT.
        priors: Table of HU; None loads `data.priors`.

    Returns:
        JSON-able parameters of `synthesize`, complete: with the same label map, bank and CT they give the same bits.

    Raises:
        InputError: A label value has no name, or a class has no prior.
    """
    if data.kind == "clinical":
        return {"kind": "clinical", "dropped": []}
    present = present_names(label_map, names)
    drop_rng, body_rng, fill_rng, gas_rng, clip_rng = rng.spawn(5)
    priors = priors or load_priors(data.priors)
    organs = sorted({name for name in present.values() if name not in REST_CLASSES})
    pasted = [name for name in organs if data.kind != "synth1" or name in _members(targets)]
    dropped = sample_drop(pasted, drop, drop_rng)
    body = sample_completion(label_map, spacing, present, data, ct_available, body_rng)
    params: dict[str, Any] = {"kind": data.kind, "pasted": [name for name in pasted if name not in dropped]}
    params |= {"dropped": dropped, "enhancement": sample_enhancement(data, fill_rng), "body": body}
    if data.kind == "synth1":
        target = np.isin(label_map, [value for value, name in present.items() if name in pasted])
        cylinder = sample_cylinder(target, spacing, body["centre_mm"], data.cylinder, body_rng)
        params["body"] = {"kind": "cylinder", **cylinder}
    if data.kind == "synthseg":
        fill = FillSettings(kind="mixture", hu=fill.hu, sd=fill.sd, gas=fill.gas)
    classes = sample_fill([*REST_CLASSES, *pasted], data, fill, priors, params["enhancement"], fill_rng)
    params["gas"] = {}
    for name in pasted if fill.gas and fill.kind not in ("uniform", "mixture") else ():
        prior = priors[name]
        if prior.gas_fraction > 0:
            params["gas"][name] = sample_gas(prior, gas_rng)
            classes[name + GAS_SUFFIX] = {"hu": prior.hu_gas, "sd": prior.hu_gas_sd}
    params["classes"] = _with_clips(classes, data, texture, bank, clip_rng)
    if data.kind == "synth1":
        params["body"]["clip"] = sample_clip(bank, texture, clip_rng)
    params["bank"] = bank.digest if len(bank) else None
    return params


def present_names(label_map: NDArray[np.integer], names: Mapping[int, str]) -> dict[int, str]:
    """Return the names of the values above 0 that occur in a map.

    Raises:
        InputError: A value has no name.
    """
    top = int(label_map.max(initial=0))
    counted = np.bincount(label_map.ravel()) if top < 1 << 16 else None
    values = np.flatnonzero(counted) if counted is not None else np.unique(label_map)
    unnamed = [int(value) for value in values if value and int(value) not in names]
    if unnamed:
        known = ", ".join(f"{value} {name}" for value, name in sorted(names.items())[:20])
        raise InputError(
            "label map", f"the value {unnamed[0]} has no name", f"add it to the names file (known: {known})"
        )
    return {int(value): names[int(value)] for value in values if value}


def _members(targets: Targets) -> set[str]:
    return {name for group in targets.values() for name in group}


def _with_clips(
    classes: dict[str, dict[str, float]],
    data: DataSettings,
    texture: TextureSettings,
    bank: Bank,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Add the clip to every class that gets a texture under this recipe; every class takes its draws."""
    textured = {"synth3": texture.kind != "none", "synthseg": True}.get(data.kind, False)
    white = make_white() if data.kind == "synthseg" else bank
    finished: dict[str, Any] = {}
    for name, drawn in classes.items():
        clip = sample_clip(white, texture, rng.spawn(1)[0])
        rest = name.startswith("_") and not (data.rest_texture or data.kind == "synthseg")
        finished[name] = dict(drawn)
        if textured and not rest and name != AIR:
            finished[name] |= {"sd": drawn["sd"] * texture.strength, "clip": clip}
    return finished


def make_white() -> Bank:
    """Return the empty bank, which stands for white noise."""
    from labelct.synthesis.bank import make_bank

    return make_bank([], [])


def synthesize(
    label_map: NDArray[np.integer],
    spacing: Sequence[float],
    names: Mapping[int, str],
    targets: Targets,
    params: Mapping[str, Any],
    bank: Bank,
    ct: NDArray[np.float32] | None = None,
    threads: int = 1,
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Make the volume that `params` describe, and its training labels.

    Args:
        label_map: `(x, y, z)` unsigned label values.
        spacing: Voxel size in mm.
        names: Name of every value in the map.
        targets: Names of the structures that make up each target.
        params: Of `sample_recipe`.
        bank: The texture bank that `params` were drawn for.
        ct: HU on the same grid: the volume itself for `clinical`, and what `kmeans` completion splits.
        threads: Threads to spread over; the result does not depend on it.

    Returns:
        The volume, `(x, y, z)` float32 HU, and the target, uint8, 1 to `len(targets)` in their order; dropped labels
        are 0 in both senses: not in the volume and not in the target.

    Raises:
        InputError: A CT or the texture bank that `params` ask for is missing.
    """
    target = target_labels(label_map, names, targets, params["dropped"])
    if params["kind"] == "clinical":
        if ct is None:
            raise InputError(
                "data=clinical", "the case has no CT", "take a cohort with CT, or data=synth1, synth2, synth3"
            )
        return np.ascontiguousarray(ct, np.float32), target
    if params["bank"] not in (None, bank.digest):
        problem = f"is {bank.digest}, the volume was drawn from {params['bank']}"
        raise InputError("texture bank", problem, "use the texture settings and files of the first run")
    layout = lay_out(label_map, spacing, names, params, ct, threads)
    return _paint(layout, params, bank, threads), target


def target_labels(
    label_map: NDArray[np.integer], names: Mapping[int, str], targets: Targets, dropped: Sequence[str] = ()
) -> NDArray[np.uint8]:
    """Return the training labels: 1 to `len(targets)` in their order, 0 elsewhere and where a label was dropped."""
    if len(targets) > 255:
        raise InputError("targets", f"are {len(targets)}", "choose at most 255")
    found = np.zeros(label_map.shape, np.uint8)
    top = int(label_map.max(initial=0))
    number = {name: index for index, group in enumerate(targets.values(), 1) for name in group if name not in dropped}
    wanted = {value: number[name] for value, name in names.items() if name in number and value <= top}
    if top < 1 << 16:
        lookup = np.zeros(top + 1, np.uint8)
        lookup[list(wanted)] = list(wanted.values())
        return lookup[label_map]
    for value, index in wanted.items():
        found[label_map == value] = index
    return found


def _paint(layout: Layout, params: Mapping[str, Any], bank: Bank, threads: int) -> NDArray[np.float32]:
    """Fill every part with its constant or with its texture."""
    specs = [_spec(name, params) for name in layout.names]
    source = np.array(
        [CONSTANT if s["clip"] is None else CLIP if "clip" in s["clip"] else WHITE for s in specs], np.uint8
    )
    greys, counts = _greys(layout, specs, source, bank, threads)
    table = np.empty((len(specs), GREYS), np.float32)
    for part, spec in enumerate(specs):
        if source[part] == CONSTANT:
            table[part] = spec["hu"]
        elif spec["histogram"]:
            table[part] = quantile_table(counts[part], *body_quantiles(spec["histogram"]))
        else:
            table[part] = normal_table(counts[part], spec["hu"], spec["sd"])
    return look_up(layout.parts, greys, table, threads)


def _spec(name: str, params: Mapping[str, Any]) -> dict[str, Any]:
    if name == BODY:
        return {"clip": params["body"]["clip"], "histogram": params["body"]["histogram"]}
    return {"clip": None, "histogram": None} | params["classes"][name]


def _greys(
    layout: Layout, specs: Sequence[Mapping[str, Any]], source: NDArray[np.uint8], bank: Bank, threads: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read greys and their counts; constants alone need no pass."""
    shape, number = layout.parts.shape, len(specs)
    if not source.any():
        return np.broadcast_to(np.uint8(0), shape), np.zeros((number, GREYS), np.int64)
    tables = tuple(tuple(np.zeros((number, n), np.int64) for _ in range(3)) for n in shape)
    seeds = np.zeros(number, np.uint64)
    boxes = bounding_boxes(layout.parts, number, threads)
    for part, spec in enumerate(specs):
        if source[part] == CLIP:
            for axis, rows in enumerate(zip(*axis_tables(spec["clip"], bank, boxes[part, :3], shape), strict=True)):
                for kind, row in enumerate(rows):
                    tables[axis][kind][part] = row
        elif source[part] == WHITE:
            seeds[part] = spec["clip"]["seed"] * 0x9E3779B97F4A7C15 % (1 << 64)
    pixels = bank.pixels if len(bank) else np.zeros(1, np.uint8)
    return read_greys(layout.parts, source, pixels, tables, seeds, threads)
