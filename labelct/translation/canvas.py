"""How an axial slice lies on the pixels of the networks, and how what they make of it comes back to its own grid."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from labelct.translation.settings import TranslationSettings

AIR = -1.0  # what lies beside an image


@dataclass(frozen=True)
class SliceCanvas:
    """The square pixels that the slices of one volume are put on.

    Attributes:
        own: `(x, y)` voxels of a slice.
        resized: `(x, y)` pixels that it takes.
        shape: `(x, y)` pixels in all; the slice lies in the middle, with air beside.
    """

    own: tuple[int, int]
    resized: tuple[int, int]
    shape: tuple[int, int]

    @classmethod
    def of(cls, own: tuple[int, int], spacing: tuple[float, float], settings: TranslationSettings) -> SliceCanvas:
        """Return the canvas of a volume.

        Args:
            own: `(x, y)` voxels of a slice.
            spacing: Voxel size `(x, y)`, mm.
            settings: Pixels of the longer side, or their size in mm.
        """
        extent = own[0] * spacing[0], own[1] * spacing[1]
        pixel = settings.spacing or max(extent) / settings.load
        resized = max(1, round(extent[0] / pixel)), max(1, round(extent[1] / pixel))
        side = settings.size if settings.spacing else settings.load
        return cls(own, resized, (max(side, resized[0]), max(side, resized[1])))

    def put(self, slices: Tensor) -> Tensor:
        """Return slices on the canvas.

        Args:
            slices: `(slice, x, y)` within [-1, 1].

        Returns:
            `(slice, 1, x, y)`; averaged where pixels are larger than voxels, linear where they are smaller.
        """
        return padded(_resized(slices[:, None], self.resized), self.shape)

    def back(self, images: Tensor) -> Tensor:
        """Return what lies on the canvas on the volume's own voxels.

        Args:
            images: `(slice, 1, x, y)`.

        Returns:
            `(slice, x, y)`.
        """
        (left, top), (across, up) = _margin(self.resized, self.shape), self.resized
        return _resized(images[:, :, left : left + across, top : top + up], self.own)[:, 0]


def padded(images: Tensor, shape: tuple[int, int]) -> Tensor:
    """Return images in the middle of a larger shape, with air beside.

    Args:
        images: `(image, 1, x, y)`.
        shape: `(x, y)`, no smaller than the images.
    """
    own = images.shape[2], images.shape[3]
    left, top = _margin(own, shape)
    right, bottom = shape[0] - own[0] - left, shape[1] - own[1] - top
    return functional.pad(images, (top, bottom, left, right), value=AIR)


def central(array: Tensor, share: float) -> Tensor:
    """Return the middle of slices.

    Args:
        array: `(slice, x, y)`.
        share: Of width and height that is kept.
    """
    size = [max(1, round(length * share)) for length in array.shape[1:]]
    start = [(length - kept) // 2 for length, kept in zip(array.shape[1:], size, strict=True)]
    return array[:, start[0] : start[0] + size[0], start[1] : start[1] + size[1]]


def _margin(own: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    return (shape[0] - own[0]) // 2, (shape[1] - own[1]) // 2


def _resized(images: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(images.shape[2:]) == size:
        return images
    return functional.interpolate(images.to(torch.float32), size, mode="bilinear", align_corners=False, antialias=True)
