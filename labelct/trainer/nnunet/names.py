"""The names in nnU-Net's plans that it imports and calls: those that its own planners write, and no other."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labelct.errors import InputError

# nnU-Net locates these by name, wherever they lie: `os.system` as a network with the right arguments runs a command.
NETWORK = r"dynamic_network_architectures\.architectures\.(unet|residual_unet)\.\w+UNet"
LAYER = r"torch\.nn\.(modules\.(conv|instancenorm|batchnorm|normalization|activation|dropout)\.)?[A-Z]\w*"
NAMES = {
    "preprocessor_name": r"DefaultPreprocessor",
    "normalization_schemes": r"\w+Normalization",
    "resampling_fn_data": r"resample_\w+",
    "resampling_fn_seg": r"resample_\w+",
    "resampling_fn_probabilities": r"resample_\w+",
}


def check_names(path: Path, configuration: Mapping[str, Any]) -> None:
    """Raise `InputError` where a configuration names something that nnU-Net's planners never write.

    Args:
        path: The plans, which are named.
        configuration: With what it inherits.
    """
    architecture = configuration["architecture"]
    arguments = architecture["arch_kwargs"]
    _check(path, architecture["network_class_name"], NETWORK)
    for name in architecture["_kw_requires_import"]:
        if arguments[name] is not None:
            _check(path, arguments[name], LAYER)
    for name, pattern in NAMES.items():
        found = configuration[name]
        for value in found if isinstance(found, list) else [found]:
            _check(path, value, pattern)


def _check(path: Path, name: Any, pattern: str) -> None:
    if not isinstance(name, str) or not re.fullmatch(pattern, name):
        raise InputError(path, f"names {name!r}, which is no part of nnU-Net", "train the model again with labelct")
