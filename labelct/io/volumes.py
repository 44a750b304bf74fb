"""A CT as users have it, a NIfTI file or a folder with a DICOM series: the one place that tells them apart."""

from dataclasses import replace
from pathlib import Path

from labelct.errors import InputError
from labelct.io import dicom, nifti
from labelct.io.content import check_link
from labelct.io.hounsfield import check_hu, clipped
from labelct.io.tags import is_dicom
from labelct.volume import Volume


def read_ct(path: Path, not_hu: bool = False) -> Volume:
    """Read a CT, check that it is in HU, and clip padding to -1024 HU before anything interpolates across its edge.

    Args:
        path: A `.nii` or `.nii.gz` file, a folder that holds one DICOM series, or a multi-frame DICOM file.
        not_hu: Do not check that the values are HU.

    Returns:
        The volume `(x, y, z)` float32 HU, RAS+.

    Raises:
        InputError: Nothing is there, it cannot be read, or its values cannot be HU.
    """
    ct_files(path)
    volume = dicom.read_series(path) if path.is_dir() or is_dicom(path) else nifti.read_volume(path)
    if not not_hu:
        check_hu(path, volume.array)
    return replace(volume, array=clipped(volume.array))


def ct_files(path: Path) -> tuple[Path, ...]:
    """Return the files that a CT is read from, sorted, without reading one.

    Raises:
        InputError: Nothing is there.
    """
    check_link(path)
    if not path.exists():
        raise InputError(path, "does not exist", "give a .nii.gz file or a folder with a DICOM series")
    return tuple(sorted(part for part in path.iterdir() if part.is_file())) if path.is_dir() else (path,)
