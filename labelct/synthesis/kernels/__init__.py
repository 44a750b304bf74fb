"""Work on whole volumes, in two sets of functions with one face: `arrays` for NumPy arrays, `tensors` for torch's.

An ingredient looks at the voxels through these functions and through what arrays and tensors share: arithmetic,
comparison, masks (`view[mask] = number`), slices with steps of 1 or more, and `any(axis=...)`. So the same lines run on
the CPU, compiled by numba, and on a device, as plain operations of torch. What is drawn is small (numbers, control
points, tables) and made on the host for both; `tensors` uploads it. Both give the same labels bit for bit, and HU
alike up to float rounding.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

Voxels: TypeAlias = Any  # an array, or a torch tensor of the same shape on any device
Box = tuple[slice, ...]
UNLABELLED = np.uint16(65535)  # in a lookup: the background shows
HU_LEVELS = 4096  # of HU from -1024 on, all that a 12-bit CT can hold; fields are told as finely
FIRST_HU = -1024  # the level 0 of a CT


class Kernels(Protocol):
    """The functions of a set. Volumes are `(x, y, z)`; `NDArray` stands for what lies on the host in either set.

    Attributes:
        SECTIONS: How many axial sections are worked on at once.
    """

    SECTIONS: int

    def host(self, array: Voxels) -> NDArray[Any]:
        """Return something small as a NumPy array."""

    def like(self, array: NDArray[Any], reference: Voxels) -> Voxels:
        """Return a NumPy array as what `reference` is, where it is."""

    def copy(self, array: Voxels) -> Voxels:
        """Return a copy."""

    def holding(self, numbers: Voxels, largest: int) -> Voxels:
        """Return whole numbers in a type that holds `largest`; they themselves where theirs does."""

    def zeros(self, reference: Voxels) -> Voxels:
        """Return uint8 zeros of the shape of `reference`."""

    def as_hu(self, ct: Voxels) -> Voxels:
        """Return a CT as float32 in C order."""

    def compact(self, label_map: Voxels, names: Mapping[int, str]) -> tuple[Voxels, dict[int, str]]:
        """Return a label map whose values are below 65536, in C order; larger ones are renumbered by rank."""

    def largest(self, label_map: Voxels) -> int:
        """Return the largest value of a label map."""

    def present_names(self, label_map: Voxels, names: Mapping[int, str]) -> dict[int, str]:
        """Return the names of the values above 0 that occur.

        Raises:
            InputError: A value has no name.
        """

    def relabel(self, label_map: Voxels, lookup: NDArray[Any]) -> Voxels:
        """Return `lookup[label_map]`."""

    def isin(self, label_map: Voxels, values: Sequence[int]) -> Voxels:
        """Return where a label map has one of `values`."""

    def places(self, mask: Voxels) -> Voxels:
        """Return the indices of the True voxels in C order, as of the flat mask."""

    def compose_parts(self, labels: Voxels, background: Voxels, lookup: NDArray[np.uint16]) -> Voxels:
        """Paste labels over the background.

        Args:
            labels: Numbers of the pasted labels.
            background: Part numbers.
            lookup: Part number of every label; `UNLABELLED` lets the background show.

        Returns:
            Part numbers.
        """

    def bounding_boxes(self, parts: Voxels, number: int) -> NDArray[np.int64]:
        """Return `(number, 6)`: first and one past the last voxel `(x, y, z)` of each part, (..., 0) where absent."""

    def read_greys(
        self,
        parts: Voxels,
        source: NDArray[np.uint8],
        pixels: NDArray[np.uint8],
        tables: Any,
        seeds: NDArray[np.uint64],
    ) -> tuple[Voxels, NDArray[np.int64]]:
        """Read the grey value of every textured voxel and count them for each part.

        Args:
            parts: Part numbers.
            source: For each part 0 (constant), 1 (a clip) or 2 (white noise).
            pixels: Flat texture bank.
            tables: For each volume axis `(lower, upper, weight)`, each `(part, voxel)` int64 as of `axis_tables`.
            seeds: `(part,)` of the white noise.

        Returns:
            uint8 greys (0 on constant parts), and `(part, 256)` counts.
        """

    def look_up(self, parts: Voxels, greys: Voxels | None, table: NDArray[np.float32]) -> Voxels:
        """Return `table[parts, greys]`, float32 HU, for a `(part, 256)` table; without greys they are all 0."""

    def warp(self, array: Voxels, spacing: Sequence[float], params: Mapping[str, Any], outside: float) -> Voxels:
        """Deform a label map (nearest voxel) or a CT (linear).

        Args:
            array: Integers for label maps, floats for CT.
            spacing: Voxel size in mm.
            params: Of `deformation.sample`.
            outside: What comes in from beyond the border.
        """

    def hu_levels(self, ct: Voxels) -> Voxels:
        """Return HU as numbers from 0 to 4095."""

    def blob_levels(
        self,
        parts: Voxels,
        row: NDArray[np.uint16],
        spacing: Sequence[float],
        control_point_spacing_mm: float,
        seeds: Sequence[int],
    ) -> tuple[Voxels, NDArray[np.int64]]:
        """Return the level of each organ's field at its voxels, and how many of its voxels have each level.

        Args:
            parts: Part numbers.
            row: For each part 0, or the number of the organ, from 1.
            spacing: Voxel size in mm.
            control_point_spacing_mm: Distance of the control points.
            seeds: One for each organ.

        Returns:
            Levels in 4096 steps (0 outside the organs), and `(1 + organs, 4096)` counts.
        """

    def count_levels(self, label_map: Voxels, row: NDArray[np.uint16], levels: Voxels, rows: int) -> NDArray[np.int64]:
        """Return `(rows, 4096)`: how many voxels of each row's organ have each level."""

    def renumber(self, parts: Voxels, row: NDArray[np.uint16], levels: Voxels, table: NDArray[np.uint16]) -> None:
        """Give the voxels of the organs the number that `table` has for organ and level, in place."""

    def filtered(self, volume: Voxels, weights: Sequence[NDArray[np.float32]], noise: float, seed: int) -> Voxels:
        """Return a volume filtered by the weights of each axis, repeated at its borders, with white noise.

        Args:
            volume: HU.
            weights: Of x, y and z, odd in number.
            noise: Standard deviation in HU; 0: none.
            seed: Of the noise, which is at least -1024 HU with the volume.
        """

    def gas_voxels(self, organ: Voxels, spacing: tuple[float, float, float], params: Mapping[str, Any]) -> Voxels:
        """Return which voxels of a hollow organ hold gas; `params` are `fraction`, `seed`, perhaps `loops`."""

    def rasterise(
        self, reference: Voxels, shells: Sequence[NDArray[np.float32]], geometry: NDArray[np.float64]
    ) -> Voxels:
        """Return the uint8 layers of a body envelope.

        Args:
            reference: Of the shape that is wanted.
            shells: Radii of cavity, wall and skin, each `(direction, z)` in mm.
            geometry: Voxel size and centre, `(sx, sy, cx, cy)` in mm.
        """

    def marble(self, layers: Voxels, lattice: NDArray[np.float32], level: float, step: NDArray[np.float64]) -> Voxels:
        """Return layers with the cavity parted into fat, where the field is below `level`, and soft tissue."""

    def outline(self, volume: Voxels, spacing: Sequence[float], body: Mapping[str, Any]) -> tuple[Box, Voxels]:
        """Return the box around a lesion or blob and where in it the body lies: an ellipsoid that a smooth field dents.

        Args:
            volume: That it is in.
            spacing: Voxel size in mm.
            body: `centre` (voxel), `radius_mm` `(x, y, z)` and `seed`.
        """

    def extent(self, mask: Voxels, axis: int) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Return first and last True voxel of every line along an axis; the last is -1 where there is none."""

    def distance(self, mask: Voxels, spacing: Sequence[float], most: float) -> Voxels:
        """Return how far the next True voxel of the same axial section is.

        Args:
            mask: Some axial sections; one without a True voxel gives what SciPy's `distance_transform_edt` gives.
            spacing: Voxel size in mm.
            most: Distances beyond it may be told as any number above it.

        Returns:
            mm, float64.
        """

    def fill_holes(self, mask: Voxels) -> Voxels:
        """Return a mask with what it encloses in each axial section."""

    def border(self, mask: Voxels) -> Voxels:
        """Return the voxels `(n, 3)` outside a mask that share a face with it, in C order."""

    def nearest(self, coarse: NDArray[np.bool_], step: Sequence[int], reference: Voxels) -> Voxels:
        """Return a mask that was found on every `step`-th voxel on the grid of `reference`."""

    def histogram(self, values: Voxels, edges: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many values lie in each bin, as `numpy.histogram` counts them."""


def kernels_of(array: Voxels) -> Kernels:
    """Return the set of functions for an array, or for a tensor."""
    name = "arrays" if isinstance(array, np.ndarray) else "tensors"
    return cast(Kernels, importlib.import_module(f"labelct.synthesis.kernels.{name}"))
