"""NIfTI files: the one place that knows nibabel, gzip and the orientation of a file on disk."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from labelct.errors import InputError
from labelct.io.hounsfield import HU_RANGE
from labelct.store import written
from labelct.volume import LabelMap, Volume

COMPRESSION = 2  # of isal's 0 to 3: CT 3 % smaller than at 1; at 3 label maps grow by half


def read_volume(path: Path) -> Volume:
    """Read an image as RAS+ float32.

    Args:
        path: A `.nii` or `.nii.gz` file.

    Returns:
        The volume `(x, y, z)`, z contiguous, in the file's unit (HU for CT).

    Raises:
        InputError: The file is missing, truncated, no NIfTI, not 3-D, or holds NaN or infinite voxels.
    """
    stored, affine = read_array(path)
    array = in_order(stored, np.float32)
    _check_finite(path, array)
    return Volume(array, affine)


def read_label_map(path: Path, names: Mapping[int, str] | None = None) -> LabelMap:
    """Read a label map as RAS+ unsigned integers of the smallest type that holds them.

    Args:
        path: A `.nii` or `.nii.gz` file.
        names: `{value: name}`; a voxel value besides 0 that is not among them is an error. None: nothing is checked.

    Returns:
        The label map `(x, y, z)`, z contiguous.

    Raises:
        InputError: As `read_volume`; also a value that is negative, no whole number, or without a name.
    """
    array, affine = read_array(path)
    labels = _as_labels(path, array)
    if names is not None:
        unknown = [value for value in values_in(labels) if value and value not in names]
        if unknown:
            shown = ", ".join(map(str, unknown[:10])) + (" ..." if len(unknown) > 10 else "")
            raise InputError(path, f"label values without a name: {shown}", "add them to the names")
    return LabelMap(labels, affine, dict(names or {}))


def values_in(labels: NDArray[np.unsignedinteger]) -> list[int]:
    """Return the sorted label values that occur in `labels` (chunk by chunk, so without a large temporary)."""
    present = np.zeros(int(labels.max(initial=0)) + 1, dtype=bool)
    for chunk in labels:
        present[chunk] = True
    return [int(value) for value in np.flatnonzero(present)]


def write(path: Path, array: NDArray[np.generic], affine: ArrayLike) -> None:
    """Write a volume; a file of that name appears whole or not at all, and the same array gives the same bytes.

    Args:
        path: `.nii.gz` (compressed) or `.nii`; missing folders are made.
        array: `(x, y, z)`; unsigned integers and booleans are labels and take the smallest unsigned type, everything
            else is HU and is rounded and clipped to int16.
        affine: `(4, 4)`, voxel index to RAS+ mm.

    Raises:
        InputError: The disk is full or the folder cannot be written.
    """
    from isal import igzip

    stored = _stored(path, array)
    voxels = in_order(stored, stored.dtype.newbyteorder("<"), order="F")
    content = _header(voxels, np.asarray(affine, dtype=np.float64)) + voxels.T.data
    if path.name.endswith(".gz"):
        content = igzip.compress(content, COMPRESSION, mtime=0)
    with written(path) as file:
        file.write(content)


def digest(path: Path) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 over header and voxels, whatever the compression."""
    return hashlib.sha256(_content(path)).hexdigest()[:16]


def read_grid(path: Path) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Return shape `(x, y, z)` and affine, as `read_volume` would give them, from the header alone."""
    header = _header_of(path, _content(path, 540))
    return _canonical(path, header.get_data_shape(), header.get_best_affine())[1:]


def read_array(path: Path) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the array `(x, y, z)` in RAS+, read-only, of the file's type and in its memory order, and the affine.

    Raises:
        InputError: The file is missing, truncated, no NIfTI or not 3-D.
    """
    content = _content(path)
    header = _header_of(path, content)
    shape, dtype, offset = header.get_data_shape(), header.get_data_dtype(), int(header.get_data_offset())
    missing = offset + int(np.prod(shape)) * dtype.itemsize - len(content)
    if missing > 0:
        raise InputError(path, f"truncated or damaged ({missing} bytes are missing)", "copy or export it again")
    array = np.ndarray(shape, dtype, content, offset, order="F")
    slope, intercept = header.get_slope_inter()
    if slope is not None and (slope, intercept) != (1, 0):
        array = array * slope + intercept
    return turn_to_ras(path, array, header.get_best_affine())


def turn_to_ras(
    path: Path, array: NDArray[Any], affine: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return a view of `array` whose axes point nearest to RAS+, with its affine; `path` is named in errors."""
    from nibabel.orientations import apply_orientation

    orientation, _, turned = _canonical(path, array.shape, affine)
    return apply_orientation(array.reshape(array.shape[:3]), orientation), turned


def in_order(array: NDArray[Any], dtype: DTypeLike, order: Literal["C", "F"] = "C") -> NDArray[Any]:
    """Return a copy of `(x, y, z)` as `dtype` in memory order C (z contiguous) or F (x contiguous).

    Turning the order over in chunks of 16 slices keeps what is read and what is written in the cache: five times
    faster than `np.ascontiguousarray` on 512 x 512 x 500 voxels.
    """
    copy = np.empty(array.shape, dtype, order=order)
    for z in range(0, array.shape[2], 16):
        copy[:, :, z : z + 16] = array[:, :, z : z + 16]
    return copy


def _content(path: Path, size: int = -1) -> bytes:
    """Return the first `size` uncompressed bytes of a file, -1 for all."""
    from isal import igzip

    try:
        with path.open("rb") as file:
            if file.peek(2)[:2] != b"\x1f\x8b":
                return file.read(size)
            return _unzipped(file.read()) if size < 0 else igzip.IGzipFile(fileobj=file).read(size)
    except FileNotFoundError:
        raise InputError(path, "no such file", "check the path") from None
    except _damage() as error:
        raise InputError(path, f"truncated or damaged ({_line(error)})", "copy or export it again") from None


def _unzipped(zipped: bytes) -> bytes:
    """Return the content of a gzip file, in one allocation where its last four bytes tell the true size."""
    from isal import igzip, isal_zlib

    told = int.from_bytes(zipped[-4:], "little")
    content = isal_zlib.decompress(zipped, 31, min(max(told, 1), 1100 * len(zipped)))
    return content if len(content) == told else igzip.decompress(zipped)


def _header_of(path: Path, content: bytes) -> Any:
    """Return the parsed header; nibabel's own exceptions and warnings never reach the user."""
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header
    from nibabel.spatialimages import HeaderDataError

    if content[344:347] != b"n+1" and content[4:7] != b"n+2":
        raise InputError(path, "no NIfTI image", "convert it to .nii.gz")
    kind: Any = Nifti2Header if content[4:7] == b"n+2" else Nifti1Header
    try:
        header = kind(content[: kind.sizeof_hdr], check=False)
        header.get_data_dtype(), header.get_data_shape(), header.get_slope_inter(), header.get_best_affine()
    except (ValueError, KeyError, HeaderDataError) as error:
        raise InputError(path, f"its header is damaged ({_line(error)})", "copy or export it again") from None
    return header


def _canonical(
    path: Path, shape: tuple[int, ...], affine: NDArray[np.float64]
) -> tuple[NDArray[np.float64], tuple[int, ...], NDArray[np.float64]]:
    """Return the orientation that turns the file's axes to RAS+, and shape and affine after the turn."""
    from nibabel.orientations import inv_ornt_aff, io_orientation

    if len(shape) < 3 or any(n != 1 for n in shape[3:]) or 0 in shape:
        raise InputError(path, f"its shape is {shape}", "give one 3-D volume per file")
    if affine is None or not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < 1e-9:
        raise InputError(path, "its affine is singular or not finite", "export it again with a valid sform or qform")
    orientation = io_orientation(affine)
    turned = [0, 0, 0]
    for axis, target in enumerate(orientation[:, 0]):
        turned[int(target)] = int(shape[axis])
    return orientation, tuple(turned), affine @ inv_ornt_aff(orientation, shape[:3])


def _damage() -> tuple[type[Exception], ...]:
    """Return what a gzip file raises that cannot be read or is cut."""
    from isal.igzip_lib import IsalError

    return EOFError, OSError, cast(type[Exception], IsalError)  # its stub calls the class an instance


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _check_finite(path: Path, array: NDArray[Any]) -> None:
    if not np.isfinite([array.min(), array.max()]).all():
        count = int(array.size - np.count_nonzero(np.isfinite(array)))
        raise InputError(path, f"{count} of {array.size} voxels are NaN or infinite", "replace them (air is -1000 HU)")


def _as_labels(path: Path, numbers: NDArray[Any]) -> NDArray[np.unsignedinteger]:
    if numbers.dtype.kind == "f":
        _check_finite(path, numbers)
        if not np.array_equal(numbers, np.rint(numbers)):
            raise InputError(path, "its values are no whole numbers", "give a label map, not an image")
    if numbers.dtype.kind not in "biuf":
        raise InputError(path, f"its voxels are {numbers.dtype}", "give whole numbers from 0")
    if numbers.min() < 0:
        raise InputError(path, f"it holds the negative value {int(numbers.min())}", "give labels from 0 up")
    return in_order(numbers, np.min_scalar_type(int(numbers.max())))


def _stored(path: Path, array: NDArray[np.generic]) -> NDArray[np.generic]:
    if array.ndim != 3:
        raise ValueError(f"{path}: shape {array.shape} is not (x, y, z)")
    if array.dtype.kind in "bu":
        return array.astype(np.min_scalar_type(int(array.max(initial=0))), copy=False)
    _check_finite(path, array)
    rounded = np.rint(array)
    np.clip(rounded, *HU_RANGE, out=rounded)
    hu: NDArray[np.int16] = rounded.astype(np.int16)
    return hu


def _header(stored: NDArray[np.generic], affine: NDArray[np.float64]) -> bytes:
    import nibabel

    header = nibabel.Nifti1Header()
    header.set_data_dtype(stored.dtype)
    header.set_data_shape(stored.shape)
    header.set_qform(affine, code=1)
    header.set_sform(affine, code=1)
    header.set_xyzt_units("mm")
    header["vox_offset"] = 352
    return bytes(header.binaryblock) + bytes(4)
