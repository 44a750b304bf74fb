"""DICOM series: the one place that knows SimpleITK's order of axes, in which its GDCM decodes pixels."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.io.content import as_text
from labelct.io.header import MOST_VOXELS
from labelct.io.hounsfield import HU_RANGE, check_unit
from labelct.io.lost_slices import damage
from labelct.io.orientation import in_order, turn_to_ras
from labelct.io.slices import stack
from labelct.io.tags import (
    DEFAULTS,
    EXPORT,
    LONGEST_TAG,
    DicomFile,
    frames_of,
    is_dicom,
    is_of,
    other_objects,
    read_tags,
    syntax_of,
)
from labelct.volume import Frame, Volume

BRIGHTEST_HU = 3071  # the end of 12 bits; padding above it is a negative number that was read as an unsigned one
FOLDER = "give the folder of one DICOM series"
CHOOSE = "keep one in a folder, or choose one: labelct segment --series UID or number"
ASIDE = "move it away, or choose a series: labelct segment --series UID or number"
MOST_SHOWN = 12  # series in one line


def read_series(path: Path, modality: str | None = None, series: str = "") -> Volume:
    """Read the one DICOM series of a folder, or a multi-frame file, slices sorted by position.

    Args:
        path: The folder of the slices, in which files that are no DICOM or hold no pixels are passed over; or a file.
        modality: What the series has to be, `CT` or `MR`; None: anything. A file that does not say passes.
        series: UID or number of the series to take where the folder holds several; empty: it holds one.

    Returns:
        The volume `(x, y, z)` float32 in RAS+, z contiguous; HU for CT (slope and intercept of each slice applied).

    Raises:
        InputError: No series, several, an unreadable slice, slices that fit on no grid, colours, missing geometry,
            another modality.
    """
    files = series_files(path, series)
    if modality is not None:
        _check_modality(path, files, modality)
    if modality == "CT":
        check_unit(path, {unit for file in files for unit in file.units})
    _check_rescale(path, files)
    order, affine = stack(path, [one for file in files for one in file.slices])
    columns, rows = files[0].slices[0].shape
    if columns * rows * len(order) > MOST_VOXELS:
        raise InputError(path, f"its {len(order)} slices have more than {MOST_VOXELS} voxels", "crop or resample it")
    stored = np.empty((columns, rows, len(order)), np.float32, order="F")
    places, first = np.argsort(order), 0
    for file in files:
        last = first + len(file.slices)
        stored[:, :, places[first:last]] = _pixels(file)
        first = last
    array, turned = turn_to_ras(path, stored, affine)
    return Volume(in_order(array, np.float32), turned, frame=Frame(stored.shape, affine))


def slice_order(path: Path, files: Sequence[DicomFile]) -> list[int]:
    """Return which slice of `files`, counted through all frames, lies where along the third axis of the volume."""
    return stack(path, [one for file in files for one in file.slices])[0]


def series_files(path: Path, series: str = "") -> Sequence[DicomFile]:
    """Return the files of the one series at `path`, their tags read.

    Args:
        path: As `read_series`.
        series: As there.

    Raises:
        InputError: No series, several, or none of that UID or number.
    """
    if path.is_file():
        file = read_tags(path)
        if file is None:
            raise InputError(path, f"is no image{other_objects([path])}", FOLDER)
        _check_alone(file)
        return [file]
    if not path.is_dir():
        raise InputError(path, "no such folder", FOLDER)
    beside = sorted(part for part in path.iterdir() if part.name != "DICOMDIR")
    parts = [part for part in beside if is_dicom(part)]
    for part in sorted(set(beside) - set(parts)):
        if wrong := damage(part, parts):
            raise InputError(part, wrong, "copy it again, unpack it or move it away")
    found = _readable(parts, series)
    if not found:
        raise InputError(path, f"holds no DICOM series{other_objects(parts)}", FOLDER)
    files = _chosen(path, found, series)
    _check_one_patient(path, files)
    if len(files) > 1 and any(len(file.slices) > 1 for file in files):
        raise InputError(
            path, f"holds {len(files)} files, multi-frame ones among them", "keep one of those in a folder"
        )
    return files


def _readable(parts: Sequence[Path], series: str) -> list[DicomFile]:
    """Return what can be a slice; what cannot is passed over where it is of another series than the one asked for.

    Raises:
        InputError: A file is none, and nothing says that it does not belong to the series.
    """
    found: list[DicomFile] = []
    failed: dict[Path, InputError] = {}
    for part in parts:
        try:
            file = read_tags(part)
        except InputError as error:
            failed[part] = error
            continue
        if file is not None:
            found.append(file)
    for part, why in failed.items():
        if not series and any(other.series and not is_of(part, other.series) for other in found):
            raise InputError(part, f"{why.problem}, and is of another series", ASIDE)
        if not series or is_of(part, series):
            raise why
    return found


def _chosen(path: Path, files: Sequence[DicomFile], series: str) -> Sequence[DicomFile]:
    """Return the files of one series: that of the UID or number `series`, or the only one."""
    wanted = [file for file in files if not series or series in (file.series, file.number)]
    by_uid: dict[str, list[DicomFile]] = {}
    for file in wanted or files:
        by_uid.setdefault(file.series, []).append(file)
    if wanted and len(by_uid) == 1:
        return wanted
    shown = "; ".join(_shown(group) for group in list(by_uid.values())[:MOST_SHOWN])
    more = f"; and {len(by_uid) - MOST_SHOWN} more" if len(by_uid) > MOST_SHOWN else ""
    problem = f"holds {len(by_uid)} DICOM series" if wanted else f"holds no DICOM series {series}, but {len(by_uid)}"
    raise InputError(path, f"{problem} ({shown}{more})", CHOOSE)


def _shown(files: Sequence[DicomFile]) -> str:
    """Return what people know a series by: number, description, slices, UID."""
    one = files[0]
    told = [
        f"number {one.number}" if one.number else "",
        f"'{one.description[:LONGEST_TAG]}'" if one.description else "",
    ]
    told += [f"{sum(len(file.slices) for file in files)} slices", one.series]
    return ", ".join(part for part in told if part)


def _check_modality(path: Path, files: Sequence[DicomFile], expected: str) -> None:
    """Raise where a file says that something else made it; derived objects (`OT`) do not say what."""
    other = sorted({file.modality.upper() for file in files} - {"", "OT", expected})
    if other:
        problem = f"its Modality is {other[0]}, where {expected} is expected"
        raise InputError(path, problem, f"give a series of {expected}")


def _check_one_patient(path: Path, files: Sequence[DicomFile]) -> None:
    """Raise where files of one series say that they are of several patients or examinations."""
    for what, said in (("PatientID", [file.patient for file in files]), ("StudyInstanceUID", [f.study for f in files])):
        other = next((index for index, one in enumerate(said) if said[0] and one not in ("", said[0])), 0)
        if other:
            problem = f"{files[other].path.name} has another {what} than {files[0].path.name}"
            raise InputError(path, problem, "keep the slices of one patient and examination in a folder")


def _check_rescale(path: Path, files: Sequence[DicomFile]) -> None:
    """Raise where some slices say how they are scaled and others leave it to be guessed."""
    for which, (keyword, default) in enumerate(DEFAULTS.items()):
        lacking = [file.path.name for file in files if keyword in file.unsaid]
        values = {rescale[which] for file in files for rescale in file.rescale} - {default}
        if lacking and values:
            problem = f"a slice in {lacking[0]} has no {keyword}, where others have {min(values):g}"
            raise InputError(path, problem, EXPORT)


def _check_alone(file: DicomFile) -> None:
    """Raise where a single slice is given of a series that lies beside it."""
    beside = (part for part in file.path.parent.iterdir() if part != file.path and is_dicom(part))
    if len(file.slices) == 1 and any(is_of(part, file.series) and frames_of(part) for part in beside):
        raise InputError(file.path, "is one slice of a series", f"give its folder, {file.path.parent}")


def _pixels(file: DicomFile) -> NDArray[np.float32]:
    """Return the pixels `(column, row, frame)` of a file in HU, padding as air."""
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalWarningDisplay(False)  # ITK prints what is checked and raised here
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(as_text(file.path))
    reader.SetOutputPixelType(sitk.sitkFloat32)
    try:
        pixels: NDArray[np.float32] = sitk.GetArrayFromImage(reader.Execute()).T
    except RuntimeError as error:
        problem = f"its pixels ({syntax_of(file.path)}) cannot be decoded ({_reason(error)})"
        raise InputError(file.path, problem, "export the series again, uncompressed") from None
    columns, rows = file.slices[0].shape
    if pixels.shape != (columns, rows, len(file.slices)):
        raise InputError(file.path, f"its pixels are decoded as {pixels.shape}", EXPORT)
    given = file.rescale[0]  # which GDCM applies to all frames
    for frame, rescale in enumerate(file.rescale):
        plane = pixels[:, :, frame]
        if rescale != given:
            plane[:] = (plane - given[1]) / given[0] * rescale[0] + rescale[1]
        if file.padding is not None:
            low, high = sorted(value * rescale[0] + rescale[1] for value in file.padding)
            plane[(plane >= max(low, BRIGHTEST_HU)) & (plane <= high)] = HU_RANGE[0]
    return pixels


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return re.sub(r"\(0x[0-9a-f]+\)", "", lines[-1]) if lines else type(error).__name__
