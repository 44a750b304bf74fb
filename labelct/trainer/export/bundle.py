"""A MONAI bundle of a network: its definition, its weights, and a workflow that segments NIfTI files.

Layout and keys are those of MONAI's bundle specification (https://docs.monai.io/en/stable/mb_specification.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelct.errors import InputError
from labelct.evaluation.components import Parts
from labelct.trainer.export.weights import save, stored
from labelct.trainer.model import is_of_mr
from labelct.writing import write_json

if TYPE_CHECKING:
    from labelct.trainer.predictor import NetworkPredictor

PERCENTILES: dict[str, Any] = {"lower": 0.5, "upper": 99.5}  # as `labelct.trainer.normalisation.of_volume` takes them
PACKAGES = {"monai": "monai_version", "torch": "pytorch_version", "numpy": "numpy_version"}


def write_bundle(
    folder: Path, predictor: NetworkPredictor, parts: Mapping[int, Parts], output: Path, half: bool
) -> None:
    """Write a bundle: `configs/metadata.json`, `configs/inference.json` and `models/model.pt`.

    Args:
        folder: The model's.
        predictor: It, opened.
        parts: What is kept of each label, wherever it lies, for MONAI's transform asks for no distance; of those left
            out all.
        output: The bundle's folder.
        half: Whether the weights are stored in 16 bits.

    Raises:
        InputError: The model is one of MR, whose intensities a bundle's transforms do not standardise; full disk.
    """
    if is_of_mr(folder):
        problem = "is a model of MR, whose intensities MONAI's transforms do not standardise as labelct does"
        raise InputError(folder, problem, "take another --format")
    write_json(output / "configs" / "metadata.json", metadata(predictor), sort_keys=False)
    write_json(output / "configs" / "inference.json", inference(predictor, parts), sort_keys=False)
    save(output / "models" / "model.pt", stored(predictor.network.state_dict(), half, folder))


def metadata(predictor: NetworkPredictor) -> dict[str, Any]:
    """Return what `metadata.json` says: versions, and the format of the network's input and output."""
    channels, *window = predictor.family.patch(predictor.settings)
    _, arguments = predictor.definition
    properties = predictor.intensity_properties
    image: dict[str, Any] = {"type": "image", "format": "hounsfield" if properties else "normalized", "modality": "CT"}
    image |= {"num_channels": channels, "spatial_shape": window, "dtype": "float32", "is_patch_data": True}
    image |= {"value_range": _range(predictor), "channel_def": {str(number): "image" for number in range(channels)}}
    names = {"0": "background", **{str(number): name for number, name in enumerate(predictor.labels, start=1)}}
    scores: dict[str, Any] = {"type": "image", "format": "segmentation", "num_channels": arguments["out_channels"]}
    scores |= {"spatial_shape": window, "dtype": "float32", "value_range": [], "is_patch_data": True}
    return {
        "version": "1.0.0",
        "changelog": {"1.0.0": "exported by labelct"},
        **{key: version(package) for package, key in PACKAGES.items()},
        "required_packages_version": {"nibabel": version("nibabel")},
        "task": f"segmentation of {', '.join(predictor.labels)} on CT",
        "description": "Trained by labelct on volumes painted from label maps; docs/README.md is the model card.",
        "authors": "see docs/README.md",
        "copyright": "see docs/README.md",
        "network_data_format": {"inputs": {"image": image}, "outputs": {"pred": {**scores, "channel_def": names}}},
    }


def inference(predictor: NetworkPredictor, parts: Mapping[int, Parts]) -> dict[str, Any]:
    """Return what `inference.json` says; its `run` segments every `*.nii.gz` of `dataset_dir` into `output_dir`."""
    name, arguments = predictor.definition
    activation = "torch.sigmoid(@network(image))" if predictor.has_one_score else "torch.softmax(@network(image), 1)"
    segment = "{**case, 'pred': @inferer(case['image'][None].to(@device), @probabilities)[0]}"
    return {
        "imports": ["$import glob", "$import torch", "$import monai", "$import numpy"],
        "bundle_root": ".",
        "dataset_dir": "input",
        "output_dir": "output",
        "device": "$torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
        "network_def": {"_target_": name, **arguments},
        "network": "$@network_def.to(@device)",
        "probabilities": f"$lambda image: {activation}",  # of each window: they are what overlapping ones share
        "spacing": [spacing or -1 for spacing in predictor.spacing],  # -1: the image's own
        "cases": "$[{'image': path} for path in sorted(glob.glob(@dataset_dir + '/*.nii.gz'))]",
        "preprocessing": {"_target_": "Compose", "transforms": _preprocessing(predictor)},
        "dataset": {"_target_": "Dataset", "data": "@cases", "transform": "@preprocessing"},
        "inferer": _inferer(predictor),
        "postprocessing": {"_target_": "Compose", "transforms": _postprocessing(predictor, parts)},
        "weights": "$torch.load(@bundle_root + '/models/model.pt', map_location=@device, weights_only=True)",
        "run": [
            "$@network.load_state_dict(@weights)",
            "$@network.requires_grad_(False).eval()",
            f"$[@postprocessing({segment}) for case in @dataset]",
        ],
    }


def _range(predictor: NetworkPredictor) -> list[float]:
    """Return the lowest and highest value that the network sees, empty where every volume has its own."""
    properties = predictor.intensity_properties
    return [(end - properties.mean) / properties.sd for end in (properties.low, properties.high)] if properties else []


def _preprocessing(predictor: NetworkPredictor) -> list[dict[str, Any]]:
    """Return the transforms from a file to what the network sees, as `NetworkPredictor` does it.

    A Gaussian of (factor - 1) / 2 voxels goes before a coarser grid, as in `labelct.trainer.resampling`.
    """
    factors = "[s / float(p) if s > 0 else 1.0 for s, p in zip(@spacing, image.pixdim)]"
    blur = f"$lambda image: monai.transforms.GaussianSmooth([max(1e-3, (f - 1) / 2) for f in {factors}])(image)"
    steps = [
        _step("LoadImaged"),
        _step("EnsureChannelFirstd"),
        _step("Orientationd", axcodes="RAS", labels=None),
        _step("Lambdad", func=blur),
        _step("Spacingd", pixdim="@spacing", mode="bilinear", align_corners=True, scale_extent=True),
    ]
    if properties := predictor.intensity_properties:
        low, high = _range(predictor)
        ends: dict[str, Any] = {"a_min": properties.low, "a_max": properties.high, "b_min": low, "b_max": high}
        steps += [_step("ScaleIntensityRanged", **ends, clip=True)]
    else:
        steps += [_step("ClipIntensityPercentilesd", **PERCENTILES), _step("NormalizeIntensityd")]
    if levels := _padded(predictor):
        steps += [_step("BorderPadd", spatial_border=[0, 0, levels], mode="edge")]
    if context := _context(predictor):
        shifted = f"image[..., (torch.arange(image.shape[-1]) + k).clamp(0, image.shape[-1] - 1)] for k in {context}"
        steps += [_step("Lambdad", func=f"$lambda image: torch.cat([{shifted}])")]
    return steps


def _padded(predictor: NetworkPredictor) -> int:
    """Return how many end slices are repeated at each end; none where each volume has slices of its own thickness."""
    z = predictor.spacing[2]
    return round(predictor.family.z_padding_mm(predictor.settings) / z) if z else 0


def _context(predictor: NetworkPredictor) -> list[int]:
    """Return the slices that a network of slices sees, counted from the one it labels; none for one of volumes."""
    channels, *window = predictor.family.patch(predictor.settings)
    return list(range(-(channels // 2), channels // 2 + 1)) if len(window) == 2 else []


def _inferer(predictor: NetworkPredictor) -> dict[str, Any]:
    _, *window = predictor.family.patch(predictor.settings)
    wanted, seen = predictor.settings.prediction, _range(predictor)
    shared = {"roi_size": window, "sw_batch_size": wanted.batch, "overlap": wanted.overlap, "mode": "gaussian"}
    shared |= {"cval": seen[0] if seen else 0.0}
    if len(window) == 2:
        return {"_target_": "SliceInferer", "spatial_dim": 2, **shared}
    return {"_target_": "SlidingWindowInferer", **shared}


def _postprocessing(predictor: NetworkPredictor, parts: Mapping[int, Parts]) -> list[dict[str, Any]]:
    """Return the transforms from probabilities to a mask on the file's own grid."""
    chosen: dict[str, Any] = {"threshold": 0.5} if predictor.has_one_score else {"argmax": True}
    values = list(predictor.labels.values())
    steps = [
        _step("Invertd", "pred", transform="@preprocessing", orig_keys="image", nearest_interp=False, to_tensor=True),
        _step("AsDiscreted", "pred", **chosen),
    ]
    if values != list(range(1, len(values) + 1)):
        steps += [_step("MapLabelValued", "pred", orig_labels=list(range(1, len(values) + 1)), target_labels=values)]
    for value, one in parts.items():
        kept = {"applied_labels": [value], "num_components": one.count}
        steps += [_step("KeepLargestConnectedComponentd", "pred", **kept)]
    saved = {"output_dir": "@output_dir", "output_postfix": "seg", "separate_folder": False, "print_log": False}
    return [*steps, _step("SaveImaged", "pred", **saved, output_dtype="$numpy.uint8")]


def _step(target: str, keys: str = "image", **arguments: Any) -> dict[str, Any]:
    return {"_target_": target, "keys": keys, **arguments}
