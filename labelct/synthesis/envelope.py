"""The body envelope around labels where no CT shows it: a cavity in a wall of muscle under a shell of fat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelct.priors.table import AIR
from labelct.synthesis.hull import envelope_shells

if TYPE_CHECKING:
    from labelct.synthesis.scene import Scene

OUTSIDE, SHELL, WALL, CAVITY = range(4)


def envelope_layers(scene: Scene, params: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Return the layer of every voxel, `(x, y, z)`: 0 outside, 1 shell of fat, 2 wall of muscle, 3 cavity.

    Args:
        scene: Its labels, all but air, lie in the cavity.
        params: Of `background.sample`.
    """
    from labelct.synthesis.kernels.envelope import rasterise
    from labelct.threads import over_chunks

    tissue = (scene.label_map > 0) & ~scene.where({AIR})
    shells = envelope_shells(tissue, scene.spacing, params["centre_mm"], params)
    cavity, wall, skin = (shell.astype(np.float32) for shell in shells)
    layers = np.zeros(tissue.shape, np.uint8)
    geometry = np.array([*scene.spacing[:2], *params["centre_mm"]])
    over_chunks(lambda start, stop: rasterise(layers, start, stop, cavity, wall, skin, geometry), len(layers))
    return layers


def envelope_half_axes(labelled: NDArray[np.bool_], spacing: Sequence[float], params: Mapping[str, Any]) -> list[float]:
    """Return how far the envelope around sparse labels reaches from its centre, `[x, y]` mm, skin included.

    Args:
        labelled: `(x, y, z)`, True on labels.
        spacing: Voxel size in mm.
        params: Of `background.sample`.
    """
    columns = np.nonzero(labelled.any(axis=2))
    drawn = params["half_width_mm"], params["half_depth_mm"]
    rind = params["wall_mm"] + params["fat_mm"]
    reach = []
    for axis, size, centre, half in zip(columns, spacing, params["centre_mm"], drawn, strict=False):
        reach.append(float(max(half, np.abs(axis * size - centre).max(initial=0.0))) + rind)
    return reach
