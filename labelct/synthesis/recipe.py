"""One synthetic volume: what is drawn for it, and how the draws become HU and training labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.synthesis.anatomy import Anatomy, prepare
from labelct.synthesis.assemble import lay_out
from labelct.synthesis.bank import Bank
from labelct.synthesis.classes import add_clips, add_gas, add_lesions, add_subclasses, surrounding_classes
from labelct.synthesis.completion import sample_completion
from labelct.synthesis.cylinder import sample_cylinder
from labelct.synthesis.deform import deform, sample_deformation
from labelct.synthesis.drop import of_structures, sample_drop
from labelct.synthesis.fill import AIR_HU, sample_enhancement, sample_fill
from labelct.synthesis.finish import finish, sample_finish
from labelct.synthesis.lesions import place_lesions, sample_lesions
from labelct.synthesis.priors import REST_CLASSES, Priors, load_priors
from labelct.synthesis.render import render
from labelct.synthesis.settings import DataSettings, DropSettings, FillSettings, TextureSettings
from labelct.synthesis.subclasses import sample_subclasses
from labelct.synthesis.surroundings import sample_surroundings
from labelct.synthesis.targets import Targets, members, present_names, target_labels
from labelct.synthesis.texture import sample_clip
from labelct.synthesis.trunk import trunk_half_axes


@dataclass(frozen=True)
class Painted:
    """One volume with everything known about it.

    Attributes:
        params: What was drawn.
        volume: `(x, y, z)` float32 HU.
        target: `(x, y, z)` uint8, 1 to the number of targets.
        anatomy: What was painted.
    """

    params: dict[str, Any]
    volume: NDArray[np.float32]
    target: NDArray[np.uint8]
    anatomy: Anatomy


def sample_recipe(
    label_map: NDArray[Any],
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
    ct: NDArray[Any] | None = None,
    priors: Priors | None = None,
) -> dict[str, Any]:
    """Draw everything that is random about one volume.

    Every kind of draw has its own stream, so that changing one setting (the drop, the texture) leaves the other draws
    of the same seed as they were: the arms of an experiment stay paired.

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
        ct: HU on the same grid, or None; `synthesize` is given the same.
        priors: Table of HU; None loads `data.priors`.

    Returns:
        JSON-able parameters of `synthesize`, complete: with the same label map, bank and CT they give the same bits.

    Raises:
        InputError: A label value has no name, or a class has no prior.
    """
    given = Anatomy(label_map, spacing, names)
    return _sample(given, targets, data, fill, texture, drop, bank, rng, ct, priors)[0]


def _sample(
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
    """Return the parameters, and the anatomy that they make of the given one."""
    if data.kind == "clinical":
        return {"kind": "clinical", "dropped": [], "bank": None}, given
    if data.kind == "synthseg":
        fill = replace(fill, kind="mixture")
    drop_rng, body_rng, fill_rng, gas_rng, clip_rng, deform_rng, lesion_rng, finish_rng, split_rng, around_rng = (
        rng.spawn(10)
    )
    shape, whole, painted = _sample_shape(given, data, deform_rng, lesion_rng, threads)
    present = present_names(painted.label_map, painted.names)
    allowed = members(targets) if data.kind == "synth1" else set(present.values()) - set(REST_CLASSES)
    labels = sorted((set(present.values()) & allowed) - {data.lesions.name})
    dropped = sample_drop(labels, of_structures(drop, targets), drop_rng)
    body = sample_completion(painted.label_map, given.spacing, present, data, ct is not None, body_rng)
    if data.kind == "synth1":
        body = _sample_body(painted, labels, body, data, body_rng)
        body["clip"] = sample_clip(bank, texture, clip_rng.spawn(1)[0])
    split = sample_subclasses(given.label_map, whole, labels, data.subclasses, ct, split_rng.spawn(1)[0])
    enhancement = sample_enhancement(data, fill_rng)
    priors = priors or load_priors(data.priors)
    classes = sample_fill([*REST_CLASSES, *labels], data, fill, priors, enhancement, fill_rng)
    gas = add_gas(classes, labels, fill, priors, gas_rng)
    add_lesions(classes, labels, dropped, shape["lesions"])
    add_subclasses(classes, split, data.subclasses.between, fill, split_rng)
    add_clips(classes, data, texture, bank, clip_rng)
    around_clip_rng = around_rng.spawn(1)[0]
    pasted = [name for name in labels if name not in dropped]
    levels = {name: classes[name]["hu"] if name in pasted else None for name in present.values()}
    around = data.surroundings
    surroundings = sample_surroundings(painted.label_map, given.spacing, levels, around, body, around_rng)
    classes |= surrounding_classes(surroundings, data, texture, bank, around_clip_rng)
    clips = [spec["clip"] for spec in [body, *classes.values()] if "clip" in spec]
    return {
        "kind": data.kind,
        **shape,
        **({"subclasses": split} if split else {}),
        "pasted": pasted,
        "dropped": dropped,
        "enhancement": enhancement,
        "body": body,
        **({"surroundings": surroundings} if surroundings else {}),
        "gas": gas,
        "classes": classes,
        "bank": bank.digest if any("clip" in clip for clip in clips) else None,
        "finish": sample_finish(data, finish_rng),
    }, painted


def _sample_shape(
    given: Anatomy,
    data: DataSettings,
    deform_rng: np.random.Generator,
    lesion_rng: np.random.Generator,
    threads: int,
) -> tuple[dict[str, Any], Mapping[int, str], Anatomy]:
    """Return what deforms the anatomy and grows in it, its names without lesions, and what it becomes."""
    shape: dict[str, Any] = {"deform": sample_deformation(data.deform, deform_rng), "lesions": None}
    host = prepare(given, shape, threads)
    shape["lesions"] = sample_lesions(host.label_map, host.names, data.lesions, lesion_rng)
    label_map, names = place_lesions(host.label_map, given.spacing, host.names, shape["lesions"])
    return shape, host.names, Anatomy(label_map, given.spacing, names)


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


def synthesize(
    label_map: NDArray[Any],
    spacing: Sequence[float],
    names: Mapping[int, str],
    targets: Targets,
    params: Mapping[str, Any],
    bank: Bank,
    ct: NDArray[Any] | None = None,
    threads: int = 1,
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Make the volume that `params` describe, and its training labels.

    Args:
        label_map: `(x, y, z)` unsigned label values.
        spacing: Voxel size in mm.
        names: Name of every value in the map.
        targets: Names of the structures that make up each target.
        params: Of `sample_recipe`, also after a trip through JSON.
        bank: The texture bank that `params` were drawn for.
        ct: HU on the same grid: the volume itself for `clinical`, and what `kmeans` completion and sub-classes split.
        threads: Threads to spread over; the result does not depend on it.

    Returns:
        The volume, `(x, y, z)` float32 HU, and the target, uint8, 1 to `len(targets)` in their order; dropped labels
        are in neither.

    Raises:
        InputError: The CT or the texture bank that `params` ask for is missing.
    """
    anatomy = prepare(Anatomy(label_map, spacing, names), params, threads)
    return _paint(anatomy, targets, params, bank, ct, threads)


def draw_volume(
    label_map: NDArray[Any],
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
    ct: NDArray[Any] | None = None,
    priors: Priors | None = None,
    threads: int = 1,
) -> Painted:
    """Draw a volume and make it: `sample_recipe` and `synthesize` in one, which deforms the map once only.

    Args:
        label_map: As of `sample_recipe`, and so the rest.
        spacing: Voxel size in mm.
        names: Name of every value in the map.
        targets: Names of the structures that make up each target.
        data: Recipe.
        fill: Intensity distribution.
        texture: How clips are cut.
        drop: Chances of leaving labels out.
        bank: Texture clips.
        rng: Source of all draws.
        ct: HU on the same grid, or None.
        priors: Table of HU; None loads `data.priors`.
        threads: Threads to spread over.
    """
    given = Anatomy(label_map, spacing, names)
    params, anatomy = _sample(given, targets, data, fill, texture, drop, bank, rng, ct, priors, threads)
    return Painted(params, *_paint(anatomy, targets, params, bank, ct, threads), anatomy)


def _paint(
    anatomy: Anatomy,
    targets: Targets,
    params: Mapping[str, Any],
    bank: Bank,
    ct: NDArray[Any] | None,
    threads: int,
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return volume and target of a prepared anatomy."""
    names, lesions = dict(anatomy.names), params.get("lesions")
    if lesions and lesions["name"] not in members(targets):
        names = {value: lesions["host"] if name == lesions["name"] else name for value, name in names.items()}
    target = target_labels(anatomy.label_map, names, targets, params["dropped"])
    if params["kind"] == "clinical":
        if ct is None:
            raise InputError("data=clinical", "the case has no CT", "set data=synth1, synth2 or synth3, or add its CT")
        return np.ascontiguousarray(ct, np.float32), target
    if params["bank"] not in (None, bank.digest):
        problem = f"is {bank.digest}, but the volume was drawn from {params['bank']}"
        raise InputError("texture bank", problem, "use the texture settings and files of the first run")
    split = params.get("subclasses")
    if ct is not None and (params["body"]["kind"] == "kmeans" or (split and split["source"] == "ct")):
        ct = deform(np.asarray(ct, np.float32), anatomy.spacing, params["deform"], AIR_HU, threads)
    layout = lay_out(anatomy.label_map, anatomy.spacing, anatomy.names, params, ct, threads)
    return finish(render(layout, params, bank, threads), anatomy.spacing, params["finish"], threads), target
