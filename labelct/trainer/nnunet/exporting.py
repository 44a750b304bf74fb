"""nnU-Net's models for other folders and tools: labelct's own folder, ONNX, and the zip that nnU-Net installs."""

from pathlib import Path

from labelct.trainer.export.description import copy_description
from labelct.trainer.export.onnx_file import write_onnx
from labelct.trainer.model import model_key, read_model, settings_of
from labelct.trainer.nnunet import compat
from labelct.trainer.nnunet.predictor import load
from labelct.trainer.nnunet.settings import NnunetSettings
from labelct.trainer.settings import DeviceSettings
from labelct.writing import written

KEY_LENGTH = 6  # of what tells two models in one `nnUNet_results` apart


def export(folder: Path, output: Path, form: str, half: bool) -> None:
    """Write the model that `fit` left in `folder` as `labelct`, `onnx` or `nnunet` reads it.

    Args:
        folder: The model's.
        output: A folder that is there.
        form: The format.
        half: Whether weights are stored in 16 bits; ONNX keeps 32.

    Raises:
        InputError: The model is not whole, or the disk is full.
    """
    predictor = load(folder, DeviceSettings())
    settings = settings_of(folder, read_model(folder), NnunetSettings)
    checkpoint = compat.fold_of(folder, settings.configuration) / f"checkpoint_{settings.prediction.checkpoint}.pth"
    if form == "onnx":
        write_onnx(compat.bare_network(predictor.network), output / "model.onnx")
    elif form == "nnunet":
        dataset = f"{compat.DATASET}_{model_key(folder)[:KEY_LENGTH]}"
        with written(output / f"{dataset}.zip") as file:
            compat.write_archive(checkpoint, settings.configuration, dataset, file, half)
    else:
        copy_description(folder, output)
        compat.copy_model(checkpoint, output / checkpoint.relative_to(folder), half)
