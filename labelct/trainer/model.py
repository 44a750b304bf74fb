"""The folder of a model, whoever made it: its description checked, its checkpoints read and nothing in them run."""

from __future__ import annotations

import hashlib
import json
import math
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from labelct.errors import InputError, SettingError, first_line, refusal, unreadable
from labelct.texts import read_json
from labelct.trainer.intact import check_intact, decides
from labelct.writing import write_json

if TYPE_CHECKING:
    from torch import Tensor, nn

    from labelct.mr import Settings as MrSettings
    from labelct.volume import Volume

Schema = TypeVar("Schema")

REMEDY = "point to the folder of a trained model, as the training left it"
OTHER_SETTINGS = "holds a training with other settings", "delete it or choose another folder"
OTHER_VERSION = "it may be of another version of labelct: use that one, or train again"
KEYS = {"settings", "labels", "seed", "ignore", "spacing", "intensity"}
LARGEST_LABEL = 255  # masks are uint8
LARGEST_FILE = 1 << 24  # bytes of a description; labelct's own take a few thousand
BEGINNINGS = (b"P", b"\x80")  # of a zip archive, and of torch's first format
IMAGE = "image.json"
CASCADE = "cascade.json"
KEY_LENGTH = 16  # as the digests of volumes have


def read_model(folder: Path) -> dict[str, Any]:
    """Return what `model.json` of a trained model holds: `settings`, `labels` and what its trainer left beside them.

    Raises:
        InputError: There is none, it describes no model, or a file beside it is missing.
    """
    check_intact(folder)
    model = read_description(folder / "model.json")
    if not isinstance(model.get("settings"), dict):
        raise InputError(folder / "model.json", "holds no settings of a training", REMEDY)
    if unknown := sorted(set(model) - KEYS):
        raise InputError(folder / "model.json", f"its key {unknown[0]!r} is none of a model's", OTHER_VERSION)
    labels = model.get("labels")
    if not isinstance(labels, dict) or not labels or not all(map(_is_label, labels.values())):
        problem = f"its labels are no table of names and values from 1 to {LARGEST_LABEL}"
        raise InputError(folder / "model.json", problem, REMEDY)
    for name in labels:
        if not name.strip() or not name.isprintable():
            raise InputError(folder / "model.json", f"its label {name!r} is no name", REMEDY)
    if len(set(labels.values())) < len(labels):
        raise InputError(folder / "model.json", "two of its labels share a value", REMEDY)
    return model


def read_description(path: Path) -> dict[str, Any]:
    """Return the JSON object that a small file of a model's folder holds.

    Raises:
        InputError: It is missing, no regular file, damaged, or holds something else.
    """
    if path.exists() and (not path.is_file() or path.stat().st_size > LARGEST_FILE):
        raise InputError(path, "is no file that describes a model", REMEDY)
    try:
        found = read_json(path, REMEDY)
    except RecursionError:
        raise InputError(path, "cannot be read as JSON (nested too deeply)", REMEDY) from None
    if not isinstance(found, dict):
        raise InputError(path, "is no JSON object", REMEDY)
    return found


def write_image(folder: Path, mr: MrSettings) -> None:
    """Leave in a model's folder that it was trained on MR, and how their intensities were standardised."""
    write_json(folder / IMAGE, {"modality": "mr", "mr": asdict(mr)})


def is_of_mr(folder: Path) -> bool:
    """Return whether a model was trained on MR."""
    return (folder / IMAGE).exists()


def field_mm(folder: Path) -> float | None:
    """Return the width and height about the middle of an image that an opened model segments, mm; None: all of it."""
    found: float | None = read_model(folder)["settings"].get("prediction", {}).get("field_mm")
    return found


def read_image(folder: Path, path: Path, unchecked: bool = False, series: str = "") -> Volume:
    """Read an image as a model was trained on: a CT in HU, or an MR with its intensities standardised.

    Args:
        folder: The model's.
        path: As of `read_ct`.
        unchecked: Do not check that the values are those of the modality.
        series: As of `read_ct`.

    Raises:
        InputError: The image cannot be read or is of another modality; the model's folder says nothing sensible.
    """
    from labelct.io.volumes import read_ct, read_mr
    from labelct.mr import shown

    settings = mr_settings(folder)
    if settings is None:
        return read_ct(path, unchecked, series)
    return shown(read_mr(path, unchecked, series), settings)


def mr_settings(folder: Path) -> MrSettings | None:
    """Return how the intensities of MR were standardised that a model was trained on; None: it was trained on CT.

    Raises:
        InputError: The model's folder says nothing sensible.
    """
    from labelct import mr

    if not is_of_mr(folder):
        return None
    described = read_description(folder / IMAGE)
    try:
        return mr.Settings(**described["mr"])
    except (KeyError, TypeError, SettingError):
        raise InputError(folder / IMAGE, "says nothing of how MR intensities were standardised", REMEDY) from None


def settings_of(folder: Path, model: Mapping[str, Any], schema: type[Schema], file: str = "model.json") -> Schema:
    """Return the settings of a model as its trainer's own object, every type and range checked.

    Args:
        folder: The model's.
        model: Holds the values as `settings`.
        schema: What they become.
        file: Where they were read, for an error.

    Raises:
        InputError: They are not settings of that trainer.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    if "${" in json.dumps(model["settings"]):  # would be looked up in this machine's environment
        raise InputError(folder / file, "its settings refer to others by ${}", REMEDY)
    try:
        node = OmegaConf.merge(OmegaConf.structured(schema), OmegaConf.create(dict(model["settings"])))
        settings = OmegaConf.to_object(node)
    except (SettingError, OmegaConfBaseException, RecursionError) as error:
        raise InputError(folder / file, f"its settings do not fit ({first_line(error)})", OTHER_VERSION) from None
    assert isinstance(settings, schema)
    return settings


def numbers_of(folder: Path, name: str, values: Any, count: int) -> list[float]:
    """Return `count` finite numbers that `model.json` holds as `name`, or raise `InputError`."""
    known = isinstance(values, list) and len(values) == count
    if not known or not all(type(value) in (int, float) and math.isfinite(value) for value in values):
        raise InputError(folder / "model.json", f"its {name} is not {count} numbers", REMEDY)
    return [float(value) for value in values]


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return what a checkpoint holds: tensors, containers, numbers and numpy's scalars, and nothing that runs.

    Raises:
        InputError: It is missing, cut, no checkpoint, or asks for anything else.
    """
    import torch

    if not path.is_file():
        raise InputError(path, "no such checkpoint", "point to the folder of a finished training")
    try:
        _check_kind(path)
        _check_sums(path)
        with torch.serialization.safe_globals(_scalars()), warnings.catch_warnings(action="ignore"):
            found = torch.load(path, map_location="cpu", weights_only=True)
    except InputError:
        raise
    except Exception as error:  # an unpickler that is fed anything raises anything
        if isinstance(error, OSError) and refusal(error, path):
            raise unreadable(error, path) from None
        raise InputError(path, f"is damaged or no checkpoint of labelct ({_refused(error)})", REMEDY) from None
    if not isinstance(found, dict):
        raise InputError(path, "is no checkpoint of labelct", REMEDY)
    return found


def fill(network: nn.Module, weights: Any, path: Path) -> None:
    """Give a network that was built without memory (on torch's device `meta`) the weights of a checkpoint.

    Args:
        network: Of any size: what does not fit is found before memory is asked for.
        weights: `{name: tensor}`.
        path: The checkpoint, which is named.

    Raises:
        InputError: They are the weights of another network.
    """
    try:
        checked = {str(name): _weight(value) for name, value in dict(weights).items()}
        network.load_state_dict(checked, assign=True)
    except (RuntimeError, TypeError, ValueError) as error:
        problem = f"its weights are not those of the network that model.json describes ({first_line(error)})"
        raise InputError(path, problem, REMEDY) from None


def model_key(folder: Path) -> str:
    """Return what tells a model from all others, wherever it lies: a digest of the files that decide over its masks."""
    digested = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if decides(path.name) and path.is_file()):
        with path.open("rb") as file:
            digested.update(hashlib.file_digest(file, "sha256").digest())
        digested.update(path.relative_to(folder).as_posix().encode())
    return digested.hexdigest()[:KEY_LENGTH]


def _is_label(value: Any) -> bool:
    return type(value) is int and 1 <= value <= LARGEST_LABEL


def _weight(value: Any) -> Tensor:
    import torch

    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        raise TypeError("something is no weight")
    if not value.isfinite().all():
        raise ValueError("some are NaN or infinite")
    return value.float()


def _check_kind(path: Path) -> None:
    """Raise `InputError` where a file does not begin as a checkpoint does."""
    with path.open("rb") as file:
        if file.read(1) not in BEGINNINGS:
            raise InputError(path, "is no checkpoint, but a text or another kind of file", REMEDY)


def _check_sums(path: Path) -> None:
    """Raise where a checkpoint holds other bytes than were written: torch compares no checksums.

    Raises:
        ValueError: It does.
        Exception: What a damaged archive makes zipfile raise.
    """
    if not zipfile.is_zipfile(path):
        return  # torch's first format has no sums
    with zipfile.ZipFile(path) as archive:
        if any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist()):
            raise ValueError("its parts are compressed, which no training leaves")
        if (part := archive.testzip()) is not None:
            raise ValueError(f"the checksum of its part {part} is another")


def _scalars() -> list[Any]:
    """Return what nnU-Net's and Lightning's checkpoints hold besides tensors: numpy's numbers, under both names."""
    import numpy as np

    scalar = np.float64(0).__reduce__()[0]
    kinds = (np.float64, np.float32, np.int64, np.int32, np.bool_)
    return [(scalar, "numpy.core.multiarray.scalar"), scalar, np.dtype, *(type(np.dtype(kind)) for kind in kinds)]


def _refused(error: Exception) -> str:
    """Return why torch did not read a checkpoint, without its advice to read it all the same."""
    if isinstance(error, pickle.UnpicklingError):
        asked = re.search(r"(?:GLOBAL|function|class) ([\w.]+)", str(error))
        return f"it asks for {asked[1]}, which is no number and no weight" if asked else "it holds more than weights"
    return first_line(error)[:200]
