"""What describes a model whoever trained it: small files that go along, and how another tool feeds its network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from labelct.writing import copy

# `log.csv` and `versions.json` tell how it was trained; the others are read when it is used.
DESCRIBING = (
    *("model.json", "cascade.json", "targets.json", "components.json", "image.json"),
    *("versions.json", "log.csv"),
)


@dataclass(frozen=True)
class Feeding:
    """How an image becomes what a network sees, and its scores labels.

    Attributes:
        axes: Of the input, as `batch, channel, x, y, z`.
        window: What the network sees at once, in voxels, in the order of the axes.
        spacing: Voxel size of its grid, mm, in the order of the axes; 0 keeps the image's own.
        intensity: `{low, high, mean, sd}`: HU are clipped to `[low, high]`, then `(hu - mean) / sd`; `volume` where
            these are each volume's own (0.5 and 99.5 percentiles, mean and deviation between them).
        activation: `softmax` over the classes, or `sigmoid` of one score.
        labels: Label value of each class after the background, by name.
        overlap: Share of a window that neighbours have in common.
    """

    axes: str
    window: Sequence[int]
    spacing: Sequence[float]
    intensity: Mapping[str, float] | str
    activation: str
    labels: Mapping[str, int]
    overlap: float


@dataclass(frozen=True)
class BareNetwork:
    """A network without what surrounds it in labelct.

    Attributes:
        network: In evaluation mode, float32, on the CPU.
        shape: Channels and voxels of one input.
        feeding: How it is fed.
    """

    network: nn.Module
    shape: tuple[int, ...]
    feeding: Feeding


def copy_description(folder: Path, output: Path) -> None:
    """Copy what a model's folder says of it besides the weights.

    Raises:
        InputError: The disk is full, or the folder cannot be written.
    """
    for name in DESCRIBING:
        if (folder / name).is_file():
            copy(folder / name, output / name)
