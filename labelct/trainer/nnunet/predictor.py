"""nnU-Net's predictor on CT in memory, in labelct's axes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.accelerator import within_memory
from labelct.io.hounsfield import clipped
from labelct.trainer.device import torch_device, torch_threads
from labelct.trainer.model import read_model, settings_of
from labelct.trainer.nnunet.compat import fold_of, open_network, segment
from labelct.trainer.nnunet.settings import NnunetPredictionSettings, NnunetSettings
from labelct.trainer.settings import DeviceSettings
from labelct.volume import Volume


@dataclass(frozen=True)
class NnunetPredictor:
    """A network of nnU-Net with what it needs to segment a CT.

    Attributes:
        network: nnU-Net's `nnUNetPredictor`, its weights loaded.
        labels: Label value by target name.
        device: Where it runs.
    """

    network: Any
    labels: dict[str, int]
    device: DeviceSettings

    def predict(self, volume: Volume) -> NDArray[np.uint8]:
        """Segment a CT."""
        return np.ascontiguousarray(self._found(volume, False).transpose(2, 1, 0), dtype=np.uint8)

    def predict_probabilities(self, volume: Volume) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
        """Segment a CT, with the probabilities `(structure, x, y, z)` in the order of `labels`."""
        found, scores = self._found(volume, True)
        chosen = [scores[value].transpose(2, 1, 0).astype(np.float16) for value in self.labels.values()]
        return np.ascontiguousarray(found.transpose(2, 1, 0), dtype=np.uint8), np.stack(chosen)

    def _found(self, volume: Volume, probabilities: bool) -> Any:
        """Return what nnU-Net's window finds, in its axes."""
        image = np.ascontiguousarray(clipped(volume.array).transpose(2, 1, 0)[None], dtype=np.float32)
        with within_memory("segmentation", 0, "free the card, or set device=cpu"), torch_threads(self.device):
            return segment(self.network, image, volume.spacing[::-1], probabilities)


def load(folder: Path, device: DeviceSettings, prediction: NnunetPredictionSettings | None = None) -> NnunetPredictor:
    """Open the model that `fit` left in `folder`."""
    model = read_model(folder)
    settings = settings_of(folder, model, NnunetSettings)
    wanted = prediction or settings.prediction
    fold = fold_of(folder, settings.configuration)
    checkpoint = fold / f"checkpoint_{wanted.checkpoint}.pth"
    network = open_network(checkpoint, settings.configuration, wanted.step, wanted.mirror, torch_device(device))
    return NnunetPredictor(network, dict(model["labels"]), device)
