"""The masks of a folder: what each is called, and the record beside it of what it was made from and by."""

import errno
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import REFUSALS, InputError
from labelct.folders import made, together
from labelct.io import nifti
from labelct.io.content import digest
from labelct.io.header import read_header
from labelct.io.tags import is_dicom
from labelct.io.volumes import ct_files
from labelct.store import write_json
from labelct.texts import read_json
from labelct.volume import Volume

ENDING, RECORD, LABELS = ".nii.gz", ".made_from.json", "labels.json"
LONGEST = 255  # bytes of a file's name
OVERWRITE = "give another -o, or --overwrite to make it again"


@dataclass(frozen=True)
class Record:
    """What decides over the voxels of a mask.

    Attributes:
        input: Digest of the CT's content.
        model: Key of the model.
        labels: Label value by name.
        options: What was asked for besides.
    """

    input: str
    model: str
    labels: Mapping[str, int]
    options: Mapping[str, bool]


def mask_paths(inputs: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """Return the mask of each CT: `<name>.nii.gz`, with the names of the folders above where two share a name.

    Args:
        inputs: The CT; one that is given twice counts once.
        folder: Where the masks go.

    Raises:
        InputError: Two CT cannot be told apart, a name would be too long, or a mask would take the place of a CT.
    """
    parts = {path: _parts(path) for path in {path.resolve(): path for path in inputs}.values()}
    depths = dict.fromkeys(parts, 1)
    while clashing := _clashing(parts, depths):
        for path in clashing:
            if depths[path] == len(parts[path]):
                raise InputError(path, "cannot be told from another CT by its name", "segment them into two folders")
            depths[path] += 1
    masks = {path: folder / f"{_name(parts[path], depth)}{ENDING}" for path, depth in depths.items()}
    given = {path.resolve() for path in parts}
    for path, mask in masks.items():
        if len(os.fsencode(record_path(mask).name)) > LONGEST:
            raise InputError(mask, *REFUSALS[errno.ENAMETOOLONG])
        if mask.resolve() in given:
            raise InputError(mask, f"is a CT, and the mask of {path} would take its place", "give another -o")
    return masks


def input_digest(ct: Path) -> str:
    """Return the digest of a CT's content: of a NIfTI file what its header declares, of a folder its DICOM files.

    Raises:
        InputError: It cannot be read.
    """
    if not ct.is_dir():
        return digest(ct, None if is_dicom(ct) else read_header(ct).size)
    return sha256(" ".join(digest(file) for file in ct_files(ct) if is_dicom(file)).encode()).hexdigest()[:16]


def is_made(mask: Path, wanted: Record) -> bool:
    """Return whether a mask is there and made as `wanted` says.

    Raises:
        InputError: Another one, or one that nothing is known about, has its place.
    """
    if not mask.exists():
        return False
    path = record_path(mask)
    if not path.is_file():
        raise InputError(mask, "is there, and no record of what it was made from", OVERWRITE)
    known = read_record(path)
    for name, value in asdict(wanted).items():
        if known.get(name) != value:
            told = {"input": "of another CT", "options": f"with options {known.get(name)}"}
            raise InputError(mask, f"was made {told.get(name, 'by another model')}", OVERWRITE)
    return True


def check_labels(folder: Path, masks: Sequence[Path], labels: Mapping[str, int]) -> None:
    """Raise `InputError` where masks stay in a folder whose values mean something else than `labels`.

    Args:
        folder: Where the masks lie.
        masks: Those that are made or kept.
        labels: What `labels.json` is going to say.
    """
    for path in sorted(folder.glob(f"*{RECORD}")):
        mask = path.with_name(path.name.removesuffix(RECORD) + ENDING)
        if mask not in masks and mask.exists() and read_record(path).get("labels") != dict(labels):
            raise InputError(
                mask, "is of a model with other labels, and one labels.json speaks for all", "give another -o"
            )


@contextmanager
def named(folder: Path, labels: Mapping[str, int]) -> Iterator[None]:
    """Write the `labels.json` of a folder before its masks; where no mask can be written, nothing is left of it.

    Args:
        folder: Where the masks are written meanwhile.
        labels: Label value by name.

    Raises:
        InputError: It cannot be written.
    """
    path = folder / LABELS
    there = path.exists()
    with made(folder):
        write_json(path, dict(labels))
        try:
            yield
        except InputError:
            if not there and not any(folder.glob(f"*{ENDING}")):
                path.unlink()
            raise


def write_mask(mask: Path, labels: NDArray[np.integer], volume: Volume, record: Record) -> None:
    """Write a mask on the grid of its CT, and beside it what it was made from, or neither.

    Args:
        mask: The file.
        labels: `(x, y, z)` label values.
        volume: The CT.
        record: What decided over them.

    Raises:
        InputError: The disk is full, or the folder cannot be written.
    """
    path = record_path(mask)
    with together(mask.parent, last=path.name) as folder:
        nifti.write_like(folder / mask.name, labels, volume)
        write_json(folder / path.name, asdict(record))
        path.unlink(missing_ok=True)  # until the new one is there, the mask is no one's


def record_path(mask: Path) -> Path:
    """Return where the record of a mask lies."""
    return mask.with_name(mask.name.removesuffix(ENDING) + RECORD)


def read_record(path: Path) -> dict[str, Any]:
    """Return what a record says; `InputError` where it is damaged."""
    found = read_json(path, OVERWRITE)
    if not isinstance(found, dict):
        raise InputError(path, "is no record of a mask", OVERWRITE)
    return found


def _parts(path: Path) -> tuple[str, ...]:
    """Return the names above a CT and its own without ending; `.` and links stand for what they are in full."""
    absolute = path.absolute() if path.name and ".." not in path.parts else path.resolve()
    name = absolute.name
    for ending in (".gz", ".nii"):
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    return (*absolute.parts[1:-1], name or absolute.name)


def _name(parts: tuple[str, ...], depth: int) -> str:
    return "_".join(parts[-depth:])


def _clashing(parts: Mapping[Path, tuple[str, ...]], depths: Mapping[Path, int]) -> list[Path]:
    """Return the CT whose names are not theirs alone, also where a file system does not tell cases apart."""
    names = {path: _name(parts[path], depth).casefold() for path, depth in depths.items()}
    counts = Counter(names.values())
    return [path for path, name in names.items() if counts[name] > 1]
