"""What the headers of NRRD and MetaImage files say, held against the files before SimpleITK reads a voxel."""

import gzip
import math
import os
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from labelct.errors import InputError
from labelct.io.content import CHUNK, DEFLATE_RATIO, check_file, on_disk
from labelct.io.geometry import warn_once

DETACHED = (".nhdr", ".mhd")  # text that names the file of the voxels, which lies beside it
LONGEST_HEADER = 2**20  # bytes; a segmentation of 3D Slicer says some 300 of each segment
FIELD = re.compile(r"([^:=]+?)\s*(?::=?|=)\s*(.*)")
SIZES = ("spacedirections", "spacings", "elementspacing", "elementsize")
GZIP = b"\x1f\x8b"
END_OF_HEADER = re.compile(rb"\r?\n\r?\n|^ElementDataFile\s*=[^\n]*\n", re.MULTILINE)
UNSAID = re.compile("none|nan|inf", re.IGNORECASE)
# What lets voxels begin elsewhere than behind the header, or stand there in another way than as bytes.
ELSEWHERE = ("byteskip", "lineskip", "headersize")
# Spaces of NRRD whose axes SimpleITK turns to LPS; of any other it takes the numbers as they are.
SPACES = ("leftposteriorsuperior", "rightanteriorsuperior", "leftanteriorsuperior", "lps", "ras", "las")


def fields(path: Path) -> dict[str, str]:
    """Return the fields of a header: names in small letters without blanks, values as they are."""
    with path.open("rb") as file:
        lines = file.read(LONGEST_HEADER).decode("latin-1").splitlines()
    found: dict[str, str] = {}
    for line in lines:
        matched = FIELD.fullmatch(line.strip())
        if not line.strip() and found:
            break
        if matched and not line.startswith("#"):
            name = "".join(matched[1].split()).lower()
            found[name] = matched[2]
            if name == "elementdatafile":  # the last of MetaImage, behind which voxels may lie
                break
    return found


def voxel_file(path: Path, said: Mapping[str, str]) -> Path:
    """Return the file that holds the voxels.

    Args:
        path: The header's.
        said: Its fields.

    Raises:
        InputError: They lie in several files, or in one that is not beside a header that may name one.
    """
    name = said.get("datafile") or said.get("elementdatafile") or "LOCAL"
    if name == "LOCAL" and path.suffix.lower() not in DETACHED:
        return path
    remedy = "export it again as .nrrd, .mha or .nii.gz"
    if name.startswith("LIST") or "%" in name:
        raise InputError(path, "its voxels lie in several files", remedy)
    if name == "LOCAL":
        return path
    if path.suffix.lower() not in DETACHED or Path(name).name != name.removeprefix("./"):
        raise InputError(path, f"its voxels lie in another place ({name!r})", remedy)
    check_file(path.parent / name)
    return path.parent / name


def check_header(path: Path, said: Mapping[str, str], voxels: Path, size: Sequence[int], bits: int) -> None:
    """Raise `InputError` where a header says no voxel size in mm, or other voxels than its file can hold.

    Where it says nothing of left and right, a warning does.

    Args:
        path: The header's file.
        said: Its fields.
        voxels: The file that holds the voxels.
        size: Voxels along the axes.
        bits: Of one voxel.
    """
    stored = on_disk(voxels)
    sizes = [said[name] for name in SIZES if name in said]
    if not sizes or any(UNSAID.search(told) for told in sizes):  # SimpleITK would take 1 mm
        raise InputError(path, "says no size of its voxels", "export it again with its spacing")
    units = {unit for unit in said.get("spaceunits", "").replace('"', " ").split() if unit}
    if units - {"mm"}:
        raise InputError(path, f"its lengths are in {', '.join(sorted(units))}", "export it again in mm")
    if "encoding" in said and said.get("space", "").lower().replace("-", "").replace(" ", "") not in SPACES:
        warn_once(f"{path}: says no anatomical space; its axes are taken for those of DICOM, which nothing tells")
    encoding = said.get("encoding", "gzip" if said.get("compresseddata", "").lower() == "true" else "raw").lower()
    least = bits // 8 if encoding in ("raw", "hex") else 1
    most = stored if encoding in ("raw", "hex", "ascii", "text", "txt") else DEFLATE_RATIO * stored + CHUNK
    if math.prod(size) * least > most:
        shown = " x ".join(map(str, size))
        raise InputError(path, f"{stored} bytes cannot hold {shown} voxels", "copy or export it again")
    if encoding in ("raw", "gzip", "gz") and _holds_more(path, said, voxels, math.prod(size) * bits // 8):
        shown = " x ".join(map(str, size))
        raise InputError(path, f"holds more than the {shown} voxels of its header", "correct it or export it again")


def _holds_more(path: Path, said: Mapping[str, str], voxels: Path, wanted: int) -> bool:
    """Return whether there are more bytes of voxels than `wanted`, where that can be told without reading all of them.

    SimpleITK reads as many as it wants: with sizes that are too small, a part of an organ would be the organ.
    """
    if said.keys() & set(ELSEWHERE) or said.get("binarydata", "true").lower() == "false":
        return False
    with voxels.open("rb") as file:
        begin = _end_of_header(file.read(LONGEST_HEADER)) if voxels == path else 0
        end = file.seek(0, os.SEEK_END)
        file.seek(begin)
        if file.read(len(GZIP)) != GZIP:
            return end - begin > wanted and "compresseddatasize" not in said
        file.seek(-4, os.SEEK_END)
        if int.from_bytes(file.read(4), "little") == wanted % 2**32:  # the size of a stream, at its end
            return False
        file.seek(begin)
        return _inflates_to_more(file, wanted)


def _inflates_to_more(file: IO[bytes], wanted: int) -> bool:
    """Return whether what is left of a file inflates to more than `wanted` bytes; what is damaged does not."""
    try:
        with gzip.open(file) as stream:
            while wanted >= 0 and (chunk := stream.read(CHUNK)):
                wanted -= len(chunk)
    except (EOFError, OSError, zlib.error):
        return False
    return wanted < 0


def _end_of_header(start: bytes) -> int:
    """Return where the voxels begin behind a header: NRRD ends it with an empty line, MetaImage with a field."""
    found = END_OF_HEADER.search(start)
    return found.end() if found else 0
