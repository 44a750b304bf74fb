"""NIfTI files whose headers are written field by field."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np

AFFINE = np.array([[0.8, 0, 0, -20], [0, 0.9, 0, 5], [0, 0, 2.5, 100], [0, 0, 0, 1.0]])
HU = np.random.default_rng(0).integers(-1000, 1000, (5, 6, 7)).astype(np.int16)


def nifti_file(path: Path, change=lambda header: None, array: np.ndarray = HU) -> Path:
    """Write `array` on the grid `AFFINE`, uncompressed, its header altered by `change` behind nibabel's back."""
    header = nibabel.Nifti1Header()
    header.set_data_dtype(array.dtype)
    header.set_data_shape(array.shape)
    header.set_sform(AFFINE, code=1)
    header.set_qform(AFFINE, code=1)
    header["vox_offset"] = 352
    change(header)
    path.write_bytes(bytes(header.binaryblock) + bytes(4) + array.tobytes(order="F"))
    return path


def setting(**fields):
    """Return a change that sets fields of a header; `pixdim_0=2` sets the first number of `pixdim`."""

    def change(header: nibabel.Nifti1Header) -> None:
        for name, value in fields.items():
            field, _, index = name.rpartition("_")
            if index.isdecimal():
                header[field][int(index)] = value
            else:
                header[name] = value

    return change
