"""NIfTI headers: what a file declares, checked before a byte of its voxels is read."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError, first_line
from labelct.io.content import on_disk, read_content
from labelct.io.geometry import check_grid, nifti_affine
from labelct.io.kinds import kind_of

NIFTI2 = 540  # bytes of its header block; 348 of NIfTI-1
MOST_VOXELS = 2**31  # 1024 x 1024 x 2048; four times the finest scan of a whole body
MOST_OFFSET = 2**28  # extensions hold text, at most a whole DICOM header
INFLATED, INFLATES = 2**30, 500  # a larger content has more than one byte in 500 on disk: masks of one organ reach 400
REMEDY = "copy or export it again"


@dataclass(frozen=True)
class Header:
    """What a NIfTI file declares.

    Attributes:
        shape: Of the stored array, in the order of the file's axes; axes beyond three have length 1.
        dtype: Of the stored numbers, with their byte order.
        offset: Bytes before the first voxel.
        scale: `(slope, intercept)` that the stored numbers are to be multiplied by and shifted by; None: neither.
        affine: `(4, 4)`, index of the stored array to RAS+ mm.
        block: The header as it lies in the file, 348 or 540 bytes.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    scale: tuple[float, float] | None
    affine: NDArray[np.float64]
    block: bytes

    @property
    def size(self) -> int:
        """Bytes from the start of the file to the end of the last voxel."""
        return self.offset + math.prod(self.shape) * self.dtype.itemsize


def read_header(path: Path) -> Header:
    """Read and check the header of a NIfTI file.

    Args:
        path: A `.nii` or `.nii.gz` file.

    Raises:
        InputError: The file is missing, no regular file, no NIfTI, not 3-D, or declares what no CT or label map has.
    """
    content = read_content(path, NIFTI2)
    block = content[: _size_of(path, content)]
    try:
        header = _parsed(path, block)
    except InputError:
        raise
    except Exception as error:  # nibabel's own errors have no common class
        raise InputError(path, f"its header is damaged ({first_line(error)})", REMEDY) from None
    check_grid(path, header.shape, header.affine)
    if header.size > INFLATED and header.size > INFLATES * on_disk(path):
        problem = f"it declares {header.size} bytes, and {on_disk(path)} lie on the disk"
        raise InputError(path, problem, "copy it again, or store it as 8-bit numbers without empty margins")
    return header


def _size_of(path: Path, content: bytes) -> int:
    """Return the bytes of the header block by the file's magic number."""
    if content[4:8] == b"n+2\0" and len(content) >= NIFTI2:
        return NIFTI2
    if content[344:348] == b"n+1\0":
        return 348
    if content[344:348] == b"ni1\0" or content[4:8] == b"ni2\0":
        raise InputError(path, "the header of a pair of .hdr and .img", "convert it to .nii.gz")
    raise InputError(path, f"no NIfTI image{kind_of(path)}", "give a CT as .nii.gz, .nrrd, .mha or DICOM")


def _parsed(path: Path, block: bytes) -> Header:
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    kind: Any = Nifti2Header if len(block) == NIFTI2 else Nifti1Header
    with np.errstate(all="ignore"):
        header = kind(block, check=False)
        shape, dtype = _shape(path, header), _dtype(path, header)
        slope, intercept = header.get_slope_inter()
        scale = None if slope is None or (slope, intercept) == (1, 0) else (float(slope), float(intercept))
        affine = nifti_affine(path, header)
        return Header(shape, dtype, _offset(path, header, len(block) + 4), scale, affine, block)


def _shape(path: Path, header: Any) -> tuple[int, ...]:
    shape = tuple(int(n) for n in header.get_data_shape())
    if len(shape) < 3 or any(n != 1 for n in shape[3:]) or min(shape) < 1:
        raise InputError(path, f"its shape is {shape}", "give one 3-D volume per file")
    if math.prod(shape) > MOST_VOXELS:
        raise InputError(path, f"its shape {shape} has more than {MOST_VOXELS} voxels", "crop or resample it")
    return shape


def _dtype(path: Path, header: Any) -> np.dtype[Any]:
    dtype: np.dtype[Any] = header.get_data_dtype()
    if dtype.kind not in "iuf":
        from nibabel.nifti1 import data_type_codes

        name = data_type_codes.label[int(header["datatype"])]
        raise InputError(path, f"its voxels are {name}", "give an image of one real number a voxel")
    return dtype


def _offset(path: Path, header: Any, least: int) -> int:
    """Return where the voxels begin; 0 is an old way to say: behind the header."""
    told = float(header["vox_offset"])
    if told == 0:
        return least
    if not least <= told <= MOST_OFFSET:
        raise InputError(path, f"its voxels are said to begin at byte {told:g}", REMEDY)
    return int(told)
