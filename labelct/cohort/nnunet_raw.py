"""A data set in nnU-Net's raw layout (or the Decathlon's, from which it comes): one image channel, labels by name."""

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from labelct.cohort import names
from labelct.cohort.base import Found, Subject, load_label_map, with_image
from labelct.cohort.settings import NnunetRawSettings
from labelct.cohort.splits import draw, read_split
from labelct.errors import InputError, SettingError
from labelct.folders import matching
from labelct.texts import read_json
from labelct.volume import LabelMap

log = logging.getLogger(__name__)

MOST_SHOWN = 40  # characters of a value in a line
REMEDY = "point root to a DatasetXXX_Name folder of nnUNet_raw"


def find(settings: NnunetRawSettings, root: Path) -> Found:
    """Find the cases of `labelsTr` and, where it exists, `labelsTs`, which is the test split.

    Args:
        settings: Merges, and the seed that shares `labelsTr` between training and validation.
        root: The data set's folder; its `splits_final.json`, where there is one, says which cases validate.

    Raises:
        InputError: `dataset.json` is missing or damaged, has several channels or regions, or no case is there.
    """
    index = _index(root / "dataset.json")
    table = _names(root / "dataset.json", index)
    shown = _is_shown(root / "dataset.json", index, settings.modality)
    ending = str(index.get("file_ending", ".nii.gz"))
    if ending not in (".nii.gz", ".nii"):
        raise InputError(root / "dataset.json", f"its file_ending is {ending}", "convert the images to .nii.gz")
    load = partial(load_label_map, names=table, merge=settings.merge)
    labels = {part: _labels(root, part, ending, load) for part in ("Tr", "Ts")}
    training, test = (
        tuple(_with_image(subject, part, ending, settings) for subject in subjects) if shown else subjects
        for part, subjects in labels.items()
    )
    if not training and not test:
        raise InputError(root, "holds no label file in labelsTr", REMEDY)
    fresh = names.structures(table, settings.merge)
    return Found((*training, *test), fresh, _own_split(root, settings, training, test))


def _own_split(
    root: Path, settings: NnunetRawSettings, training: tuple[Subject, ...], test: tuple[Subject, ...]
) -> dict[str, list[str]] | None:
    path = root / "splits_final.json"
    if path.is_file():
        return read_split(path) | {"test": [subject.case for subject in test]}
    if test:
        shared = draw({subject.case: False for subject in training}, settings.splits | {"test": 0}, settings.seed, root)
        return shared | {"test": [subject.case for subject in test]}
    return None


def _index(path: Path) -> dict[str, Any]:
    index = read_json(path, REMEDY)
    if not isinstance(index, dict) or not isinstance(index.get("labels"), dict):
        raise InputError(path, "has no table of labels", REMEDY)
    return index


def _names(path: Path, index: dict[str, Any]) -> dict[int, str]:
    """Return `{value: name}` from `{name: value}` of nnU-Net v2 or `{value: name}` of v1 and the Decathlon."""
    labels: dict[Any, Any] = index["labels"]
    regions = [name for name, value in labels.items() if isinstance(value, list)]
    if regions:
        problem = f"its labels are regions of several values ({', '.join(regions)})"
        raise InputError(path, problem, "give each value one name and merge them with merge=")
    if not all(str(key).isdecimal() for key in labels):
        by_value = {value: name for name, value in labels.items()}
        if twice := [name for name, value in labels.items() if by_value[value] != name]:
            problem = f"its labels {twice[0]!r} and {by_value[labels[twice[0]]]!r} share a value"
            raise InputError(path, problem, "give each value one name")
        labels = by_value
    try:
        return names.checked_names("labels", labels)
    except SettingError as error:
        raise InputError(path, str(error), 'write {"background": 0, "liver": 1}') from None


def _is_shown(path: Path, index: dict[str, Any], modality: str) -> bool:
    """Return whether the one channel is of the modality that is asked for."""
    channels = index.get("channel_names", index.get("modality", {"0": "CT"}))
    if not isinstance(channels, dict):
        raise InputError(path, f"its channels are {str(channels)[:MOST_SHOWN]}, no table", 'write {"0": "CT"}')
    if len(channels) != 1:
        raise InputError(path, f"it has {len(channels)} channels", "keep the CT channel alone")
    (channel,) = channels.values()
    is_ct = str(channel).upper() == "CT"
    if modality == "mr" and is_ct:
        raise InputError(path, f"its channel is {channel}, where MR is expected", "set modality=ct")
    if modality == "ct" and not is_ct:
        log.warning("%s: its channel is %s, no CT; its label maps are used and its images are not", path, channel)
    return is_ct == (modality == "ct")


def _labels(root: Path, part: str, ending: str, load: Callable[[Path], LabelMap]) -> tuple[Subject, ...]:
    files = matching(root, f"labels{part}/*{ending}")
    return tuple(Subject(path.name.removesuffix(ending), partial(load, path), None, (path,)) for path in files)


def _with_image(subject: Subject, part: str, ending: str, settings: NnunetRawSettings) -> Subject:
    """Return a subject with its image where there is one."""
    (label,) = subject.files
    folder = label.parents[1] / f"images{part}"
    images = [folder / f"{subject.case}{suffix}{ending}" for suffix in ("_0000", "")]
    image = next((image for image in images if os.path.lexists(image)), None)
    return with_image(subject, image, label, settings) if image else subject
