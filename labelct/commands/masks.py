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

from labelct.errors import REFUSALS, InputError
from labelct.folders import made, missing, remove_empty
from labelct.io import itk
from labelct.io.content import digest
from labelct.io.dicom import series_files
from labelct.io.header import read_header
from labelct.io.inputs import without_ending
from labelct.io.label_table import Structure, itk_snap
from labelct.io.tags import frames_of, is_dicom
from labelct.io.volumes import ct_files
from labelct.texts import read_json
from labelct.writing import write_json, write_text

RECORD, LABELS, ITK_SNAP = ".made_from.json", "labels.json", "labels.txt"
ENDING = ".nii.gz"
# By the format of an input: 3D Slicer opens a `.seg.nrrd` as a segmentation.
ENDINGS = {".nrrd": ".seg.nrrd", ".nhdr": ".seg.nrrd", ".mha": ".mha", ".mhd": ".mha"}
LONGEST_FILE_NAME = 255  # bytes of a file's name
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

    That of an NRRD file is `<name>.seg.nrrd`, that of a MetaImage `<name>.mha`.

    Args:
        inputs: The CT; one that is given twice counts once.
        folder: Where the masks go.

    Raises:
        InputError: Two CT cannot be told apart, a name would be too long, or a mask would take the place of a CT.
    """
    parts = {path: _parts(path) for path in {os.path.realpath(path): path for path in inputs}.values()}
    depths = dict.fromkeys(parts, 1)
    while clashing := _clashing(parts, depths):
        for path in clashing:
            if depths[path] == len(parts[path]):
                raise InputError(path, "cannot be told from another CT by its name", "segment them into two folders")
            depths[path] += 1
    masks = {path: folder / (_name(parts[path], depth) + _ending(path)) for path, depth in depths.items()}
    given = {os.path.realpath(path) for path in parts}
    for path, mask in masks.items():
        if len(os.fsencode(record_path(mask).name)) > LONGEST_FILE_NAME:
            raise InputError(mask, *REFUSALS[errno.ENAMETOOLONG])
        if os.path.realpath(mask) in given:
            raise InputError(mask, f"is a CT, and the mask of {path} would take its place", "give another -o")
    return masks


def input_digest(ct: Path, series: str = "") -> str:
    """Return the digest of a CT's content: of a NIfTI file what its header declares, of a folder its DICOM images.

    Args:
        ct: The file or folder.
        series: Which of the series of a folder; empty: its only one.

    Raises:
        InputError: It cannot be read.
    """
    if itk.is_itk(ct) and not ct.is_dir():
        itk.read_grid(ct)
        return itk.content_digest(ct)
    if not ct.is_dir():
        return digest(ct, None if is_dicom(ct) else read_header(ct).size)
    if series:
        files = [file.path for file in series_files(ct, series)]
    else:  # not the DICOM-SEG that may be written beside them
        files = [part for part in ct_files(ct) if is_dicom(part) and frames_of(part)]
    return sha256(" ".join(digest(file) for file in files).encode()).hexdigest()[:16]


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
        mask = mask_of(path)
        if mask not in masks and mask is not None and read_record(path).get("labels") != dict(labels):
            raise InputError(
                mask, "is of a model with other labels, and one labels.json speaks for all", "give another -o"
            )


@contextmanager
def named(folder: Path, structures: Sequence[Structure]) -> Iterator[None]:
    """Write names and colours of a folder before its masks; where no mask can be written, nothing is left of them.

    Args:
        folder: Where the masks are written meanwhile.
        structures: What their values are.

    Raises:
        InputError: It cannot be written.
    """
    new, folders = [path for path in (folder / LABELS, folder / ITK_SNAP) if not path.exists()], missing(folder)
    with made(folder):
        try:
            write_json(folder / LABELS, {one.name: one.value for one in structures})
            write_text(folder / ITK_SNAP, itk_snap(structures))
            yield
        finally:
            if not any(folder.glob(f"*{RECORD}")):
                for path in new:
                    path.unlink(missing_ok=True)
                remove_empty(folders)


def case_of(mask: Path) -> str:
    """Return the name of the case that a mask is of."""
    ending = next((ending for ending in (ENDING, *ENDINGS.values()) if mask.name.endswith(ending)), "")
    return mask.name.removesuffix(ending)


def record_path(mask: Path) -> Path:
    """Return where the record of a mask lies."""
    return mask.with_name(case_of(mask) + RECORD)


def mask_of(record: Path) -> Path | None:
    """Return the mask that a record is of; None where it is gone."""
    case = record.name.removesuffix(RECORD)
    paths = (record.with_name(case + ending) for ending in (ENDING, *ENDINGS.values()))
    return next((path for path in paths if path.exists()), None)


def read_record(path: Path) -> dict[str, Any]:
    """Return what a record says; `InputError` where it is damaged."""
    found = read_json(path, OVERWRITE)
    if not isinstance(found, dict):
        raise InputError(path, "is no record of a mask", OVERWRITE)
    return found


def _parts(path: Path) -> tuple[str, ...]:
    """Return the names above a CT and its own without ending; `.` and links stand for what they are in full."""
    absolute = path.absolute() if path.name and ".." not in path.parts else Path(os.path.realpath(path))
    return (*absolute.parts[1:-1], without_ending(absolute.name))


def _ending(path: Path) -> str:
    return ENDINGS.get(path.suffix.lower(), ENDING)


def _name(parts: tuple[str, ...], depth: int) -> str:
    return "_".join(parts[-depth:])


def _clashing(parts: Mapping[Path, tuple[str, ...]], depths: Mapping[Path, int]) -> list[Path]:
    """Return the CT whose names are not theirs alone, also where a file system does not tell cases apart."""
    names = {path: _name(parts[path], depth).casefold() for path, depth in depths.items()}
    counts = Counter(names.values())
    return [path for path, name in names.items() if counts[name] > 1]
