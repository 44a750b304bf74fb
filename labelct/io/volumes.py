"""Images and label maps as users have them, NIfTI, DICOM, NRRD or MetaImage: the one place that tells them apart."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.io import dicom, itk, nifti
from labelct.io.content import check_link
from labelct.io.hounsfield import clipped
from labelct.io.label_values import is_labels, why_image
from labelct.io.modality import check_shown, check_values
from labelct.io.series import parts_of_series
from labelct.io.tags import is_dicom
from labelct.volume import LabelMap, Volume

START = 2**20  # voxels: four slices of a CT


def read_ct(path: Path, not_hu: bool = False, series: str = "") -> Volume:
    """Read a CT, check that it is in HU, and clip padding to -1024 HU before anything interpolates across its edge.

    Args:
        path: A NIfTI, NRRD or MetaImage file, a folder that holds one DICOM series, or a multi-frame DICOM file.
        not_hu: Check neither that the values are HU nor that a DICOM series is a CT.
        series: Which DICOM series, where the folder holds several: its UID or number.

    Returns:
        The volume `(x, y, z)` float32 HU, RAS+.

    Raises:
        InputError: Nothing is there, it cannot be read, it is no CT, or its values cannot be HU.
    """
    volume = _read(path, None if not_hu else "ct", series)
    return replace(volume, array=clipped(volume.array))


def read_mr(path: Path, unchecked: bool = False, series: str = "") -> Volume:
    """Read an MR and check that it is none of the kinds of file that a CT is.

    Args:
        path: As `read_ct`.
        unchecked: Check neither the values nor the modality of a DICOM series.
        series: As of `read_ct`.

    Returns:
        The volume `(x, y, z)` float32 in the scanner's arbitrary unit, RAS+.

    Raises:
        InputError: Nothing is there, it cannot be read, it is no MR, constant, or of one slice.
    """
    volume = _read(path, None if unchecked else "mr", series)
    check_shown(path, volume.array)
    return volume


def read_labels(path: Path, names: Mapping[int, str] | None = None) -> LabelMap:
    """Read a label map.

    Args:
        path: A `.nii`, `.nii.gz`, `.nrrd` or `.mha` file.
        names: As of `labelct.io.nifti.read_label_map`.

    Raises:
        InputError: As there.
    """
    return itk.read_label_map(path, names) if itk.is_itk(path) else nifti.read_label_map(path, names)


def is_label_map(path: Path) -> bool:
    """Return whether an image's file is a label map; no DICOM is, nor what cannot be read, whose reader says why.

    Args:
        path: As of `read_ct`.
    """
    if path.is_dir():
        return False
    try:
        if is_dicom(path):
            return False
        if itk.is_itk(path):
            return is_labels(itk.read_label_map(path).array)
        # a CT in HU has air in its first slices, and need not be read to its end
        return not why_image(nifti.read_start(path, START)) and is_labels(nifti.read_array(path)[0])
    except InputError:
        return False


def grid_of(path: Path) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Return shape `(x, y, z)` and affine of a label file in RAS+, from its header alone."""
    return itk.read_grid(path) if itk.is_itk(path) else nifti.read_grid(path)


def _read(path: Path, modality: str | None, series: str) -> Volume:
    """Return a volume, its modality checked where one is given."""
    ct_files(path)
    if path.is_dir() and not series:
        _check_whole(path)
    if path.is_dir() or is_dicom(path):
        volume = dicom.read_series(path, modality.upper() if modality else None, series)
    elif itk.is_itk(path):
        volume = itk.read_volume(path)
    else:
        volume = nifti.read_volume(path)
    if modality:
        check_values(path, volume.array, modality)
    return volume


def _check_whole(folder: Path) -> None:
    """Raise where a folder inside that of a series holds others of its slices."""
    inside = [part for part in sorted(folder.iterdir()) if part.is_dir() and not part.is_symlink()]
    if inside and (other := parts_of_series([folder, *inside]).get(folder)):  # which opens every file
        raise InputError(folder, f"holds slices of one series, and {other} others", "put them in one folder")


def ct_files(path: Path) -> tuple[Path, ...]:
    """Return the files that a CT is read from, sorted, without reading one.

    Raises:
        InputError: Nothing is there.
    """
    check_link(path)
    if not path.exists():
        raise InputError(path, "does not exist", "give a .nii.gz, .nrrd or .mha file or a folder with a DICOM series")
    return tuple(sorted(part for part in path.iterdir() if part.is_file())) if path.is_dir() else (path,)
