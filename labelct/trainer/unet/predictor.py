"""A trained U-Net applied to CT of any grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import find_objects
from torch.nn.functional import interpolate, pad

from labelct.accelerator import within_memory
from labelct.body import largest_region
from labelct.errors import InputError, SettingError
from labelct.io.hounsfield import clipped
from labelct.trainer.device import precision, torch_device, torch_threads
from labelct.trainer.model import REMEDY, fill, numbers_of, read_checkpoint, read_model, settings_of
from labelct.trainer.normalisation import IntensityProperties
from labelct.trainer.settings import DeviceSettings, check_xyz
from labelct.trainer.unet.augmentation import flip_axes
from labelct.trainer.unet.boundary_refinement import FINER, refine_boundary
from labelct.trainer.unet.network import build, channels_last
from labelct.trainer.unet.resampling import resample, rows_of, shape_at, winners
from labelct.trainer.unet.settings import SPACING_MM, PredictionSettings, UNetSettings
from labelct.trainer.unet.sliding_window import class_scores
from labelct.volume import Volume

BODY_HU = -500  # half-way between air and soft tissue
COARSE_MM = 4.0  # a box with a margin of centimetres needs no finer grid


@dataclass(frozen=True)
class UNetPredictor:
    """A U-Net with everything that it needs to segment a CT.

    Attributes:
        network: In evaluation mode, on its device.
        settings: Of the training, with the prediction settings in use.
        labels: Label value by target name.
        spacing: The network's grid `(x, y, z)`, mm.
        intensity_properties: The normalisation.
        device: Where it runs.
    """

    network: torch.nn.Module
    settings: UNetSettings
    labels: dict[str, int]
    spacing: tuple[float, float, float]
    intensity_properties: IntensityProperties
    device: DeviceSettings

    @classmethod
    def load(cls, folder: Path, device: DeviceSettings, prediction: PredictionSettings | None = None) -> UNetPredictor:
        """Open the model that `fit` left in `folder`."""
        model = read_model(folder)
        settings = settings_of(folder, model, UNetSettings)
        settings = replace(settings, prediction=prediction or settings.prediction)
        spacing, properties = _grid(folder, model), _properties(folder, model)
        path = folder / f"{settings.prediction.checkpoint}.ckpt"
        weights = read_checkpoint(path).get("state_dict")
        with torch.device("meta"):
            network = build(settings, len(model["labels"]) + 1)
        prefix = "network."
        named = weights.items() if isinstance(weights, dict) else ()
        fill(network, {key.removeprefix(prefix): value for key, value in named if str(key).startswith(prefix)}, path)
        network = channels_last(network.eval().to(torch_device(device)))
        return cls(network, settings, dict(model["labels"]), spacing, properties, device)

    def predict(self, volume: Volume) -> NDArray[np.uint8]:
        """Segment a CT; 0 outside the body where `body_crop` is set."""
        hu = clipped(volume.array.astype(np.float32, copy=False))
        box = body_box(hu, volume.spacing, self.settings.prediction)
        segmentation = np.zeros(hu.shape, np.uint8)
        full = within_memory("segmentation", 0, "set trainer.prediction.batch smaller, or free the card")
        with full, torch_threads(self.device), torch.inference_mode():
            segmentation[box] = self._segment(hu[box], volume.spacing)
        return segmentation

    def _segment(self, hu: NDArray[np.float32], spacing: Sequence[float]) -> NDArray[np.uint8]:
        grid = shape_at(hu.shape, spacing, self.spacing)
        image = self.intensity_properties.standardised(resample(torch.from_numpy(hu), grid))
        fine = self._fine(hu, grid) if self.settings.prediction.random_walker else None
        finer = 1 if fine is None else FINER
        classes = np.array([0, *self.labels.values()], np.uint8)
        found = np.empty(hu.shape, np.uint8)
        halo = self.settings.patch[0] // 2
        for start, stop in self._chunks(grid, len(classes)):
            first, last = max(0, start - halo), min(grid[0], stop + halo)
            rows = rows_of(start, stop, grid[0], hu.shape[0])
            scores = self._scores(image[first:last])
            if fine is not None:
                scores = self._at_edges(scores, fine[finer * first : finer * last])
            found[rows[0] : rows[1]] = classes[winners(scores, hu.shape, rows, finer * first, finer * grid[0])]
        return found

    def _fine(self, hu: NDArray[np.float32], grid: Sequence[int]) -> NDArray[np.float32]:
        """Return what the network sees of `hu`, in HU, at half the voxel size of its `grid`."""
        seen = np.clip(hu, self.intensity_properties.low, self.intensity_properties.high)
        fine: NDArray[np.float32] = resample(torch.from_numpy(seen), [FINER * size for size in grid]).numpy()
        return fine

    def _at_edges(self, scores: torch.Tensor, fine: NDArray[np.float32]) -> torch.Tensor:
        """Return the scores on the grid of `fine`, the border of every structure on its edges."""
        wanted, spacing = self.settings.prediction, [size / FINER for size in self.spacing]
        scores = interpolate(scores[None], size=fine.shape, mode="trilinear")[0]
        return refine_boundary(scores, fine, spacing, wanted.certain, wanted.random_walker)

    def _scores(self, image: torch.Tensor) -> torch.Tensor:
        """Return `(class, x, y, z)` probabilities of `(x, y, z)` on the CPU."""
        wanted, name = self.settings.prediction, torch_device(self.device)
        more, depth = round(wanted.z_padding_mm / self.spacing[2]), image.shape[2]
        image = pad(image[None, None], (more, more, 0, 0, 0, 0), mode="replicate")
        axes = flip_axes(self.settings.augmentation, self.labels) if wanted.mirror else ()
        flips = tuple(chain.from_iterable(combinations(axes, count) for count in range(len(axes) + 1)))
        mixed = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}.get(precision(self.device))
        with torch.autocast(name.split(":")[0], mixed) if mixed else nullcontext():
            scores = class_scores(self.network, image, self.settings, wanted.overlap, flips, "cpu")[0]
        return scores[..., more : more + depth]

    def _chunks(self, grid: Sequence[int], classes: int) -> list[tuple[int, int]]:
        """Return ranges of x whose scores, with half a patch on each side, fit into `memory_gb`."""
        row_bytes = 4 * (classes + 1) * max(grid[1], self.settings.patch[1]) * max(grid[2], self.settings.patch[2])
        row_bytes *= FINER**3 if self.settings.prediction.random_walker else 1
        room = int(self.settings.prediction.memory_gb * 2**30 / row_bytes)
        width = grid[0] if room >= grid[0] else max(self.settings.patch[0] // 2, room - self.settings.patch[0])
        return [(start, min(start + width, grid[0])) for start in range(0, grid[0], width)]


def _grid(folder: Path, model: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return the voxel size of the network's grid, mm."""
    x, y, z = spacing = numbers_of(folder, "spacing", model.get("spacing"), 3)
    try:
        check_xyz("spacing", spacing, *SPACING_MM)
    except SettingError as error:
        raise InputError(folder / "model.json", str(error), REMEDY) from None
    return x, y, z


def _properties(folder: Path, model: Mapping[str, Any]) -> IntensityProperties:
    """Return the normalisation."""
    found, names = model.get("intensity"), [field.name for field in fields(IntensityProperties)]
    values = [found.get(name) for name in names] if isinstance(found, dict) else None
    low, high, mean, sd = numbers_of(folder, "intensity", values, len(names))
    if not (low < high and sd > 0):
        raise InputError(folder / "model.json", "its intensity is no window with a deviation above 0", REMEDY)
    return IntensityProperties(low, high, mean, sd)


def body_box(
    hu: NDArray[np.float32], spacing: Sequence[float], settings: PredictionSettings
) -> tuple[slice, slice, slice]:
    """Return the box around the body: the largest component above -500 HU, found on a coarse grid, and a margin.

    Args:
        hu: `(x, y, z)`.
        spacing: Voxel size, mm.
        settings: Whether, and the margin.
    """
    whole = (slice(None), slice(None), slice(None))
    if not settings.body_crop:
        return whole
    strides = [max(1, int(COARSE_MM / size)) for size in spacing]
    body = largest_region(hu, strides, BODY_HU)
    if not body.any():
        return whole
    edges = zip(find_objects(body.astype(np.uint8))[0], strides, spacing, hu.shape, strict=True)
    margins = ((span, stride, int(np.ceil(settings.margin_mm / size)), n) for span, stride, size, n in edges)
    x, y, z = (
        slice(max(0, (span.start - 1) * stride + 1 - margin), min(n, span.stop * stride + margin))
        for span, stride, margin, n in margins
    )
    return x, y, z
