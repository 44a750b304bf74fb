"""One synthetic volume: what is drawn for it, and how the draws become HU and training labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.synthesis.anatomy import Anatomy, prepare
from labelct.synthesis.assemble import lay_out
from labelct.synthesis.bank import Bank
from labelct.synthesis.deform import deform
from labelct.synthesis.draws import draw_params
from labelct.synthesis.fill import AIR_HU
from labelct.synthesis.finish import finish
from labelct.synthesis.priors import Priors
from labelct.synthesis.render import render
from labelct.synthesis.settings import DataSettings, DropSettings, FillSettings, TextureSettings
from labelct.synthesis.targets import Targets, members, target_labels


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
    return draw_params(given, targets, data, fill, texture, drop, bank, rng, ct, priors)[0]


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
    params, anatomy = draw_params(given, targets, data, fill, texture, drop, bank, rng, ct, priors, threads)
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
