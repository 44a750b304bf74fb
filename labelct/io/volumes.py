"""A CT as users have it, a NIfTI file or a folder with a DICOM series: the one place that tells them apart."""

from pathlib import Path

from labelct.errors import InputError
from labelct.io import dicom, nifti
from labelct.volume import Volume


def read_ct(path: Path) -> Volume:
    """Read a CT.

    Args:
        path: A `.nii` or `.nii.gz` file, or a folder that holds one DICOM series.

    Returns:
        The volume `(x, y, z)` float32 HU, RAS+.

    Raises:
        InputError: Nothing is there, or it cannot be read.
    """
    ct_files(path)
    return dicom.read_series(path) if path.is_dir() else nifti.read_volume(path)


def ct_files(path: Path) -> tuple[Path, ...]:
    """Return the files that a CT is read from, sorted, without reading one.

    Raises:
        InputError: Nothing is there.
    """
    if not path.exists():
        raise InputError(path, "does not exist", "give a .nii.gz file or a folder with a DICOM series")
    return tuple(sorted(part for part in path.iterdir() if part.is_file())) if path.is_dir() else (path,)
