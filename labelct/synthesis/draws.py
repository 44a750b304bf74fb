"""What is drawn for one synthetic volume, each kind of draw from a stream of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelct.synthesis.anatomy import Anatomy, prepare
from labelct.synthesis.bank import Bank
from labelct.synthesis.classes import Classes, add_clips, add_gas, add_lesions, add_subclasses, surrounding_classes
from labelct.synthesis.completion import sample_completion
from labelct.synthesis.cylinder import sample_cylinder
from labelct.synthesis.deform import sample_deformation
from labelct.synthesis.drop import of_structures, sample_drop
from labelct.synthesis.fill import sample_enhancement, sample_fill
from labelct.synthesis.finish import sample_finish
from labelct.synthesis.lesions import place_lesions, sample_lesions
from labelct.synthesis.priors import REST_CLASSES, Priors, load_priors
from labelct.synthesis.settings import DataSettings, DropSettings, FillSettings, TextureSettings
from labelct.synthesis.subclasses import sample_subclasses
from labelct.synthesis.surroundings import sample_surroundings
from labelct.synthesis.targets import Targets, members, present_names
from labelct.synthesis.texture import sample_clip
from labelct.synthesis.trunk import trunk_half_axes


class Streams(NamedTuple):
    """A source of draws for each kind of them, in the order in which they are spawned."""

    drop: np.random.Generator
    body: np.random.Generator
    fill: np.random.Generator
    gas: np.random.Generator
    clip: np.random.Generator
    deform: np.random.Generator
    lesion: np.random.Generator
    finish: np.random.Generator
    split: np.random.Generator
    around: np.random.Generator


def draw_params(
    given: Anatomy,
    targets: Targets,
    data: DataSettings,
    fill: FillSettings,
    texture: TextureSettings,
    drop: DropSettings,
    bank: Bank,
    rng: np.random.Generator,
    ct: NDArray[Any] | None,
    priors: Priors | None,
    threads: int = 1,
) -> tuple[dict[str, Any], Anatomy]:
    """Draw everything that is random about one volume: `recipe.sample_recipe`, whose arguments these are.

    Args:
        given: Its label map, spacing and names.
        threads: Threads to spread the deformation over.

    Returns:
        The parameters, and the anatomy that they make of the given one.
    """
    if data.kind == "clinical":
        return {"kind": "clinical", "dropped": [], "bank": None}, given
    if data.kind == "synthseg":
        fill = replace(fill, kind="mixture")
    streams = Streams(*rng.spawn(len(Streams._fields)))
    shape, whole, painted = _sample_shape(given, data, streams, threads)
    present = present_names(painted.label_map, painted.names)
    allowed = members(targets) if data.kind == "synth1" else set(present.values()) - set(REST_CLASSES)
    labels = sorted((set(present.values()) & allowed) - {data.lesions.name})
    dropped = sample_drop(labels, of_structures(drop, targets), streams.drop)
    body = sample_completion(painted.label_map, given.spacing, present, data, ct is not None, streams.body)
    if data.kind == "synth1":
        body = _sample_body(painted, labels, body, data, streams.body)
        body["clip"] = sample_clip(bank, texture, streams.clip.spawn(1)[0])
    split = sample_subclasses(given.label_map, whole, labels, data.subclasses, ct, streams.split.spawn(1)[0])
    priors = priors or load_priors(data.priors)
    classes, levels = _sample_classes(labels, dropped, shape["lesions"], split, data, fill, priors, streams)
    add_clips(classes, data, texture, bank, streams.clip)
    pasted = [name for name in labels if name not in dropped]
    means = {name: classes[name]["hu"] if name in pasted else None for name in present.values()}
    surroundings, more = _sample_surroundings(painted, means, body, data, texture, bank, streams.around)
    classes |= more
    clips = [spec["clip"] for spec in [body, *classes.values()] if "clip" in spec]
    return {
        "kind": data.kind,
        **shape,
        **({"subclasses": split} if split else {}),
        "pasted": pasted,
        "dropped": dropped,
        "body": body,
        **({"surroundings": surroundings} if surroundings else {}),
        **levels,
        "classes": classes,
        "bank": bank.digest if any("clip" in clip for clip in clips) else None,
        "finish": sample_finish(data, streams.finish),
    }, painted


def _sample_shape(
    given: Anatomy, data: DataSettings, streams: Streams, threads: int
) -> tuple[dict[str, Any], Mapping[int, str], Anatomy]:
    """Return what deforms the anatomy and grows in it, its names without lesions, and what it becomes."""
    shape: dict[str, Any] = {"deform": sample_deformation(data.deform, streams.deform), "lesions": None}
    host = prepare(given, shape, threads)
    shape["lesions"] = sample_lesions(host.label_map, host.names, data.lesions, streams.lesion)
    label_map, names = place_lesions(host.label_map, given.spacing, host.names, shape["lesions"])
    return shape, host.names, Anatomy(label_map, given.spacing, names)


def _sample_classes(
    labels: list[str],
    dropped: list[str],
    lesions: Mapping[str, Any] | None,
    split: Mapping[str, Any] | None,
    data: DataSettings,
    fill: FillSettings,
    priors: Priors,
    streams: Streams,
) -> tuple[Classes, dict[str, Any]]:
    """Return the HU of every class, and the enhancement and gas behind them; lesions join `labels` and `dropped`."""
    enhancement = sample_enhancement(data, streams.fill)
    classes = sample_fill([*REST_CLASSES, *labels], data, fill, priors, enhancement, streams.fill)
    gas = add_gas(classes, labels, fill, priors, streams.gas)
    add_lesions(classes, labels, dropped, lesions)
    add_subclasses(classes, split, data.subclasses.between, fill, streams.split)
    return classes, {"enhancement": enhancement, "gas": gas}


def _sample_body(
    painted: Anatomy, labels: Sequence[str], trunk: Mapping[str, Any], data: DataSettings, rng: np.random.Generator
) -> dict[str, Any]:
    """Return the body of `synth1`: a cylinder around the labels, or the trunk of a geometric completion."""
    target = np.isin(painted.label_map, [value for value, name in painted.names.items() if name in labels])
    cylinder = sample_cylinder(target, painted.spacing, trunk["centre_mm"], data.cylinder, rng)
    if rng.random() < data.cylinder.trunk:
        axes = trunk_half_axes(target, painted.spacing, trunk)
        return {**trunk, "kind": "trunk", "half_axes_mm": axes, "histogram": data.cylinder.histogram}
    return {"kind": "cylinder", **cylinder}


def _sample_surroundings(
    painted: Anatomy,
    means: Mapping[str, float | None],
    body: Mapping[str, Any],
    data: DataSettings,
    texture: TextureSettings,
    bank: Bank,
    rng: np.random.Generator,
) -> tuple[dict[str, Any] | None, Classes]:
    """Return what lies around the labels, and its classes."""
    clip_rng = rng.spawn(1)[0]
    drawn = sample_surroundings(painted.label_map, painted.spacing, means, data.surroundings, body, rng)
    return drawn, surrounding_classes(drawn, data, texture, bank, clip_rng)
