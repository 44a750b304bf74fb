"""ASTRA and diffct on a scan of ours: the forward projectors for curved detectors that install with pip.

Each peer takes a volume `(x, y, z)` that lies on the card and returns a function that projects it there, and one that
turns its result into our order. ASTRA samples along the ray as Joseph does; diffct adds up exact lengths in voxels
(Siddon), so that its integrals differ from ours by what the voxels are coarse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct.scanner.geometry import Grid, Helix


@dataclass(frozen=True)
class Peer:
    """A peer ready to run.

    Attributes:
        work: Projects; everything it reads and writes lies on the card.
        ours: Turns what `work` returns into `(view, channel, row)`.
    """

    work: Callable[[], Tensor]
    ours: Callable[[Tensor], Tensor]


def _frames(helix: Helix) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the focus, and at the detector's middle the unit vectors away from it and along growing channels."""
    views = np.arange(helix.views)
    angle, height = helix.angle(views), helix.height(views)
    distance = helix.source_isocentre
    source = np.stack([distance * np.cos(angle), distance * np.sin(angle), height], axis=1)
    middle = angle + (helix.gamma[0] + helix.gamma[-1]) / 2
    flat = np.zeros_like(angle)
    away = np.stack([-np.cos(middle), -np.sin(middle), flat], axis=1)
    along = np.stack([np.sin(middle), -np.cos(middle), flat], axis=1)
    return source, away, along


def astra_vectors(helix: Helix) -> NDArray[np.float64]:
    """Return ASTRA's `cyl_cone_vec`: focus, detector's middle, steps along channels and rows, radius; `(view, 13)`."""
    source, away, along = _frames(helix)
    radius = helix.source_detector
    row = np.broadcast_to([0.0, 0.0, helix.row_pitch], source.shape)
    step = radius * helix.channel_pitch * along
    return np.hstack([source, source + radius * away, step, row, np.full((len(source), 1), radius)])


def astra(volume: Tensor, grid: Grid, helix: Helix) -> Peer | str:
    """Return ASTRA's projector, or why there is none."""
    if not find_spec("astra"):
        return "astra-toolbox is not installed"
    import astra as toolbox

    if not toolbox.use_cuda():
        return "this astra-toolbox finds no CUDA"
    from astra.experimental import direct_FP3D

    edges = [(origin - step / 2, origin + (n - 0.5) * step) for origin, step, n in _axes(grid)]
    x, y, z = grid.shape
    space = toolbox.create_vol_geom(y, x, z, *edges[0], *edges[1], *edges[2])
    rays = toolbox.create_proj_geom("cyl_cone_vec", helix.rows, helix.channels, astra_vectors(helix))
    projector = toolbox.create_projector("cuda3d", rays, space)
    given = volume.permute(2, 1, 0).contiguous()
    found = torch.empty((helix.rows, helix.views, helix.channels), device=volume.device)

    def work() -> Tensor:
        direct_FP3D(projector, given, found)
        return found

    return Peer(work, lambda made: made.permute(1, 2, 0))


def _axes(grid: Grid) -> list[tuple[float, float, int]]:
    return list(zip(grid.origin, grid.spacing, grid.shape, strict=True))


def diffct(volume: Tensor, grid: Grid, helix: Helix, backend: str = "numba") -> Peer | str:
    """Return diffct's projector, or why there is none; `backend="torch"` runs anywhere."""
    if not find_spec("diffct"):
        return "diffct is not installed"
    from diffct import ParameterizedSurface, Projector

    source, away, along = _frames(helix)
    middle = [origin + (n - 1) / 2 * step for origin, step, n in _axes(grid)]
    radius, pitch = helix.source_detector, helix.channel_pitch
    up = np.broadcast_to([0.0, 0.0, 1.0], source.shape)
    frames = [source - middle, source + radius * away - middle, along, up]
    trajectory = tuple(torch.from_numpy(np.ascontiguousarray(frame)).float() for frame in frames)

    def cylinder(u: Tensor, v: Tensor, _: Tensor) -> Tensor:
        turn = u / radius
        return torch.stack([radius * torch.sin(turn), v, radius * (torch.cos(turn) - 1)], dim=-1)

    projector = Projector(
        trajectory,
        grid.shape[::-1],
        (helix.channels, helix.rows),
        detector_spacing=(radius * pitch, helix.row_pitch),
        voxel_spacing=grid.spacing[::-1],
        detector_surface=ParameterizedSurface(cylinder),
        backend=backend,
    )
    given = volume.permute(2, 1, 0).contiguous()
    return Peer(lambda: projector.project(given), lambda made: made)
