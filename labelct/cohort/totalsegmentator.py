"""The TotalSegmentator data set, v1 and v2: one folder a subject, one mask file a structure."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.cohort.base import Found, Subject, check_same_grid, merge_labels, with_image
from labelct.cohort.names import merged, totalsegmentator
from labelct.cohort.settings import SPLITS, TotalSegmentatorSettings
from labelct.errors import InputError, SettingError, did_you_mean
from labelct.folders import matching
from labelct.io import nifti
from labelct.texts import read_rows, read_text
from labelct.volume import LabelMap

ENDING = ".nii.gz"
IMAGES = {"ct": "ct", "mr": "mri"}  # the names of the CT data set and of the MR one


def find(settings: TotalSegmentatorSettings, root: Path) -> Found:
    """Find every `root/<case>/segmentations`; `meta.csv` gives the cohort's own split.

    Args:
        settings: Structures and merges.
        root: The cohort's folder.

    Raises:
        InputError: No case is there, or one has no mask with a known name.
        SettingError: A structure that TotalSegmentator does not know.
    """
    known = totalsegmentator()
    for name in settings.structures:
        if name not in known.values():
            remedy = did_you_mean(name, known.values()) or "see docs/cohorts.md for the names"
            raise SettingError("structures", name, "names of TotalSegmentator v1 or v2", remedy)
    folders = [path for path in matching(root, "*/segmentations") if path.is_dir()]
    if not folders:
        raise InputError(root, "holds no CASE/segmentations folder", "set root to the folder of the subjects")
    masks = {folder: _masks(folder, known, settings.structures) for folder in folders}
    present = {value: name for value, name in known.items() if any(value in found for found in masks.values())}
    subjects = tuple(_subject(folder.parent, masks[folder], known, settings) for folder in folders)
    return Found(subjects, merged(present, settings.merge)[0], _own_split(root / "meta.csv"))


def _masks(folder: Path, known: Mapping[int, str], structures: list[str]) -> dict[int, Path]:
    if structures:
        return {value: folder / f"{name}{ENDING}" for value, name in known.items() if name in structures}
    there = {path.name for path in folder.iterdir()}
    masks = {value: folder / f"{name}{ENDING}" for value, name in known.items() if f"{name}{ENDING}" in there}
    if not masks:
        raise InputError(folder, "holds no mask with a name of TotalSegmentator", "use cohort=folder for other names")
    return masks


def _subject(
    folder: Path, masks: dict[int, Path], known: Mapping[int, str], settings: TotalSegmentatorSettings
) -> Subject:
    names = {value: known[value] for value in masks}
    image, first = folder / f"{IMAGES[settings.modality]}{ENDING}", next(iter(masks.values()))
    present = tuple(path for path in masks.values() if os.path.lexists(path))
    load = partial(load_masks, masks, names, settings.merge)
    subject = Subject(folder.name, load, None, present, partial(load_structures, masks, names, settings.merge))
    return with_image(subject, image, first, settings) if os.path.lexists(image) else subject


def load_masks(masks: Mapping[int, Path], names: Mapping[int, str], merge: Mapping[str, str] | None) -> LabelMap:
    """Combine mask files into one label map; where masks overlap the smaller one wins, then the higher value.

    Args:
        masks: `{value: mask file}`.
        names: `{value: name}`.
        merge: `{name: name it becomes}`.

    Returns:
        The label map `(x, y, z)` uint8, RAS+.

    Raises:
        InputError: A mask is missing, unreadable, not of two values, or on another grid than the first one.
    """
    first = next(iter(masks.values()))
    shape, affine = grid = nifti.read_grid(first)
    cut_out = []
    for value, path in masks.items():
        stored, own_affine = nifti.read_array(path)
        check_same_grid(path, (stored.shape, own_affine), first, grid)
        box = _box(stored)
        mask = _binary(path, stored[box])
        cut_out.append((-np.count_nonzero(mask), value, box, mask))
    labels = np.zeros(shape, dtype=np.uint8)
    for _, value, box, mask in sorted(cut_out, key=lambda entry: entry[:2]):
        labels[box][mask] = value
    return merge_labels(LabelMap(labels, affine, dict(names)), merge)


def load_structures(
    masks: Mapping[int, Path], names: Mapping[int, str], merge: Mapping[str, str] | None, structures: frozenset[str]
) -> LabelMap | None:
    """Return the label map of the masks that make up `structures`, None where no mask does; as `load_masks`."""
    parts = {value for value, name in names.items() if (merge or {}).get(name, name) in structures}
    if not parts:
        return None
    kept = {value: names[value] for value in parts}
    chains = {part: whole for part, whole in (merge or {}).items() if part in kept.values()}
    return load_masks({value: masks[value] for value in masks if value in parts}, kept, chains)


def _box(mask: NDArray[Any]) -> tuple[slice, slice, slice]:
    """Return the bounding box of what is not 0; z first, for files lie slice by slice."""
    z = _span(mask.any(axis=(0, 1)))
    x = _span(mask[:, :, z].any(axis=(1, 2)))
    return x, _span(mask[x, :, z].any(axis=(0, 2))), z


def _span(occupied: NDArray[Any] | np.bool_) -> slice:
    where = np.flatnonzero(occupied)
    return slice(int(where[0]), int(where[-1]) + 1) if len(where) else slice(0, 0)


def _binary(path: Path, mask: NDArray[Any]) -> NDArray[np.bool_]:
    inside = np.ascontiguousarray(mask != 0)
    if mask.size and not np.array_equal(inside, mask == mask.max()):
        raise InputError(path, "its voxels have more than two values", "give one mask of 0 and 1 per structure")
    return inside


def _own_split(path: Path) -> dict[str, list[str]] | None:
    """Return the split column of `meta.csv` (semicolons, UTF-8 with a byte order mark), None where there is none."""
    if not path.is_file():
        return None
    remedy = "save it as CSV in UTF-8"
    rows = read_rows(read_text(path, remedy), path, remedy)
    if not rows or not {"image_id", "split"} <= rows[0].keys():
        return None
    return {split: [row["image_id"] for row in rows if row["split"] == split] for split in SPLITS}
