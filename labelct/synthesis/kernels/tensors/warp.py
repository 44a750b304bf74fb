"""A label map or a CT read at the places that an affine map and a displacement field name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct.synthesis.kernels.arrays.warp import displacement
from labelct.synthesis.kernels.tensors.value_noise import Cells, between, cells
from labelct.synthesis.kernels.tensors.voxels import like, slabs


def warp(array: Tensor, spacing: Sequence[float], params: Mapping[str, Any], outside: float) -> Tensor:
    """Deform a label map (nearest voxel) or a CT (linear)."""
    source = (array.flip(0) if params["flip"] else array).contiguous()
    read = _linear if source.is_floating_point() else _nearest
    places, deformed = SamplingGrid.of(source, spacing, params), torch.empty_like(source)
    for slab in slabs(source.shape):
        deformed[slab] = read(source, places.of_slab(slab), outside)
    return deformed


@dataclass(frozen=True)
class SamplingGrid:
    """Where the voxels of a deformed volume come from.

    Sums are taken in the order in which the kernel of `arrays` takes them, so that the nearest voxel is the same one.

    Attributes:
        field: `(i, y, k, 3)` displacement in mm, read along y already.
        axes: `cells` of the voxels along x and z in the field.
        plane: For each axis the affine map's part `(x, y)` in mm.
        depth: For each axis its part `(z,)`.
        shift: For each axis, mm.
        size: Voxel size in mm, on the device: dividing by a number of the host is rounded otherwise on a GPU.
        half: Middle of the volume in voxels.
    """

    field: Tensor
    axes: tuple[Cells, Cells]
    plane: list[Tensor]
    depth: list[Tensor]
    shift: list[float]
    size: Tensor
    half: list[float]

    @classmethod
    def of(cls, source: Tensor, spacing: Sequence[float], params: Mapping[str, Any]) -> "SamplingGrid":
        """Prepare what all slabs share."""
        drawn, step = displacement(source.shape, spacing, params)
        size, affine = [float(s) for s in spacing], np.array(params["matrix"])
        x, y, z = (cells(np.arange(n) * s / step, source) for n, s in zip(source.shape, size, strict=True))
        px, py, pz = (_from_middle(n, s) for n, s in zip(source.shape, size, strict=True))
        plane = [like(affine[d, 0] * px[:, None] + affine[d, 1] * py[None, :], source) for d in range(3)]
        depth = [like(affine[d, 2] * pz, source) for d in range(3)]
        half = [(n - 1) / 2 for n in source.shape]
        field = between(like(drawn, source), y, 1)
        return cls(field, (x, z), plane, depth, list(params["shift_mm"]), like(np.array(size), source), half)

    def of_slab(self, slab: slice) -> list[Tensor]:
        """Return the places of a slab, for each axis `(x, y, z)` in voxels of the source."""
        x, z = self.axes
        planes = between(self.field, (x[0][slab], x[1][slab]), 0)
        found = []
        for d in range(3):
            moved = between(planes[..., d], z, 2)
            row = self.plane[d][slab][:, :, None] + self.depth[d][None, None, :] + self.shift[d] + moved
            found.append(row / self.size[d] + self.half[d])
        return found


def _from_middle(count: int, size: float) -> NDArray[np.floating]:
    """Return the places of voxels along an axis, from the middle, mm."""
    return (np.arange(count) - (count - 1) / 2) * size


def _nearest(source: Tensor, places: Sequence[Tensor], outside: float) -> Tensor:
    return _read(source, [(place + 0.5).floor() for place in places], outside)


def _linear(source: Tensor, places: Sequence[Tensor], outside: float) -> Tensor:
    below = [place.floor() for place in places]
    share = [place - low for place, low in zip(places, below, strict=True)]
    total = torch.zeros(1, dtype=torch.float64, device=source.device)
    for corner in range(8):
        upper = corner >> 2, (corner >> 1) & 1, corner & 1
        x, y, z = (s if up else 1 - s for s, up in zip(share, upper, strict=True))
        total = total + x * y * z * _read(source, [low + up for low, up in zip(below, upper, strict=True)], outside)
    return total.to(source.dtype)


def _read(source: Tensor, voxels: Sequence[Tensor], outside: float) -> Tensor:
    """Return the values of whole voxels; `outside` beyond the border."""
    (nx, ny, nz), (x, y, z) = source.shape, voxels
    inside = (x >= 0) & (x < nx) & (y >= 0) & (y < ny) & (z >= 0) & (z < nz)
    flat = torch.where(inside, (x * ny + y) * nz + z, 0).to(torch.int32)
    values = source.view(-1).index_select(0, flat.view(-1)).view(flat.shape)
    return torch.where(inside, values, outside)
