"""Label maps in NRRD files, read by SimpleITK: the one place that knows its order of axes for them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.io.content import check_file
from labelct.io.header import MOST_VOXELS
from labelct.io.nifti import as_label_map
from labelct.io.orientation import ras_grid, turn_to_ras
from labelct.volume import LabelMap

ENDINGS = (".nrrd",)
REMEDY = "export it again as .nrrd or .nii.gz"


def is_nrrd(path: Path) -> bool:
    """Return whether a file is NRRD by its name."""
    return path.name.lower().endswith(ENDINGS)


def read_label_map(path: Path, names: Mapping[int, str] | None = None) -> LabelMap:
    """Read a label map, as `labelct.io.nifti.read_label_map` does.

    Args:
        path: A `.nrrd` file.
        names: `{value: name}`; a voxel value besides 0 that is not among them is an error. None: nothing is checked.

    Raises:
        InputError: The file is missing, damaged, not 3-D, or holds values that are no labels or have no name.
    """
    import SimpleITK as sitk

    reader = _reader(path)
    affine = _affine(reader)
    try:
        stored: NDArray[Any] = sitk.GetArrayFromImage(reader.Execute()).T
    except RuntimeError:
        raise InputError(path, "its voxels cannot be read", REMEDY) from None
    array, turned = turn_to_ras(path, stored, affine)
    return LabelMap(as_label_map(path, array, names), turned, dict(names or {}))


def read_grid(path: Path) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Return shape `(x, y, z)` and affine, as `read_label_map` would give them, from the header alone."""
    reader = _reader(path)
    return ras_grid(reader.GetSize(), _affine(reader))


def _reader(path: Path) -> Any:
    """Return SimpleITK's reader of a file whose header is read and is that of a 3-D volume."""
    import SimpleITK as sitk

    check_file(path)
    sitk.ProcessObject.SetGlobalWarningDisplay(False)  # ITK prints what is raised here
    reader = sitk.ImageFileReader()
    reader.SetImageIO("NrrdImageIO")
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        raise InputError(path, "cannot be read as NRRD", REMEDY) from None
    size, components = reader.GetSize(), reader.GetNumberOfComponents()
    if len(size) != 3 or min(size) < 1 or np.prod(size, dtype=float) > MOST_VOXELS or components > 1:
        raise InputError(path, f"its shape is {tuple(size)}", "give one 3-D label map per file")
    return reader


def _affine(reader: Any) -> NDArray[np.float64]:
    """Return index to RAS+ mm; SimpleITK has LPS."""
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(reader.GetDirection(), (3, 3)) * reader.GetSpacing()
    affine[:3, 3] = reader.GetOrigin()
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
