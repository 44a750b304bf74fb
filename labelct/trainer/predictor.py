"""A network that the shared loop has trained, applied to volumes of any grid."""

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
from labelct.body import BODY_HU, largest_region, strides_of
from labelct.errors import InputError, SettingError
from labelct.io.hounsfield import clipped
from labelct.trainer.augmentation import flip_axes
from labelct.trainer.boundary_refinement import FINER, refine_boundary
from labelct.trainer.device import precision, torch_device, torch_threads
from labelct.trainer.family import Family
from labelct.trainer.footprint import check_window
from labelct.trainer.layout import channels_last
from labelct.trainer.model import REMEDY, fill, numbers_of, read_checkpoint, read_model, settings_of
from labelct.trainer.normalisation import IntensityProperties, of_volume
from labelct.trainer.resampling import grid_spacing, resample, rows_of, shape_at, winners
from labelct.trainer.settings import DeviceSettings, LoopSettings, PredictionSettings
from labelct.trainer.sliding_window import Windows
from labelct.volume import Volume

WHOLE = (slice(None), slice(None), slice(None))


@dataclass(frozen=True)
class NetworkPredictor:
    """A network with everything that it needs to segment a volume.

    Attributes:
        family: Its kind.
        network: In evaluation mode, on its device.
        settings: Of the training, with the prediction settings in use.
        labels: Label value by target name.
        spacing: The network's grid `(x, y, z)`, mm; 0 keeps the volume's own along an axis.
        intensity_properties: The normalisation; None: every volume has its own.
        device: Where it runs.
    """

    family: Family[Any]
    network: torch.nn.Module
    settings: LoopSettings
    labels: dict[str, int]
    spacing: tuple[float, float, float]
    intensity_properties: IntensityProperties | None
    device: DeviceSettings

    @classmethod
    def load(
        cls, family: Family[Any], folder: Path, device: DeviceSettings, prediction: PredictionSettings | None = None
    ) -> NetworkPredictor:
        """Open the model that `fit` left in `folder`."""
        model = read_model(folder)
        settings = settings_of(folder, model, family.schema)
        settings = replace(settings, prediction=prediction or settings.prediction)
        spacing, properties = _grid(folder, model, settings), _properties(folder, model, settings)
        step, classes = settings.step, len(model["labels"]) + 1
        check_window(folder / "model.json", f"trainer.{step.key}", step.patch, step.features, classes)
        path = folder / f"{settings.prediction.checkpoint}.ckpt"
        weights = read_checkpoint(path).get("state_dict")
        with torch.device("meta"):
            network = family.build(settings, classes)
        prefix = "network."
        named = weights.items() if isinstance(weights, dict) else ()
        fill(network, {key.removeprefix(prefix): value for key, value in named if str(key).startswith(prefix)}, path)
        network = channels_last(network.eval().to(torch_device(device)))
        return cls(family, network, settings, dict(model["labels"]), spacing, properties, device)

    @property
    def definition(self) -> tuple[str, dict[str, Any]]:
        """The network's class in `monai.networks.nets` and its arguments."""
        return self.family.definition(self.settings, len(self.labels) + 1)

    @property
    def has_one_score(self) -> bool:
        """Whether the network has one score, whose sigmoid is the probability of its one target."""
        return bool(self.definition[1]["out_channels"] == 1)

    def predict(self, volume: Volume) -> NDArray[np.uint8]:
        """Segment a volume; 0 outside the body where `body_crop` is set, and outside the field where one is."""
        return self._predicted(volume, None)

    def predict_probabilities(self, volume: Volume) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
        """Segment a volume, with the probabilities `(structure, x, y, z)`; 0 outside body and field, too."""
        probabilities = np.zeros((len(self.labels), *volume.array.shape), np.float16)
        return self._predicted(volume, probabilities), probabilities

    def _predicted(self, volume: Volume, probabilities: NDArray[np.float16] | None) -> NDArray[np.uint8]:
        """Segment a volume, and fill `probabilities` where they are asked for."""
        wanted, own = self.settings.prediction, self.intensity_properties is None
        field = field_box(volume.array.shape, volume.spacing, wanted.field_mm)
        hu = clipped(volume.array[field].astype(np.float32, copy=False))
        box = WHOLE if own else body_box(hu, volume.spacing, wanted)
        # From here on the voxel sizes and intensities are those of this volume.
        spacing, properties = grid_spacing(volume.spacing, self.spacing), self.intensity_properties or of_volume(hu)
        view = replace(self, spacing=spacing, intensity_properties=properties)
        segmentation = np.zeros(volume.array.shape, np.uint8)
        full = within_memory("segmentation", 0, "set trainer.prediction.batch smaller, or free the card")
        with full, torch_threads(self.device), torch.inference_mode():
            part = None if probabilities is None else probabilities[(slice(None), *field)][(slice(None), *box)]
            segmentation[field][box] = view._segment(hu[box], volume.spacing, properties, part)
        return segmentation

    def _segment(
        self,
        hu: NDArray[np.float32],
        spacing: Sequence[float],
        properties: IntensityProperties,
        probabilities: NDArray[np.float16] | None,
    ) -> NDArray[np.uint8]:
        grid = shape_at(hu.shape, spacing, self.spacing)
        image = properties.standardised(resample(torch.from_numpy(hu), grid))
        fine = _fine(np.clip(hu, properties.low, properties.high), grid) if self._walks else None
        finer = 1 if fine is None else FINER
        classes = np.array([0, *self.labels.values()], np.uint8)
        found = np.empty(hu.shape, np.uint8)
        halo = self._window[0] // 2
        for start, stop in self._chunks(grid, len(classes)):
            first, last = max(0, start - halo), min(grid[0], stop + halo)
            rows = rows_of(start, stop, grid[0], hu.shape[0])
            scores = self._scores(image[first:last])
            if fine is not None:
                scores = self._at_edges(scores, fine[finer * first : finer * last])
            part = None if probabilities is None else probabilities[:, rows[0] : rows[1]]
            best = winners(scores, hu.shape, rows, (finer * first, finer * grid[0]), part)
            found[rows[0] : rows[1]] = classes[best]
        return found

    @property
    def _walks(self) -> bool:
        return self.settings.prediction.random_walker > 0

    @property
    def _window(self) -> tuple[int, int, int]:
        """Return the voxels `(x, y, z)` that the network sees at once; one slice in z where it sees slices."""
        x, y, z = (*self.family.patch(self.settings)[1:], 1)[:3]
        return x, y, z

    def _at_edges(self, scores: torch.Tensor, fine: NDArray[np.float32]) -> torch.Tensor:
        """Return the scores on the grid of `fine`, the border of every structure on its edges."""
        wanted, spacing = self.settings.prediction, [size / FINER for size in self.spacing]
        scores = interpolate(scores[None], size=fine.shape, mode="trilinear")[0]
        return refine_boundary(scores, fine, spacing, wanted.certain, wanted.random_walker)

    def _scores(self, image: torch.Tensor) -> torch.Tensor:
        """Return `(class, x, y, z)` probabilities of `(x, y, z)` on the CPU."""
        wanted, name = self.settings.prediction, torch_device(self.device)
        more, depth = round(self.family.z_padding_mm(self.settings) / self.spacing[2]), image.shape[2]
        image = pad(image[None, None], (more, more, 0, 0, 0, 0), mode="replicate")
        axes = flip_axes(self.settings.augmentation, self.labels) if wanted.mirror else ()
        flips = tuple(chain.from_iterable(combinations(axes, count) for count in range(len(axes) + 1)))
        mixed = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}.get(precision(self.device))
        windows = Windows(wanted.overlap, flips, "cpu")
        with torch.autocast(name.split(":")[0], mixed) if mixed else nullcontext():
            scores = self.family.class_scores(self.network, image, self.settings, windows)[0]
        return scores[..., more : more + depth]

    def _chunks(self, grid: Sequence[int], classes: int) -> list[tuple[int, int]]:
        """Return ranges of x whose scores, with half a patch on each side, fit into `memory_gb`."""
        x, y, z = self._window
        row_bytes = 4 * (classes + 1) * max(grid[1], y) * max(grid[2], z)
        row_bytes *= FINER**3 if self._walks else 1
        room = int(self.settings.prediction.memory_gb * 2**30 / row_bytes)
        width = grid[0] if room >= grid[0] else max(x // 2, room - x)
        return [(start, min(start + width, grid[0])) for start in range(0, grid[0], width)]


def _fine(seen: NDArray[np.float32], grid: Sequence[int]) -> NDArray[np.float32]:
    """Return what the network sees of a volume, at half the voxel size of its `grid`."""
    fine: NDArray[np.float32] = resample(torch.from_numpy(seen), [FINER * size for size in grid]).numpy()
    return fine


def _grid(folder: Path, model: Mapping[str, Any], settings: LoopSettings) -> tuple[float, float, float]:
    """Return the voxel size of the network's grid, mm."""
    x, y, z = spacing = numbers_of(folder, "spacing", model.get("spacing"), 3)
    try:
        settings.check_grid(spacing)
    except SettingError as error:
        raise InputError(folder / "model.json", str(error), REMEDY) from None
    return x, y, z


def _properties(folder: Path, model: Mapping[str, Any], settings: LoopSettings) -> IntensityProperties | None:
    """Return the normalisation; None where every volume has its own."""
    if settings.normalisation.source == "volume":
        return None
    found, names = model.get("intensity"), [field.name for field in fields(IntensityProperties)]
    values = [found.get(name) for name in names] if isinstance(found, dict) else None
    low, high, mean, sd = numbers_of(folder, "intensity", values, len(names))
    if not (low < high and sd > 0):
        raise InputError(folder / "model.json", "its intensity is no window with a deviation above 0", REMEDY)
    return IntensityProperties(low, high, mean, sd)


def field_box(shape: Sequence[int], spacing: Sequence[float], field_mm: float | None) -> tuple[slice, slice, slice]:
    """Return the middle of a volume, all of its slices.

    Args:
        shape: Voxels `(x, y, z)`.
        spacing: Voxel size, mm.
        field_mm: How wide and high it is; None: all.
    """
    if field_mm is None:
        return WHOLE
    kept = [min(n, max(1, round(field_mm / size))) for n, size in zip(shape[:2], spacing[:2], strict=True)]
    x, y = (slice((n - k) // 2, (n - k) // 2 + k) for n, k in zip(shape[:2], kept, strict=True))
    return x, y, slice(None)


def body_box(
    hu: NDArray[np.float32], spacing: Sequence[float], settings: PredictionSettings
) -> tuple[slice, slice, slice]:
    """Return the box around the body: the largest component above -500 HU, found on a coarse grid, and a margin.

    Args:
        hu: `(x, y, z)`.
        spacing: Voxel size, mm.
        settings: Whether, and the margin.
    """
    if not settings.body_crop:
        return WHOLE
    strides = strides_of(spacing)
    body = largest_region(hu, strides, BODY_HU)
    if not body.any():
        return WHOLE
    edges = zip(find_objects(body.astype(np.uint8))[0], strides, spacing, hu.shape, strict=True)
    margins = ((span, stride, int(np.ceil(settings.margin_mm / size)), n) for span, stride, size, n in edges)
    x, y, z = (
        slice(max(0, (span.start - 1) * stride + 1 - margin), min(n, span.stop * stride + margin))
        for span, stride, margin, n in margins
    )
    return x, y, z
