"""The numbers in nnU-Net's plans that its sliding window works with: those that a CT can be cut and resampled by."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelct.errors import InputError
from labelct.io.geometry import SPACING_MM
from labelct.trainer.model import REMEDY

LARGEST_PATCH = 1024  # voxels along an axis: twice what a CT has across
INTENSITY = ("mean", "std", "percentile_00_5", "percentile_99_5")


def check_numbers(path: Path, plans: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
    """Raise `InputError` where plans hold numbers that turn a mask, empty it, or ask for memory that no machine has.

    Args:
        path: The plans, which are named.
        plans: All of them.
        configuration: The one that is used, with what it inherits.
    """
    axes = [plans["transpose_forward"], plans["transpose_backward"]]
    if any(sorted(order) != [0, 1, 2] for order in axes) or [axes[0][axis] for axis in axes[1]] != [0, 1, 2]:
        raise InputError(path, f"its axes {axes[0]} and {axes[1]} are no order and its inverse", REMEDY)
    _check(path, "spacing", configuration["spacing"], SPACING_MM)
    _check(path, "patch_size", configuration["patch_size"], (1, LARGEST_PATCH))
    patch, steps = configuration["patch_size"], _steps(configuration["architecture"]["arch_kwargs"]["strides"])
    if len(steps) != len(patch) or any(size % step for size, step in zip(patch, steps, strict=True)):
        raise InputError(path, f"its patch_size {patch} is no multiple of the network's steps, {steps}", REMEDY)
    _check_intensity(path, plans["foreground_intensity_properties_per_channel"]["0"])


def _steps(strides: Sequence[int | Sequence[int]]) -> list[int]:
    """Return by how many voxels along each axis the deepest level of a network is coarser."""
    widest = max((len(step) for step in strides if isinstance(step, list)), default=1)
    levels = [step if isinstance(step, list) else [step] * widest for step in strides]
    return [math.prod(axis) for axis in zip(*levels, strict=True)]


def _check(path: Path, name: str, values: Sequence[float], allowed: tuple[float, float]) -> None:
    low, high = allowed
    if not all(type(value) in (int, float) and low <= value <= high for value in values):
        raise InputError(path, f"its {name} is {list(values)}, allowed is {low:g} to {high:g} each", REMEDY)


def _check_intensity(path: Path, properties: Mapping[str, float]) -> None:
    mean, deviation, least, most = (float(properties[name]) for name in INTENSITY)
    if not (math.isfinite(mean) and 0 <= deviation < math.inf and -math.inf < least <= most < math.inf):
        raise InputError(path, "its intensities are no window with a mean and a deviation", REMEDY)
