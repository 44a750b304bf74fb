"""A data set in nnU-Net's raw layout (or the Decathlon's, from which it comes): one image channel, labels by name."""

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from labelct.cohort import names
from labelct.cohort.base import Found, Subject, load_ct, load_label_map
from labelct.cohort.settings import NnunetRawSettings
from labelct.cohort.splits import draw, read_split
from labelct.errors import InputError, SettingError
from labelct.store import read_json
from labelct.volume import LabelMap, Volume

log = logging.getLogger(__name__)

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
    has_ct, ending = _is_ct(root / "dataset.json", index), str(index.get("file_ending", ".nii.gz"))
    if ending not in (".nii.gz", ".nii"):
        raise InputError(root / "dataset.json", f"its file_ending is {ending}", "convert the images to .nii.gz")
    load = partial(load_label_map, names=table, merge=settings.merge)
    read_ct = partial(load_ct, not_hu=settings.not_hu) if has_ct else None
    training, test = (_subjects(root, part, ending, load, read_ct) for part in ("Tr", "Ts"))
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
        labels = {value: name for name, value in labels.items()}
    try:
        return names.checked_names("labels", labels)
    except SettingError as error:
        raise InputError(path, str(error), 'write {"background": 0, "liver": 1}') from None


def _is_ct(path: Path, index: dict[str, Any]) -> bool:
    channels = index.get("channel_names", index.get("modality", {"0": "CT"}))
    if len(channels) != 1:
        raise InputError(path, f"it has {len(channels)} channels", "keep the CT channel alone")
    (channel,) = channels.values()
    if str(channel).upper() != "CT":
        log.warning("%s: its channel is %s, no CT; its label maps are used and its images are not", path, channel)
    return str(channel).upper() == "CT"


def _subjects(
    root: Path,
    part: str,
    ending: str,
    load: Callable[[Path], LabelMap],
    read_ct: Callable[[Path, Path], Volume] | None,
) -> tuple[Subject, ...]:
    subjects = []
    for path in sorted((root / f"labels{part}").glob(f"[!.]*{ending}")):
        case = path.name.removesuffix(ending)
        images = [root / f"images{part}" / f"{case}{suffix}{ending}" for suffix in ("_0000", "")]
        ct = next((image for image in images if read_ct and os.path.lexists(image)), None)
        load_image = partial(read_ct, ct, path) if read_ct and ct else None
        subjects.append(Subject(case, partial(load, path), load_image, (path, *([ct] if ct else []))))
    return tuple(subjects)
