"""Images and label maps in NRRD and MetaImage files: the one place that knows SimpleITK's order of axes for them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import ELSEWHERE, InputError
from labelct.io.content import as_text, check_file, digest
from labelct.io.geometry import check_grid
from labelct.io.header import MOST_VOXELS
from labelct.io.itk_header import DETACHED, LONGEST_HEADER, check_header, fields, voxel_file
from labelct.io.kinds import kind_of
from labelct.io.nifti import as_label_map, check_finite
from labelct.io.orientation import in_order, ras_grid, turn_back, turn_to_ras
from labelct.volume import Frame, LabelMap, Volume

# Name, SimpleITK's adapter, and what stands in every header.
NRRD, METAIMAGE = ("NRRD", "NrrdImageIO", b"NRRD000"), ("MetaImage", "MetaImageIO", b"NDims")
FORMATS = {".nrrd": NRRD, ".nhdr": NRRD, ".mha": METAIMAGE, ".mhd": METAIMAGE}
TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])  # SimpleITK has LPS
BITS = re.compile(r"(\d+)-bit")  # "16-bit unsigned integer", and "vector of 16-bit ..."
REMEDY = "export it again as .nrrd, .mha or .nii.gz"


def is_itk(path: Path) -> bool:
    """Return whether a file is NRRD or MetaImage by its name."""
    return path.suffix.lower() in FORMATS


def read_volume(path: Path) -> Volume:
    """Read an image as RAS+ float32, as `labelct.io.nifti.read_volume` does.

    Args:
        path: A `.nrrd`, `.nhdr`, `.mha` or `.mhd` file.

    Raises:
        InputError: The file is missing, damaged, not 3-D, or holds voxels that are no intensities.
    """
    stored, affine = _read(path)
    turned, turned_affine = turn_to_ras(path, stored, affine)
    array = in_order(turned, np.float32)
    check_finite(path, array)
    return Volume(array, turned_affine, frame=Frame(stored.shape, affine))


def read_label_map(path: Path, names: Mapping[int, str] | None = None) -> LabelMap:
    """Read a label map, as `labelct.io.nifti.read_label_map` does.

    Args:
        path: As `read_volume`.
        names: `{value: name}`; a voxel value besides 0 that is not among them is an error. None: nothing is checked.

    Raises:
        InputError: The file is missing, damaged, not 3-D, or holds values that are no labels or have no name.
    """
    stored, affine = _read(path)
    array, turned = turn_to_ras(path, stored, affine)
    return LabelMap(as_label_map(path, array, names), turned, dict(names or {}))


def read_grid(path: Path) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Return shape `(x, y, z)` and affine, as `read_label_map` would give them, from the header alone."""
    header = _header(path)
    return ras_grid(header.size, header.affine)


def content_digest(path: Path) -> str:
    """Return the digest of a file, together with that of its voxels where they lie in a file of their own.

    Raises:
        InputError: They are missing, or lie in several files.
    """
    return "".join(digest(part) for part in parts(path))


def parts(path: Path) -> tuple[Path, ...]:
    """Return a file, of any format, and behind it that of its voxels where they lie in a file of their own.

    Raises:
        InputError: They are missing, or lie in several files.
    """
    if path.suffix.lower() not in DETACHED:
        return (path,)
    check_file(path)
    voxels = voxel_file(path, fields(path))
    return (path,) if voxels == path else (path, voxels)


def write_like(path: Path, array: NDArray[np.unsignedinteger], like: Volume, keys: Mapping[str, str]) -> None:
    """Write label values on the grid and in the axes of a volume, compressed.

    Args:
        path: Ends in `.nrrd` or `.mha`.
        array: `(x, y, z)` in RAS+, of the shape of `like`.
        like: A volume from one of the readers.
        keys: What stands in the header besides.

    Raises:
        InputError: It cannot be written.
    """
    import SimpleITK as sitk

    affine = like.affine if like.frame is None else like.frame.affine
    image = sitk.GetImageFromArray(np.ascontiguousarray(turn_back(array, affine).T))
    lps = TO_RAS @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    for key, value in keys.items():
        image.SetMetaData(key, value)
    try:
        sitk.WriteImage(image, as_text(path), useCompression=True)
    except RuntimeError:
        raise InputError(path, "cannot be written", ELSEWHERE) from None


def _read(path: Path) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the stored array in the file's order of axes, and its affine to RAS+ mm."""
    import SimpleITK as sitk

    header = _header(path)
    try:
        return sitk.GetArrayFromImage(_reader(path).Execute()).T, header.affine.copy()
    except RuntimeError:
        raise InputError(path, "its voxels cannot be read", REMEDY) from None


@dataclass(frozen=True)
class _Header:
    """What a file says of its voxels: how many lie along its axes, and the affine from their index to RAS+ mm."""

    size: tuple[int, ...]
    affine: NDArray[np.float64]


def _header(path: Path) -> _Header:
    """Return the header of a file, checked: once for one that is sorted, then named and read, unless it changes."""
    check_file(path)
    if path.suffix.lower() in DETACHED:  # its voxels may change where it does not
        return _checked_header(path)
    found = path.stat()
    return _known_header(path, (found.st_ino, found.st_size, found.st_mtime_ns))


@lru_cache(maxsize=4096)
def _known_header(path: Path, state: tuple[int, int, int]) -> _Header:
    return _checked_header(path)


def _checked_header(path: Path) -> _Header:
    import SimpleITK as sitk

    name, _, word = FORMATS[path.suffix.lower()]
    with path.open("rb") as file:
        if word not in file.read(LONGEST_HEADER):  # of which ITK says more than an error
            raise InputError(path, f"cannot be read as {name}{kind_of(path)}", REMEDY)
    said = fields(path)
    voxels = voxel_file(path, said)
    reader = _reader(path)
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        raise InputError(path, f"its {name} header cannot be read", REMEDY) from None
    size, components = reader.GetSize(), reader.GetNumberOfComponents()
    bits = BITS.match(sitk.GetPixelIDValueAsString(reader.GetPixelID()))
    if len(size) != 3 or min(size) < 1 or np.prod(size, dtype=float) > MOST_VOXELS or components > 1 or not bits:
        colours = f" of {components} numbers each" if components > 1 else "" if bits else " of vectors"
        raise InputError(path, f"its shape is {tuple(size)}{colours}", "give one 3-D volume per file")
    check_header(path, said, voxels, size, int(bits[1]))
    affine = _affine(reader)
    check_grid(path, size, affine)
    return _Header(size, affine)


def _reader(path: Path) -> Any:
    """Return SimpleITK's reader of a file, of which it has read nothing yet."""
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalWarningDisplay(False)  # ITK prints what is raised here
    reader = sitk.ImageFileReader()
    reader.SetImageIO(FORMATS[path.suffix.lower()][1])
    reader.SetFileName(as_text(path))
    return reader


def _affine(reader: Any) -> NDArray[np.float64]:
    """Return index to RAS+ mm."""
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(reader.GetDirection(), (3, 3)) * reader.GetSpacing()
    affine[:3, 3] = reader.GetOrigin()
    return TO_RAS @ affine
