"""DICOM series: the one place that knows SimpleITK's order of axes and its LPS world."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.io.orientation import in_order, turn_to_ras
from labelct.volume import Frame, Volume

UNEVEN_MM = 0.05  # scanners round slice positions; a missing slice is a whole spacing


def read_series(folder: Path) -> Volume:
    """Read the one DICOM series of a folder, slices sorted by position.

    Args:
        folder: The folder of the slices; files that are no DICOM are passed over.

    Returns:
        The volume `(x, y, z)` float32 in RAS+, z contiguous; HU for CT (rescale slope and intercept applied).

    Raises:
        InputError: No series, several, an unreadable slice, missing or unevenly spaced slices, a tilted gantry.
    """
    import SimpleITK as sitk

    files = series_files(folder)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(file) for file in files])
    reader.MetaDataDictionaryArrayUpdateOn()
    try:
        image = reader.Execute() if len(files) > 1 else sitk.ReadImage(str(files[0]))
    except RuntimeError as error:
        raise InputError(folder, f"a slice cannot be read ({_reason(error)})", "export the series again") from None
    if len(files) > 1:
        _check_slices(folder, image, [reader.GetMetaData(i, "0020|0032") for i in range(len(files))])
    stored, own = sitk.GetArrayViewFromImage(image).T, _ras_affine(image)
    array, affine = turn_to_ras(folder, stored, own)
    return Volume(in_order(array, np.float32), affine, frame=Frame(stored.shape, own))


def series_files(folder: Path) -> list[Path]:
    """Return the files of the folder's one DICOM series, sorted by slice position.

    Raises:
        InputError: The folder is missing, holds no series or several, or a DICOM file that is no slice of it.
    """
    import SimpleITK as sitk

    if not folder.is_dir():
        raise InputError(folder, "no such folder", "give the folder of one DICOM series")
    sitk.ProcessObject.SetGlobalWarningDisplay(False)  # ITK prints what is checked and raised here
    series = sitk.ImageSeriesReader.GetGDCMSeriesIDs(str(folder))
    if not series:
        raise InputError(folder, "holds no DICOM series", "give the folder of one DICOM series")
    if len(series) > 1:
        raise InputError(folder, f"holds {len(series)} DICOM series", "keep one series in a folder")
    files = [Path(file) for file in sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder), series[0])]
    others = sorted(path for path in set(folder.iterdir()) - set(files) if path.name != "DICOMDIR" and _is_dicom(path))
    if others:
        raise InputError(others[0], "cannot be read as a slice of the series", "export it again or move it away")
    return files


def _is_dicom(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _ras_affine(image: Any) -> NDArray[np.float64]:
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * np.asarray(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine


def _check_slices(folder: Path, image: Any, texts: list[str]) -> None:
    """Raise unless the slices lie at even steps along their normal."""
    positions = np.array([[float(number) for number in text.split("\\")] for text in texts])
    normal = np.reshape(image.GetDirection(), (3, 3))[:, 2]
    steps = np.diff(positions, axis=0)
    along = steps @ normal
    if np.ptp(along) > UNEVEN_MM:
        problem = f"its slices lie {along.min():g} to {along.max():g} mm apart"
        raise InputError(folder, problem, "add the missing slices or resample it to even steps")
    if np.abs(steps - along[:, None] * normal).max() > UNEVEN_MM:
        raise InputError(folder, "its slices are sheared (tilted gantry)", "resample it to an upright grid")


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
