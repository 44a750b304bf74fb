"""The DICOM series below a folder, by what one file of each says, so that one can be chosen among them."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np

from labelct.errors import InputError
from labelct.folders import matching
from labelct.io.dicom import series_files
from labelct.io.tags import is_dicom, series_of

AXIAL = 0.8  # |cosine| between the slices' normal and the body's axis: prostate series are tilted by up to 30 degrees


@dataclass(frozen=True)
class Series:
    """One series.

    Attributes:
        path: Its folder.
        modality: `CT`, `MR`, ...; empty where its files do not say.
        description: Free text of whoever scanned; empty where there is none.
        number: In the order of the examination; 0 where its files do not say.
        files: How many files it has.
        upright: |cosine| between the normal of its slices and the body's axis; 0 where its files do not say.
    """

    path: Path
    modality: str
    description: str
    number: int
    files: int
    upright: float

    @property
    def is_axial(self) -> bool:
        """Whether its slices lie across the body."""
        return self.upright >= AXIAL


def find_series(folder: Path) -> list[Series]:
    """Return the series below a folder, one a folder of DICOM files, sorted by path; unreadable ones are left out.

    Args:
        folder: Where they are looked for, at any depth.
    """
    folders = sorted({path.parent for path in matching(folder, "**/*") if path.is_file()})
    return [series for path in folders if (series := _series(path)) is not None]


def parts_of_series(folders: Sequence[Path]) -> dict[Path, Path]:
    """Return the folders that hold slices of one series between them, each with another of them.

    Folders that hold slices at the same places, as copies do, are no parts of each other.

    Args:
        folders: Of DICOM files.
    """
    by_uid: dict[str, list[Path]] = {}
    for folder in folders:
        by_uid.setdefault(_uid(folder), []).append(folder)
    shared = {uid: several for uid, several in by_uid.items() if uid and len(several) > 1}
    places = {folder: _places(folder) for several in shared.values() for folder in several}
    pairs = (pair for several in shared.values() for pair in permutations(several, 2))
    return {one: other for one, other in pairs if places[one] and places[other] and not places[one] & places[other]}


def _uid(folder: Path) -> str:
    """Return the UID of a series by the first file of its folder; empty where none can be read."""
    first = min((path for path in folder.iterdir() if path.name != "DICOMDIR" and is_dicom(path)), default=None)
    return "" if first is None else series_of(first)


def _places(folder: Path) -> set[tuple[float, ...]]:
    """Return where slices lie; nothing for a folder that is no one series."""
    try:
        return {tuple(one.position) for file in series_files(folder) for one in file.slices}
    except InputError:
        return set()


def _series(folder: Path) -> Series | None:
    import pydicom

    logging.getLogger("pydicom").setLevel(logging.ERROR)
    files = sorted(path for path in folder.iterdir() if path.name != "DICOMDIR" and is_dicom(path))
    if not files:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            tags = pydicom.dcmread(files[0], force=True, stop_before_pixels=True)
            directions = np.reshape([float(value) for value in tags.get("ImageOrientationPatient") or [0] * 6], (2, 3))
            modality, text = (str(tags.get(name, "")) for name in ("Modality", "SeriesDescription"))
            number = int(tags.get("SeriesNumber") or 0)
    except Exception:  # pydicom's readers raise what they stumble over; the reader of the volume says what it is
        return None
    return Series(folder, modality, text, number, len(files), float(abs(np.cross(*directions)[2])))
