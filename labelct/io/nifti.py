"""NIfTI files: images and label maps read as RAS+, and written, in the way of an input file where one is given."""

import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelct.errors import InputError, listed
from labelct.io.content import read_content
from labelct.io.header import NIFTI2, read_header
from labelct.io.hounsfield import HU_RANGE
from labelct.io.label_values import WHOLE
from labelct.io.orientation import in_order, ras_grid, turn_back, turn_to_ras
from labelct.volume import Frame, LabelMap, Volume
from labelct.writing import written

COMPRESSION = 2  # of isal's 0 to 3: CT 3 % smaller than at 1; at 3 label maps grow by half
WHOLE_PROBABILITY = 2**16 - 1  # what a probability of 1 is stored as
CARET = 30  # the code of NIfTI extensions in the XML of Caret
MOST_INTENSITY = 1e9  # beyond it no unit of an image goes, and sums of voxels lose all others
SHOWN = 10  # values in a line
MOST_LABEL = 2**20  # tables over label values stay small; atlases number a few thousand structures


def read_volume(path: Path) -> Volume:
    """Read an image as RAS+ float32.

    Args:
        path: A `.nii` or `.nii.gz` file.

    Returns:
        The volume `(x, y, z)`, z contiguous, in the file's unit (HU for CT).

    Raises:
        InputError: The file is missing, truncated, no NIfTI, not 3-D, or holds voxels that are no intensities.
    """
    stored, affine, frame = _read(path)
    with np.errstate(over="ignore"):
        array = in_order(stored, np.float32)
    check_finite(path, array)
    return Volume(array, affine, frame=frame)


def read_label_map(path: Path, names: Mapping[int, str] | None = None) -> LabelMap:
    """Read a label map as RAS+ unsigned integers of the smallest type that holds them.

    Args:
        path: A `.nii` or `.nii.gz` file.
        names: `{value: name}`; a voxel value besides 0 that is not among them is an error. None: nothing is checked.

    Returns:
        The label map `(x, y, z)`, z contiguous.

    Raises:
        InputError: As `read_volume`; also a value that is negative, no whole number, above 2^20, or without a name.
    """
    array, affine, frame = _read(path)
    labels = as_label_map(path, array, names)
    return LabelMap(labels, affine, dict(names or {}), frame=frame)


def as_label_map(
    path: Path, numbers: NDArray[Any], names: Mapping[int, str] | None = None
) -> NDArray[np.unsignedinteger]:
    """Return numbers as labels of the smallest unsigned type, z contiguous, or raise `InputError` where they are none.

    Args:
        path: What is named.
        numbers: `(x, y, z)`.
        names: As of `read_label_map`.
    """
    labels = _as_labels(path, numbers)
    if names is not None:
        unknown = [value for value in values_in(labels) if value and value not in names]
        if unknown:
            raise InputError(path, f"label values without a name: {listed(unknown, SHOWN)}", "add them to the names")
    return labels


def values_in(labels: NDArray[np.unsignedinteger]) -> list[int]:
    """Return the sorted label values that occur in `labels` (chunk by chunk, so without a large temporary)."""
    present = np.zeros(int(labels.max(initial=0)) + 1, dtype=bool)
    for chunk in labels:
        present[chunk] = True
    return [int(value) for value in np.flatnonzero(present)]


def read_grid(path: Path) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Return shape `(x, y, z)` and affine, as `read_volume` would give them, from the header alone."""
    header = read_header(path)
    return ras_grid(header.shape, header.affine)


def read_array(path: Path) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the array `(x, y, z)` in RAS+, read-only, of the file's type and in its memory order, and the affine.

    Raises:
        InputError: The file is missing, truncated, no NIfTI or not 3-D.
    """
    array, affine, _ = _read(path)
    return array, affine


def read_start(path: Path, voxels: int) -> NDArray[Any]:
    """Return the first voxels of a file in the order of their storing, or all where it has fewer.

    Raises:
        InputError: As `read_array`; what is missing behind them is not looked for.
    """
    header = read_header(path)
    count = min(voxels, math.prod(header.shape))
    content = read_content(path, header.offset + count * header.dtype.itemsize)
    if len(content) < header.offset + count * header.dtype.itemsize:
        raise InputError(path, "truncated or damaged", "copy or export it again")
    slope, intercept = header.scale or (1, 0)
    return np.frombuffer(content, header.dtype, count, header.offset) * slope + intercept


def write(path: Path, array: NDArray[np.generic], affine: ArrayLike) -> None:
    """Write a volume; a file of that name appears whole or not at all, and the same array gives the same bytes.

    Args:
        path: `.nii.gz` (compressed) or `.nii`; missing folders are made.
        array: `(x, y, z)`; unsigned integers and booleans are labels and take the smallest unsigned type, everything
            else is HU and is rounded and clipped to int16.
        affine: `(4, 4)`, voxel index to RAS+ mm.

    Raises:
        InputError: The name is none of a NIfTI file, the disk is full or the folder cannot be written.
    """
    if array.ndim != 3:
        raise ValueError(f"{path}: shape {array.shape} is not (x, y, z)")
    stored = _stored(path, array)
    _write(path, stored, _fresh_header(stored, np.asarray(affine, dtype=np.float64)))


def write_like(path: Path, array: NDArray[np.generic], like: Volume, label_table: str = "") -> None:
    """Write an array on the grid of a volume, the way the file that the volume was read from stores it.

    Shape, order of axes, affine, codes, units and names are those of the file; beside a DICOM series the array lies in
    the series' own axes, so that the two overlay. Only the type of the voxels, their scaling and the display range are
    the array's own; the extensions of its header are left out.

    Args:
        path: As `write`.
        array: `(x, y, z)` in RAS+, of the shape of `like`; types as `write`.
        like: A volume from one of the readers; one that no file stands behind is written as `write` does.
        label_table: The names of label values as `labelct.io.label_table.caret` has them; empty: none.

    Raises:
        InputError: As `write`.
    """
    if array.shape != like.array.shape:
        raise ValueError(f"{path}: shape {array.shape} is not that of the input, {like.array.shape}")
    frame = like.frame or Frame(array.shape, like.affine)
    stored = _stored(path, turn_back(array, frame.affine))
    _write(path, stored, _header_like(frame, stored), label_table)


def write_probabilities(path: Path, probabilities: NDArray[np.float16], like: Volume) -> None:
    """Write the probabilities of structures as one file of four axes, the last of which counts them.

    NIfTI knows no numbers of 16 bits with a point. The file holds whole ones of as many and the slope that makes
    probabilities of them; whoever reads it gets these.

    Args:
        path: `.nii.gz`.
        probabilities: `(structure, x, y, z)` in RAS+.
        like: As of `write_like`.

    Raises:
        InputError: As `write`.
    """
    from isal import igzip

    frame = like.frame or Frame(like.array.shape, like.affine)
    turned = [turn_back(one, frame.affine) for one in probabilities]
    header = _header_like(frame, turned[0].astype(np.uint16))
    header.set_data_shape((*turned[0].shape, len(turned)))
    header["scl_slope"] = 1 / WHOLE_PROBABILITY
    header["vox_offset"] = len(header.binaryblock) + 4
    with written(path) as file, igzip.IGzipFile(fileobj=file, mode="wb", compresslevel=COMPRESSION, mtime=0) as packed:
        packed.write(bytes(header.binaryblock) + bytes(4))
        for one in turned:  # each a block of the file, so that no second copy of all is in memory
            packed.write(
                in_order(np.rint(one.astype(np.float32) * WHOLE_PROBABILITY), np.dtype("<u2"), order="F").T.data
            )


def _read(path: Path) -> tuple[NDArray[Any], NDArray[np.float64], Frame]:
    """Return the stored array, read-only, in RAS+, its affine, and how the file stores it."""
    header = read_header(path)
    content = read_content(path, header.size)
    missing = header.size - len(content)
    if missing > 0:
        raise InputError(path, f"truncated or damaged ({missing} bytes are missing)", "copy or export it again")
    array = np.ndarray(header.shape, header.dtype, content, header.offset, order="F")
    if header.scale is not None:
        slope, intercept = header.scale
        array = array * slope + intercept
    return *turn_to_ras(path, array, header.affine), Frame(header.shape, header.affine, header.block)


def check_finite(path: Path, array: NDArray[Any]) -> None:
    """Raise `InputError` where a voxel of an image, which errors name `path`, is NaN, infinite or beyond any unit."""
    low, high = float(array.min()), float(array.max())
    if not np.isfinite([low, high]).all():
        count = int(array.size - np.count_nonzero(np.isfinite(array)))
        raise InputError(path, f"{count} of {array.size} voxels are NaN or infinite", "replace them (air is -1000 HU)")
    if max(-low, high) > MOST_INTENSITY:
        raise InputError(path, f"its voxels run from {low:g} to {high:g}", "replace those that are no intensities")


def _as_labels(path: Path, numbers: NDArray[Any]) -> NDArray[np.unsignedinteger]:
    if numbers.dtype.kind == "f":
        check_finite(path, numbers)
        whole = np.rint(numbers)
        if np.abs(numbers - whole).max() > WHOLE:
            raise InputError(path, "its values are no whole numbers", "give a label map, not an image")
        numbers = whole
    if numbers.min() < 0:
        raise InputError(path, f"it holds the negative value {int(numbers.min())}", "give labels from 0 up")
    if int(numbers.max()) > MOST_LABEL:
        raise InputError(path, f"it holds the value {int(numbers.max())}", f"give labels of at most {MOST_LABEL}")
    return in_order(numbers, np.min_scalar_type(int(numbers.max())))


def _stored(path: Path, array: NDArray[np.generic]) -> NDArray[np.generic]:
    if not path.name.endswith((".nii", ".nii.gz")):
        raise InputError(path, "is no name of a NIfTI file", "end it in .nii.gz or .nii")
    if array.dtype.kind in "bu":
        return array.astype(np.min_scalar_type(int(array.max(initial=0))), copy=False)
    check_finite(path, array)
    rounded = np.rint(array)
    np.clip(rounded, *HU_RANGE, out=rounded)
    hu: NDArray[np.int16] = rounded.astype(np.int16)
    return hu


def _write(path: Path, stored: NDArray[np.generic], header: Any, label_table: str = "") -> None:
    from isal import igzip

    extension = _extension(label_table)
    header["vox_offset"] = len(header.binaryblock) + len(extension)
    voxels = in_order(stored, stored.dtype.newbyteorder("<"), order="F")
    content = bytes(header.binaryblock) + extension + voxels.T.data
    if path.name.endswith(".gz"):
        content = igzip.compress(content, COMPRESSION, mtime=0)
    with written(path) as file:
        file.write(content)


def _extension(label_table: str) -> bytes:
    """Return what stands between header and voxels: whether an extension follows, its size, its code, its text."""
    if not label_table:
        return bytes(4)
    text = label_table.encode()
    size = -(-(len(text) + 8) // 16) * 16
    return struct.pack("<4B2i", 1, 0, 0, 0, size, CARET) + text.ljust(size - 8, b"\0")


def _fresh_header(stored: NDArray[np.generic], affine: NDArray[np.float64]) -> Any:
    import nibabel

    header = nibabel.Nifti1Header()
    header.set_data_dtype(stored.dtype)
    header.set_data_shape(stored.shape)
    header.set_qform(affine, code=1)
    header.set_sform(affine, code=1)
    header.set_xyzt_units("mm")
    header["scl_slope"], header["scl_inter"] = 1, 0
    return header


def _header_like(frame: Frame, stored: NDArray[np.generic]) -> Any:
    """Return the file's own header with the type of `stored`, unscaled; a new one where it has none."""
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    if not frame.header:
        return _fresh_header(stored, frame.affine)
    kind: Any = Nifti2Header if len(frame.header) == NIFTI2 else Nifti1Header
    header = kind(frame.header, check=False).as_byteswapped("<")
    header.set_data_dtype(stored.dtype)
    header["scl_slope"], header["scl_inter"] = 1, 0
    header["cal_min"] = header["cal_max"] = 0  # the range that viewers open an image with
    return header
