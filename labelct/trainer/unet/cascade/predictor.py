"""Both networks of a cascade applied to a volume: all structures first, then the small ones anew in their boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from labelct.errors import InputError, SettingError
from labelct.evaluation.components import Parts, components
from labelct.io.hounsfield import clipped
from labelct.tracking.curves import FINE
from labelct.trainer.model import CASCADE, REMEDY, read_description, settings_of
from labelct.trainer.normalisation import of_volume
from labelct.trainer.parts import read_parts
from labelct.trainer.predictor import NetworkPredictor
from labelct.trainer.region import Box, Region, within
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.unet.cascade.passes import in_boxes
from labelct.trainer.unet.cascade.settings import CascadeSettings
from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.settings import PredictionSettings
from labelct.volume import Volume

Labels = NDArray[np.uint8]
Probabilities = NDArray[np.float16]


@dataclass(frozen=True)
class CascadePredictor:
    """A cascade with everything that it needs to segment a volume; the first network's probabilities are held whole.

    Where a structure was found by the first network, the second one decides about it: within the box, voxels that
    either of them gives to the structure become what the second one says. All others stay as the first one left them.
    Where two structures' boxes overlap and disagree, the one of the higher label value has its way.

    Attributes:
        coarse: The first network.
        fine: The second one, of the same labels.
        region: The boxes: around which structures, and how much.
        kept: The parts of each label value, which have a box each; a value that is left out has one box.
        repeated_mm: How far the end slices go on where a box reaches beyond the end of the scan.
        threshold: Probability by which the first network has found a structure that it gives no voxel to.
    """

    coarse: NetworkPredictor
    fine: NetworkPredictor
    region: Region
    kept: Mapping[int, Parts]
    repeated_mm: float = 0.0
    threshold: float = CascadeSettings.threshold

    @classmethod
    def load(cls, folder: Path, device: DeviceSettings, prediction: PredictionSettings | None) -> CascadePredictor:
        """Open the model that the training of a cascade left in `folder`; arguments as of `NetworkPredictor.load`."""
        coarse = NetworkPredictor.load(UNET, folder, device, prediction)
        wanted = _settings(folder, coarse.labels)
        assert isinstance(coarse.settings.prediction, PredictionSettings)
        prediction = coarse.settings.prediction
        fine = NetworkPredictor.load(UNET, folder / FINE, device, in_boxes(prediction))
        if fine.labels != coarse.labels:
            raise InputError(folder / FINE / "model.json", "its labels are not those of the first network", REMEDY)
        region = wanted.region(fine.family.patch(fine.settings)[1:])
        kept = read_parts(folder, coarse.labels)
        return cls(coarse, fine, region, kept, prediction.z_padding_mm, wanted.threshold)

    @property
    def labels(self) -> dict[str, int]:
        """Label value by target name."""
        return self.coarse.labels

    def predict(self, volume: Volume) -> Labels:
        """Segment a volume."""
        return self.predict_probabilities(volume)[0]

    def predict_probabilities(self, volume: Volume) -> tuple[Labels, Probabilities]:
        """Segment a volume, with the probabilities `(structure, x, y, z)` of whichever network decided on a voxel."""
        found, probabilities = self.coarse.predict_probabilities(volume)
        self._refine(volume, found, probabilities)
        return found, probabilities

    def _refine(self, volume: Volume, found: Labels, probabilities: Probabilities) -> None:
        """Let the second network decide in its boxes, in place."""
        first, fine = found.copy(), self._of(volume)
        repeated = int(self.repeated_mm / volume.spacing[2])
        for value, box in list(self._boxes(first, probabilities, volume.spacing)):
            inner = within(box, first.shape)
            levels = _ends(box[2], inner[2], repeated)
            part = Volume(np.pad(volume.array[inner], ((0, 0), (0, 0), levels), "edge"), volume.affine)
            kept = slice(levels[0], levels[0] + inner[2].stop - inner[2].start)
            new, shares = (array[..., kept] for array in fine.predict_probabilities(part))
            decided = (first[inner] == value) | (new == value)
            found[inner][decided] = new[decided]
            probabilities[(slice(None), *inner)][:, decided] = shares[:, decided]

    def _of(self, volume: Volume) -> NetworkPredictor:
        """Return the second network with the normalisation of the whole volume where every volume has its own."""
        if self.fine.intensity_properties is not None:
            return self.fine
        hu = clipped(volume.array.astype(np.float32, copy=False))
        return replace(self.fine, intensity_properties=of_volume(hu))

    def _boxes(
        self, first: Labels, probabilities: Probabilities, spacing: tuple[float, float, float]
    ) -> Iterator[tuple[int, Box]]:
        """Yield label value and box of every part of the structures that the first network found."""
        for name, likely in zip(self.labels, probabilities, strict=True):
            value = self.labels[name]
            if name not in self.region.targets:
                continue
            count = self.kept[value].count if value in self.kept else None
            for inner in parts((first == value) | (likely >= self.threshold), count):
                yield value, self.region.around(inner, spacing)


def parts(mask: NDArray[np.bool_], count: int | None) -> list[Box]:
    """Return the boxes of the largest 26-connected components of a structure, none where it has no voxel.

    Args:
        mask: `(x, y, z)`.
        count: How many components it has; None: unknown, one box holds them all.
    """
    where = ndimage.find_objects(mask.view(np.uint8), max_label=1)[0]
    if where is None:
        return []
    if count is None:
        return [where]
    numbered, sizes = components(mask[where])
    boxes, largest = ndimage.find_objects(numbered), np.argsort(-sizes, kind="stable")[:count]
    return [_shifted(boxes[number], where) for number in largest]


def _shifted(box: Box, by: Box) -> Box:
    """Return a box within another one, counted from where that is counted from."""
    x, y, z = (slice(a.start + b.start, a.stop + b.start) for a, b in zip(box, by, strict=True))
    return x, y, z


def _ends(wanted: slice, there: slice, most: int) -> tuple[int, int]:
    """Return how many levels of a wanted range lie below and above those that are there, `most` at each end."""
    return min(most, there.start - wanted.start), min(most, wanted.stop - there.stop)


def _settings(folder: Path, labels: Mapping[str, int]) -> CascadeSettings:
    """Return the settings of a cascade as its folder has them."""
    found = settings_of(folder, {"settings": read_description(folder / CASCADE)}, CascadeSettings, CASCADE)
    try:
        found.check_targets(list(labels))
    except SettingError as error:
        raise InputError(folder / CASCADE, str(error), REMEDY) from None
    return found
