"""nnU-Net's model folder for others: what its predictor reads of a checkpoint, in a folder or in a zip."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import IO, Any

import torch

from labelct.errors import InputError
from labelct.trainer.export.description import BareNetwork, Feeding
from labelct.trainer.export.weights import save, stored
from labelct.trainer.model import REMEDY, read_checkpoint
from labelct.trainer.nnunet.compat.environment import PLANS
from labelct.writing import copy

DESCRIBED = ("plans.json", "dataset.json")  # of a model folder, beside its folds
OWN = "nnUNetTrainer"  # nnU-Net's own class, which every installation has; its networks are the same
FINAL = "checkpoint_final.pth"  # what nnU-Net's commands read unless told otherwise


def copy_model(checkpoint: Path, target: Path, half: bool) -> None:
    """Copy a model folder with one checkpoint, without what only a training reads.

    Args:
        checkpoint: In a fold's folder below the model folder.
        target: Where the checkpoint goes.
        half: Whether the weights are stored in 16 bits.

    Raises:
        InputError: A file is missing or damaged, or the disk is full.
    """
    save(target, _bare(checkpoint, half))
    for name in DESCRIBED:
        copy(checkpoint.parents[1] / name, target.parents[1] / name)


def write_archive(checkpoint: Path, configuration: str, dataset: str, file: IO[bytes], half: bool) -> None:
    """Write the zip that `nnUNetv2_install_pretrained_model_from_zip` unpacks below `nnUNet_results`.

    Args:
        checkpoint: In a fold's folder below the model folder.
        configuration: Of the plans.
        dataset: The name that the model gets there, `DatasetNNN_NAME`.
        file: Receives the zip.
        half: Whether the weights are stored in 16 bits.

    Raises:
        InputError: A file is missing or damaged.
    """
    model, buffer = f"{dataset}/{OWN}__{PLANS}__{configuration}", io.BytesIO()
    torch.save({**_bare(checkpoint, half), "trainer_name": OWN}, buffer)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in DESCRIBED:
            archive.write(checkpoint.parents[1] / name, f"{model}/{name}")
        archive.writestr(f"{model}/fold_0/{FINAL}", buffer.getvalue())


def bare_network(predictor: Any) -> BareNetwork:
    """Return the network of nnU-Net's predictor, and how nnU-Net feeds it.

    Args:
        predictor: As `open_network` returns it.
    """
    plans, chosen = predictor.plans_manager, predictor.configuration_manager
    window, spacing = list(chosen.patch_size), [float(size) for size in chosen.spacing]
    axes = [("z", "y", "x")[axis] for axis in plans.transpose_forward][-len(window) :]
    scheme = chosen.normalization_schemes[0]
    known = plans.foreground_intensity_properties_per_channel["0"]
    numbers = {"low": "percentile_00_5", "high": "percentile_99_5", "mean": "mean", "sd": "std"}
    labels = {name: value for name, value in predictor.dataset_json["labels"].items() if type(value) is int and value}
    feeding = Feeding(
        axes=", ".join(["batch", "channel", *axes]),
        window=window,
        spacing=spacing[-len(window) :],
        intensity={n: float(known[key]) for n, key in numbers.items()} if scheme == "CTNormalization" else scheme,
        activation="softmax",
        labels=labels,
        overlap=1 - predictor.tile_step_size,
    )
    return BareNetwork(predictor.network.eval(), (1, *window), feeding)


def _bare(checkpoint: Path, half: bool) -> dict[str, Any]:
    """Return what nnU-Net's predictor reads of a checkpoint."""
    state = read_checkpoint(checkpoint)
    weights, asked = state.get("network_weights"), state.get("init_args")
    if not isinstance(weights, dict) or not isinstance(asked, dict) or "configuration" not in asked:
        raise InputError(checkpoint, "is no checkpoint of nnU-Net", REMEDY)
    return {
        "network_weights": stored(weights, half, checkpoint),
        "init_args": {"configuration": asked["configuration"]},
        "trainer_name": state.get("trainer_name"),
        "inference_allowed_mirroring_axes": state.get("inference_allowed_mirroring_axes"),
    }
