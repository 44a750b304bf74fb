"""The trainer `nnunet`: nnU-Net v2 trains on a preprocessed training set and segments CT."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.store import write_json
from labelct.streaming import SyntheticVolumes, shared
from labelct.tracking import Tracker
from labelct.trainer.device import prepared, processes, runs_on_gpu, torch_device
from labelct.trainer.nnunet_log import followed
from labelct.trainer.nnunet_preflight import augmenters, check_device
from labelct.trainer.nnunet_roots import DATASET, PLANS, TRAINER, roots
from labelct.trainer.nnunet_settings import NnunetPredictionSettings, NnunetSettings, nnunet_settings
from labelct.trainer.settings import DeviceSettings
from labelct.volume import Volume


def fit(
    prepared_folder: Path,
    labels: dict[str, int],
    settings: NnunetSettings,
    device: DeviceSettings,
    seed: int,
    folder: Path,
    tracker: Tracker,
    volumes: SyntheticVolumes | None = None,
) -> None:
    """Train with nnU-Net, or go on from the checkpoint that `folder` holds.

    The folder ends up with `model.json`, `log.csv`, `progress.png` and nnU-Net's own `results`, whose model folder
    `nnUNetv2_predict_from_modelfolder` reads, too.

    Args:
        prepared_folder: Where `nnunet_preprocessing.preprocess` has been.
        labels: Label value of each target.
        settings: The training.
        device: Where it runs.
        seed: Of the weights and, with `device.workers=0`, of the patches.
        folder: What is written, and read to resume.
        tracker: Where the curves go.
        volumes: Patches are cut from these, drawn as the training goes, in place of the set's own training cases.

    Raises:
        SettingError: The device is not there, or nnU-Net does not train on it.
    """
    check_device(device, settings)
    lateral = any({"left", "right"} & set(name.split("_")) for name in labels)
    job = {"settings": asdict(settings), "seed": seed, "lateral": lateral}
    write_json(folder / "model.json", {"settings": asdict(settings), "labels": labels, "seed": seed})
    if not (folds(folder, settings.configuration) / "checkpoint_final.pth").exists():
        data = prepared_folder / "preprocessed"
        environment = roots(folder, data, augmenters(device), settings.compile, folder / "job.json")
        with shared(volumes, folder) as name, followed(folder / "log.csv", settings.epochs, tracker):
            write_json(folder / "job.json", {**job, "volumes": name})
            with prepared(device), environment:
                _train(settings, device)
    shutil.copyfile(folds(folder, settings.configuration) / "progress.png", folder / "progress.png")


def _train(settings: NnunetSettings, device: DeviceSettings) -> None:
    import torch
    from nnunetv2.run.run_training import run_training

    place = torch.device("cuda" if runs_on_gpu(device) else "cpu")
    count = processes(device) if device.kind == "ddp" else 1
    if place.type == "cuda":
        torch.set_num_threads(device.threads or 1)
    run_training(
        *(DATASET, settings.configuration, 0, TRAINER, PLANS), num_gpus=count, continue_training=True, device=place
    )


def folds(folder: Path, configuration: str) -> Path:
    """Return the folder of nnU-Net's checkpoints and pictures below a training's folder."""
    return folder / "results" / DATASET / f"{TRAINER}__{PLANS}__{configuration}" / "fold_0"


@dataclass(frozen=True)
class Predictor:
    """nnU-Net's predictor with what it needs to segment a CT.

    Attributes:
        network: nnU-Net's `nnUNetPredictor`, its weights loaded.
        labels: Label value by target name.
        device: Where it runs.
    """

    network: Any
    labels: dict[str, int]
    device: DeviceSettings

    @classmethod
    def load(
        cls, folder: Path, device: DeviceSettings, prediction: NnunetPredictionSettings | None = None
    ) -> Predictor:
        """Open the model that `fit` left in `folder`.

        Args:
            folder: Holds `model.json` and `results`.
            device: Where it shall run.
            prediction: How volumes are segmented; None takes what the model was trained with.

        Raises:
            InputError: The folder holds no finished training.
        """
        model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        settings = nnunet_settings(model["settings"])
        wanted = prediction or settings.prediction
        fold = folds(folder, settings.configuration)
        checkpoint = f"checkpoint_{wanted.checkpoint}.pth"
        if not (fold / checkpoint).is_file():
            raise InputError(fold / checkpoint, "no such checkpoint", "point to the folder of a finished training")
        with roots(folder):
            network = _network(wanted, device)
            network.initialize_from_trained_model_folder(str(fold.parent), (0,), checkpoint)
        network.allowed_mirroring_axes = network.allowed_mirroring_axes or None
        return cls(network, dict(model["labels"]), device)

    def predict(self, volume: Volume) -> NDArray[np.uint8]:
        """Segment a CT.

        Args:
            volume: `(x, y, z)` HU, any voxel size.

        Returns:
            `(x, y, z)` label values on the volume's own grid.
        """
        image = np.ascontiguousarray(volume.array.transpose(2, 1, 0)[None], dtype=np.float32)
        with prepared(self.device):
            found = self.network.predict_single_npy_array(image, {"spacing": list(volume.spacing[::-1])})
        return np.ascontiguousarray(found.transpose(2, 1, 0), dtype=np.uint8)


def _network(wanted: NnunetPredictionSettings, device: DeviceSettings) -> Any:
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    return nnUNetPredictor(
        tile_step_size=wanted.step,
        use_mirroring=wanted.mirror,
        device=torch.device(torch_device(device)),
        allow_tqdm=False,
    )
