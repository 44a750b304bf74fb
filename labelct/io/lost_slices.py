"""Files beside the slices of a series that are no DICOM and may have been some: damaged, packed, half copied."""

import re
from collections.abc import Collection
from pathlib import Path

from labelct.io.kinds import kind_of
from labelct.io.tags import PREAMBLE

CALLED = (".dcm", ".ima")
# What packs a file, and what programs that copy and load call one that they have begun.
NOT_YET = (".gz", ".bz2", ".xz", ".zst", ".zip", ".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp")


def damage(path: Path, slices: Collection[Path] = ()) -> str:
    """Return what is wrong with a file, no DICOM, that is called as one or as the slices are; empty for any other.

    It may have been a slice: of what a copy leaves that was stopped, or a fault of a disk, nothing else tells.

    Args:
        path: The file.
        slices: DICOM files in its folder; names that differ in digits alone are of one kind.
    """
    whole = path.with_suffix("") if path.suffix.lower() in NOT_YET else path
    called = whole.suffix.lower() in CALLED or _shape(whole) in map(_shape, slices)
    if not called or path.name.startswith(".") or not path.is_file():
        return ""
    if whole != path:
        return "" if whole in slices else "is a slice that is packed, or that a copy has begun"
    size = path.stat().st_size
    if size < PREAMBLE:
        return f"has {size} bytes and no slice in it"
    return f"is called as DICOM and is none{kind_of(path)}"


def _shape(path: Path) -> str:
    """Return the name of a file with its numbers left out."""
    return re.sub(r"\d+", "0", path.name)
