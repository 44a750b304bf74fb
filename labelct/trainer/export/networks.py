"""The formats of every network under the shared loop: labelct's own folder, a MONAI bundle, ONNX."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from labelct.trainer.export.bundle import write_bundle
from labelct.trainer.export.description import BareNetwork, Feeding, copy_description
from labelct.trainer.export.onnx_file import write_onnx
from labelct.trainer.export.weights import save, stored
from labelct.trainer.family import Family
from labelct.trainer.parts import read_parts
from labelct.trainer.predictor import NetworkPredictor
from labelct.trainer.settings import DeviceSettings


def export(family: Family[Any], folder: Path, output: Path, form: str, half: bool) -> None:
    """Write the model that `fit` left in `folder` to `output`, as `labelct`, `monai` or `onnx` reads it.

    Args:
        family: The network's.
        folder: The model's.
        output: A folder that is there.
        form: The format.
        half: Whether weights are stored in 16 bits; ONNX keeps 32, for its operations compute as its weights are.

    Raises:
        InputError: The model is not whole, or the disk is full.
    """
    predictor = NetworkPredictor.load(family, folder, DeviceSettings())
    if form == "monai":
        write_bundle(folder, predictor, read_parts(folder, predictor.labels), output, half)
    elif form == "onnx":
        write_onnx(bare(predictor), output / "model.onnx")
    else:
        copy_description(folder, output)
        path = f"{predictor.settings.prediction.checkpoint}.ckpt"
        weights = {f"network.{name}": value for name, value in predictor.network.state_dict().items()}
        save(output / path, {"state_dict": stored(weights, half, folder / path)})


def bare(predictor: NetworkPredictor) -> BareNetwork:
    """Return the network of a predictor and how it is fed."""
    shape = predictor.family.patch(predictor.settings)
    properties = predictor.intensity_properties
    feeding = Feeding(
        axes="batch, channel, x, y, z" if len(shape) == 4 else "batch, neighbouring slices, x, y",
        window=shape[1:],
        spacing=predictor.spacing,
        intensity=asdict(properties) if properties else "volume",
        activation="sigmoid" if predictor.has_one_score else "softmax",
        labels=predictor.labels,
        overlap=predictor.settings.prediction.overlap,
    )
    return BareNetwork(predictor.network, shape, feeding)
