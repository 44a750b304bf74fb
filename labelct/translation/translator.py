"""A trained generator at work: MR volumes into synthetic CT, in HU and on their own grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from labelct.cohort.base import Subject
from labelct.errors import InputError, first_line
from labelct.texts import read_json
from labelct.trainer.device import torch_device, torch_threads
from labelct.trainer.intact import check_intact
from labelct.trainer.model import fill, read_checkpoint
from labelct.trainer.settings import DeviceSettings
from labelct.translation.canvas import SliceCanvas
from labelct.translation.intensity import hu_of
from labelct.translation.networks import Generator
from labelct.translation.settings import PredictionSettings, TranslationSettings
from labelct.translation.slices import mr_values
from labelct.translation.sliding import translate
from labelct.translation.training import GENERATORS, MODEL
from labelct.volume import Volume

REMEDY = "give the folder of a finished translation"


@dataclass(frozen=True)
class Translator:
    """A generator and what it was trained with.

    Attributes:
        network: From `(batch, 1, size, size)` MR within [-1, 1] to CT within [-1, 1].
        settings: Of the training.
    """

    network: torch.nn.Module
    settings: TranslationSettings

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> Translator:
        """Open what `train` left in a folder.

        Args:
            folder: Holds `model.json` and `generators.pt`.
            device: Where the network runs.

        Raises:
            InputError: It holds no finished translation.
        """
        check_intact(folder)
        described = read_json(folder / MODEL, REMEDY)
        try:
            settings = TranslationSettings(**described["settings"])
            network = Generator(settings.filters, settings.blocks)
            fill(network, read_checkpoint(folder / GENERATORS)["ct"], folder / GENERATORS)
        except (KeyError, TypeError, RuntimeError) as error:
            problem = f"holds no translation that fits its settings ({first_line(error)})"
            raise InputError(folder, problem, REMEDY) from None
        return cls(network.to(device).eval(), settings)

    def __call__(self, mr: Volume, source: Path, prediction: PredictionSettings | None = None) -> Volume:
        """Return the synthetic CT of an MR volume.

        Args:
            mr: `(x, y, z)`, intensities of any unit; slices are axial.
            source: Its file, for complaints.
            prediction: Windows; None: as it was trained with.

        Returns:
            `(x, y, z)` float32 HU on the grid of the MR, within the window of HU that it was trained on.

        Raises:
            InputError: The MR has one slice, or shows nothing.
        """
        settings = self.settings if prediction is None else replace(self.settings, prediction=prediction)
        slices = torch.from_numpy(mr_values(mr, source, settings)).permute(2, 0, 1)
        canvas = SliceCanvas.of((slices.shape[1], slices.shape[2]), mr.spacing[:2], settings)
        found = canvas.back(translate(self.network, canvas.put(slices), settings)).permute(1, 2, 0)
        return Volume(hu_of(np.ascontiguousarray(found.numpy()), settings.window), mr.affine)


@dataclass(frozen=True)
class TranslatedMr:
    """Loads the synthetic CT of a subject: its MR, translated when it is asked for.

    Attributes:
        load_mr: Reads the MR.
        source: Its file, for complaints.
        folder: Of the trained translation.
        device: Where it runs.
        prediction: Windows.
    """

    load_mr: Callable[[], Volume]
    source: Path
    folder: Path
    device: DeviceSettings
    prediction: PredictionSettings

    def __call__(self) -> Volume:
        """Return `(x, y, z)` HU on the grid of the MR."""
        with torch_threads(self.device):
            return _opened(self.folder, torch_device(self.device))(self.load_mr(), self.source, self.prediction)


def with_ct(subject: Subject, folder: Path, device: DeviceSettings, prediction: PredictionSettings) -> Subject:
    """Return a subject with the CT that a translation makes of its MR in its place; without MR as it is.

    Args:
        subject: The subject.
        folder: Of the trained translation.
        device: Where it runs.
        prediction: Windows.
    """
    if subject.load_mr is None:
        return subject
    load = TranslatedMr(subject.load_mr, subject.files[0], folder, device, prediction)
    return replace(subject, load_ct=load, load_mr=None)


@lru_cache(maxsize=1)  # all cases of a data set ask for the same one
def _opened(folder: Path, device: str) -> Translator:
    return Translator.load(folder, device)
