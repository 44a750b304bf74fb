"""Textures: where in a clip an organ's pixels lie, and how every class becomes HU.

How grey values become HU is told in `greys`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelct.errors import InputError
from labelct.priors.table import AIR
from labelct.settings import Checked, choice, interval, path, ranged
from labelct.synthesis.bank import Source
from labelct.synthesis.scene import BODY

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene, Spec

TEXTURES = ("video", "stills", "noise", "leaves", "white", "none")
GENERATED = ("stills", "noise", "leaves")
DIRECTIONS = ("z", "any")
TRIES = 8  # draws of a place in a clip until it has contrast


@dataclass
class Settings(Checked):
    """The 8-bit clips that textures are cut from.

    Attributes:
        kind: `video` (a folder of video files), `stills` (photographs set in motion), `noise` (1/f), `leaves`
            (dead leaves), `white` (independent voxels), `none` (constant organs).
        root: Folder of the video files, all of which are used.
        size: Shorter side of a clip in pixels; that of a video at most, after area resizing.
        frames: Frames of a generated clip (`stills`, `noise`, `leaves`); videos have all of theirs.
        clips: How many clips are generated for `stills`, `noise` and `leaves`.
        cache_mb: Most memory in MiB for decoded frames of videos, in each process.
        scale: Interval of the pixels per voxel.
        stride: Most frames between two slices.
        direction: Axis that time runs along: `z`, or `any` of the three.
        slope: Exponent of the amplitude spectrum of `noise`, 1 for 1/f.
        strength: Factor on the organ's texture standard deviation.
    """

    kind: str = choice("stills", TEXTURES)
    root: str | None = path(None)
    size: int = ranged(160, 16, 1024)
    frames: int = ranged(64, 1, 4096)
    clips: int = ranged(18, 1, 4096)
    cache_mb: int = ranged(512, 0, 1048576)
    scale: list[float] = interval(0.75, 1.5, 0.05, 8.0)
    stride: int = ranged(2, 1, 16)
    direction: str = choice("z", DIRECTIONS)
    slope: float = ranged(1.0, 0.0, 4.0)
    strength: float = ranged(1.0, 0.0, 10.0)
    read_with: ClassVar = {
        **dict.fromkeys(("root", "cache_mb"), ("kind", ("video",))),
        **dict.fromkeys(("frames", "clips"), ("kind", GENERATED)),
        "slope": ("kind", ("noise",)),
        **dict.fromkeys(("size", "scale", "stride", "direction"), ("kind", ("video", *GENERATED))),
    }


def sample(scene: Scene, rng: np.random.Generator) -> dict[str, Any]:
    """Give a clip to every class that has a texture under this recipe, each from a stream of its own.

    The body of `synth1` always has one.

    Returns:
        `clips` by class, their `strength`, and `bank`, the digest of what they were cut from; None where none was.
    """
    recipe, clips = scene.recipe, {}
    if "histogram" in scene.drawn["background"]:
        clips[BODY] = sample_clip(recipe.bank, recipe.texture, rng.spawn(1)[0])
    if recipe.textures("labels") or recipe.textures("background"):
        for name, stream in zip(scene.classes, rng.spawn(len(scene.classes)), strict=True):
            if name != AIR and recipe.textures("background" if name.startswith("_") else "labels"):
                clips[name] = sample_clip(recipe.clips, recipe.texture, stream)
    around = (scene.drawn.get("distractors") or {"classes": {}})["classes"].values()
    cut = [*clips.values(), *(spec["clip"] for spec in around if "clip" in spec)]
    digest = recipe.bank.digest if any("clip" in clip for clip in cut) else None
    return {"clips": clips, "strength": recipe.texture.strength, "bank": digest}


def textured(spec: Spec, clip: Mapping[str, Any], strength: float) -> Spec:
    """Return a class with a texture of `strength` times its standard deviation; a body has a histogram instead."""
    return {**spec, "clip": clip} | ({"sd": spec["sd"] * strength} if "sd" in spec else {})


def apply(scene: Scene, params: Mapping[str, Any]) -> None:
    """Fill every class with its constant or with its texture.

    Raises:
        InputError: The texture bank is not the one that the volume was drawn from.
    """
    from labelct.synthesis.render import fill

    bank = scene.recipe.bank
    if params["bank"] not in (None, bank.digest):
        problem = f"is {bank.digest}, but the volume was drawn from {params['bank']}"
        raise InputError("texture bank", problem, "use the texture settings and files of the first run")
    for name, clip in params["clips"].items():
        scene.classes[name] = textured(scene.classes[name], clip, params["strength"])
    scene.volume = fill(scene.layout(), scene.classes, bank)


def sample_clip(bank: Source, settings: Settings, rng: np.random.Generator) -> dict[str, Any]:
    """Draw the place of one texture in the bank; a place without contrast is drawn again, a few times.

    Args:
        bank: Clips; an empty one gives white noise.
        settings: Intervals of scale and stride, direction of time.
        rng: Source of the draws.

    Returns:
        `clip` (number in the bank), `axes` (the clip dimension, 0 time, 1 row, 2 column, that x, y and z run along),
        `start` and `step` per clip dimension in frames and pixels; a negative step is a flip. A video is cropped to
        the organ's box: its row and column of `start` are shares of the room for the crop. Without clips `seed`.
    """
    if not len(bank):
        return {"seed": int(rng.integers(2**31))}
    for _ in range(TRIES):
        drawn = _draw_clip(bank, settings, rng)
        if bank.has_contrast(drawn):
            break
    return drawn


def _draw_clip(bank: Source, settings: Settings, rng: np.random.Generator) -> dict[str, Any]:
    number = int(rng.integers(len(bank)))
    scale = float(np.exp(rng.uniform(*np.log(settings.scale))))
    sizes = [float(rng.integers(1, settings.stride + 1)), scale, scale]
    axes = [2, 1, 0] if settings.direction == "z" else rng.permutation(3).tolist()
    flips = rng.choice([-1.0, 1.0], size=3)
    start = bank.start(number, rng.random(3).tolist())
    step = [float(size * flip) for size, flip in zip(sizes, flips, strict=True)]
    return {"clip": number, "axes": axes, "start": start, "step": step}
