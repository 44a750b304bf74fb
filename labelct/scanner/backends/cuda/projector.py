"""Line integrals along a helical scan on the device, and the matched adjoint (Joseph, IEEE TMI 1 (1982) 192)."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct.accelerator import within_memory
from labelct.scanner.backends.cuda.blocks import Blocks
from labelct.scanner.backends.cuda.device import as_given, name, on_device
from labelct.scanner.backends.cuda.joseph import adjoint_kernel, forward_kernel
from labelct.scanner.backends.cuda.memory import RAYS_AT_ONCE
from labelct.scanner.backends.cuda.rays import rays
from labelct.scanner.chunked_reconstruction import VIEWS_PER_BLOCK, Views
from labelct.scanner.geometry import Grid, Helix, focal_places
from labelct.scanner.operations import Values

NARROW = 2**31  # places in a volume that 32 bits count
WORK, REMEDY = "forward projection on the card", "take a smaller volume, or set scanner.backend=numba"


@dataclass(frozen=True)
class Padded:
    """A volume on the device that rays leave through empty columns, and whose end slices go on for ever.

    Attributes:
        values: Padded volume in 1/mm, `(x, y, z)`.
        grid: Its grid.
    """

    values: Tensor
    grid: Grid

    @classmethod
    def empty(cls, grid: Grid, extend: bool) -> "Padded":
        """Return an empty volume around a grid.

        Args:
            grid: Of the volume inside.
            extend: Whether its end slices go on; else one of air lies behind them, which goes on instead.
        """
        nx, ny, nz = grid.shape
        x, y, z = grid.origin
        dx, dy, dz = grid.spacing
        more = 0 if extend and nz > 1 else 1  # two slices at least, which each row lies between
        shape = (nx + 2, ny + 2, nz + 2 * more)
        around = Grid(shape, grid.spacing, (x - dx, y - dy, z - more * dz))
        return cls(torch.zeros(shape, device=name()), around)

    def inside(self, grid: Grid) -> Tensor:
        """Return the part that is the volume itself."""
        more = (self.grid.shape[2] - grid.shape[2]) // 2
        return self.values[1:-1, 1:-1, more : more + grid.shape[2]]

    @property
    def ends(self) -> tuple[Tensor, Tensor]:
        """The first and the last slice."""
        return self.values[1:-1, 1:-1, 0], self.values[1:-1, 1:-1, -1]


def pad(attenuation: Values, grid: Grid, extend: bool = True) -> Padded:
    """Return a volume as the kernels want it; arguments as for `Backend.forward`."""
    padded = Padded.empty(grid, extend)
    inside = padded.inside(grid)
    inside.copy_(on_device(attenuation))
    if extend and padded.grid.shape[2] > grid.shape[2]:
        for end in padded.ends:
            end.copy_(inside[:, :, 0])
    return padded


def _launch(kernel: object, padded: Padded, views: Tensor, helix: Helix, focus: NDArray[np.float64] | None) -> None:
    """Run one of the two kernels over all rays of some views."""
    lines, volume = rays(helix, padded.grid, focus), padded.values
    blocks = Blocks.of(lines.shape[1], helix.rows)
    kernel[blocks.grid](  # type: ignore[index]
        volume, views, lines, lines.shape[1], helix.rows, float(helix.v[0]), helix.row_pitch, *volume.shape,
        WIDE=volume.numel() >= NARROW, INSIDE=padded.grid.corner >= helix.source_isocentre, **blocks.options,
    )  # fmt: skip


def _parts(views: int, at_once: int) -> Iterator[tuple[int, int]]:
    for start in range(0, views, max(1, at_once)):
        yield start, min(start + max(1, at_once), views)


def line_integrals(padded: Padded, helix: Helix, focus: NDArray[np.float64] | None = None) -> Tensor:
    """Return the line integrals of a scan, `(view, channel, row)`.

    Args:
        padded: From `pad`.
        helix: The scan.
        focus: Shift of the focus along the focal spot for each channel in mm, `(channel,)`.
    """
    views = torch.empty(helix.shape, device=name())
    for start, stop in _parts(helix.views, RAYS_AT_ONCE // helix.channels):
        _launch(forward_kernel, padded, views[start:stop], helix.part(start, stop), focus)
    return views


def add_adjoint(padded: Padded, views: Values, helix: Helix) -> None:
    """Add to a volume what the adjoint of `line_integrals` makes of views.

    Args:
        padded: From `Padded.empty`, or from `pad`; added to in place.
        views: Line integrals `(view, channel, row)`; an array comes to the device part by part.
        helix: The scan.
    """
    for start, stop in _parts(helix.views, RAYS_AT_ONCE // helix.channels):
        _launch(adjoint_kernel, padded, on_device(views[start:stop]), helix.part(start, stop), None)


def forward(attenuation: Values, grid: Grid, helix: Helix, extend: bool = True) -> Values:
    """Return the line integrals of a scan; see `Backend.forward`."""
    with within_memory(WORK, 4 * math.prod(helix.shape), REMEDY):
        return as_given(line_integrals(pad(attenuation, grid, extend), helix), attenuation)


def adjoint(projections: Values, grid: Grid, helix: Helix, extend: bool = True) -> Values:
    """Return the matched adjoint of `forward`; see `Backend.adjoint`."""
    with within_memory(WORK, 4 * math.prod(grid.shape), REMEDY):
        padded = Padded.empty(grid, extend)
        add_adjoint(padded, projections, helix)
        inside = padded.inside(grid)
        if extend and padded.grid.shape[2] > grid.shape[2]:
            for end in padded.ends:
                inside[:, :, 0] += end
        return as_given(inside, projections)


def project(attenuation: Values, grid: Grid, helix: Helix, rays_per_cell: int = 1, focal_spot: float = 0.0) -> Views:
    """Return the views of a scan; see `Backend.project`."""
    with within_memory(WORK, 8 * math.prod(grid.shape), REMEDY):
        padded = pad(attenuation, grid)
    across, places = rays_per_cell, focal_places(rays_per_cell, focal_spot)

    def cells(part: Helix) -> Tensor:
        intensity = torch.zeros(part.shape, device=name())
        for place in places:
            focus = np.full(helix.channels * across, place)
            fine = line_integrals(padded, part.finer(across), focus).neg_().exp_()
            intensity += fine.view(part.views, part.channels, across, part.rows, across).mean(dim=(2, 4)) / len(places)
        return intensity.clamp_(min=1e-30).log_().neg_()

    def views(start: int, stop: int) -> Tensor:
        if across == 1:
            return line_integrals(padded, helix.part(start, stop))
        parts = _parts(stop - start, VIEWS_PER_BLOCK // across**2)
        return torch.cat([cells(helix.part(start + first, start + last)) for first, last in parts])

    return views
