"""Models of all trainers as a training leaves them, with weights of chance: small, and made in a moment."""

import json
from dataclasses import asdict
from pathlib import Path

import torch

from labelct.trainer.nnunet.settings import NnunetSettings
from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.resunet25d.family import RESUNET
from labelct.trainer.resunet25d.settings import ResUNetSettings
from labelct.trainer.settings import PredictionSettings as SharedPrediction
from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.settings import PredictionSettings, UNetSettings

TOUCH = "touched"


class Command:
    """What makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def unet(folder: Path, labels: dict[str, int], seed: int = 0, **changes) -> Path:
    """Leave a model of the U-Net in `folder`."""
    prediction = PredictionSettings(body_crop=False)
    settings = UNetSettings(**{"channels": [4, 8, 8], "patch": [16, 16, 16], "prediction": prediction, **changes})
    torch.manual_seed(seed)
    return _left(folder, labels, seed, settings, UNET.build(settings, len(labels) + 1))


def resunet25d(folder: Path, labels: dict[str, int], seed: int = 0) -> Path:
    """Leave a model of the 2.5-D U-Net in `folder`; each volume keeps its own slices."""
    # an untrained network that expects few targets would find none
    wide = SharedPrediction(body_crop=False)
    settings = ResUNetSettings(channels=[4, 8, 8], size=16, target_share=None, prediction=wide)
    torch.manual_seed(seed)
    return _left(folder, labels, seed, settings, RESUNET.build(settings, len(labels) + 1), (4.0, 4.0, 0.0))


def _left(folder, labels, seed, settings, network, spacing=(4.0, 4.0, 4.0)) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    properties = asdict(BUILTIN["soft_tissue"])
    model = {"settings": asdict(settings), "labels": labels, "seed": seed, "spacing": list(spacing)}
    (folder / "model.json").write_text(json.dumps({**model, "intensity": properties}), encoding="utf-8")
    weights = {f"network.{name}": value for name, value in network.state_dict().items()}
    torch.save({"state_dict": weights, "global_step": 1}, folder / "best.ckpt")
    return folder


def nnunet(folder: Path, labels: dict[str, int], seed: int = 0) -> Path:
    """Leave a model of nnU-Net in `folder`, its checkpoint with what only a training reads."""
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    from labelct.trainer.nnunet.compat import DATASET, PLANS, TRAINER, LabelctTrainer, fold_of

    settings, plans = NnunetSettings(patch=[16, 16, 16]), _plans(DATASET, PLANS)
    plans["configurations"]["3d_fullres"]["architecture"] = _architecture()
    described = {"channel_names": {"0": "CT"}, "labels": {"background": 0, **labels}, "file_ending": ".nii.gz"}
    fold = fold_of(folder, settings.configuration)
    fold.mkdir(parents=True)
    model = {"settings": asdict(settings), "labels": labels, "seed": seed}
    (folder / "model.json").write_text(json.dumps(model), encoding="utf-8")
    (fold.parent / "plans.json").write_text(json.dumps(plans), encoding="utf-8")
    (fold.parent / "dataset.json").write_text(json.dumps(described), encoding="utf-8")
    manager = PlansManager(plans)
    torch.manual_seed(seed)
    network = LabelctTrainer.build_network_architecture(
        manager, manager.get_configuration("3d_fullres"), 1, len(labels) + 1, enable_deep_supervision=False
    )
    state = {"network_weights": network.state_dict(), "optimizer_state": {"lr": 0.1}, "trainer_name": TRAINER}
    state |= {"init_args": {"configuration": "3d_fullres", "plans": plans, "fold": 0}}
    torch.save({**state, "inference_allowed_mirroring_axes": None}, fold / "checkpoint_final.pth")
    return folder


def _plans(dataset: str, name: str) -> dict:
    resampling = "resample_data_or_seg_to_shape"
    linear = {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None}
    configuration = {"data_identifier": f"{name}_3d_fullres", "preprocessor_name": "DefaultPreprocessor"}
    configuration |= {"batch_size": 2, "patch_size": [16, 16, 16], "spacing": [4.0, 4.0, 4.0], "batch_dice": False}
    configuration |= {"median_image_size_in_voxels": [16, 16, 16], "use_mask_for_norm": [False]}
    configuration |= {"normalization_schemes": ["CTNormalization"]}
    for what in ("data", "seg", "probabilities"):
        configuration |= {f"resampling_fn_{what}": resampling, f"resampling_fn_{what}_kwargs": linear}
    known = BUILTIN["soft_tissue"]
    seen = {"mean": known.mean, "std": known.sd, "percentile_00_5": known.low, "percentile_99_5": known.high}
    return {
        "dataset_name": dataset,
        "plans_name": name,
        "image_reader_writer": "NibabelIO",
        "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2],
        "label_manager": "LabelManager",
        "configurations": {"3d_fullres": configuration},
        "foreground_intensity_properties_per_channel": {"0": {**seen, "min": known.low, "max": known.high}},
    }


def _architecture() -> dict:
    arguments = {"n_stages": 3, "features_per_stage": [4, 8, 8], "conv_op": "torch.nn.modules.conv.Conv3d"}
    arguments |= {"kernel_sizes": [[3, 3, 3]] * 3, "strides": [[1, 1, 1], [2, 2, 2], [2, 2, 2]], "conv_bias": True}
    arguments |= {"n_conv_per_stage": [1, 1, 1], "n_conv_per_stage_decoder": [1, 1], "dropout_op": None}
    arguments |= {"norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d", "dropout_op_kwargs": None}
    arguments |= {"norm_op_kwargs": {"eps": 1e-5, "affine": True}, "nonlin": "torch.nn.LeakyReLU"}
    return {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {**arguments, "nonlin_kwargs": {"inplace": True}},
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }


def change(folder: Path, **values) -> None:
    """Change what `model.json` says; a value of None takes the key away."""
    path = folder / "model.json"
    model = {**json.loads(path.read_text(encoding="utf-8")), **values}
    path.write_text(json.dumps({name: value for name, value in model.items() if value is not None}), encoding="utf-8")
