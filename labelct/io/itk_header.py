"""What the headers of NRRD and MetaImage files say, held against the files before SimpleITK reads a voxel."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from labelct.errors import InputError
from labelct.io.content import CHUNK, DEFLATE_RATIO, check_file, on_disk
from labelct.io.geometry import warn_once

DETACHED = (".nhdr", ".mhd")  # text that names the file of the voxels, which lies beside it
LONGEST_HEADER = 2**20  # bytes; a segmentation of 3D Slicer says some 300 of each segment
FIELD = re.compile(r"([^:=]+?)\s*(?::=?|=)\s*(.*)")
SIZES = ("spacedirections", "spacings", "elementspacing", "elementsize")
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
    """Raise `InputError` where a header says no voxel size in mm, or more voxels than its file can hold.

    Where it says nothing of left and right, a warning does.

    Args:
        path: The header's file.
        said: Its fields.
        voxels: The file that holds the voxels.
        size: Voxels along the axes.
        bits: Of one voxel.
    """
    stored = on_disk(voxels)
    if not said.keys() & set(SIZES):
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
