"""Where the voxels of a file lie: which of a NIfTI header's answers holds, and what no scanner makes."""

import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError

log = logging.getLogger(__name__)

AGREE = 1e-3  # relative; headers are rounded to four digits and more
SPACING_MM = (0.02, 50.0)  # from micro-CT to the coarsest label maps
EXTENT_MM = 4000.0  # twice a scanner's table; beyond it a resampled grid fills any memory
FARTHEST_MM = 1e5  # from the origin of the patient's axes; beyond it a header's 32 bits round to more than 0.01 mm
UNITS_MM = {1: 1000.0, 2: 1.0, 3: 1e-3}  # NIfTI's metre, millimetre, micron; any other code says nothing
REMEDY = "correct its header or export it again"


def check_grid(path: Path, shape: tuple[int, ...], affine: NDArray[np.float64]) -> None:
    """Raise `InputError` unless a grid can be one of a CT or a label map.

    Args:
        path: What is named.
        shape: Voxels along the axes.
        affine: `(4, 4)`, voxel index to mm.
    """
    if not _regular(affine):
        raise InputError(path, "its affine is singular or not finite", REMEDY)
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    shown = " x ".join(f"{length:.4g}" for length in spacing)
    if spacing.min() < SPACING_MM[0] or spacing.max() > SPACING_MM[1]:
        allowed = f"allowed is {SPACING_MM[0]:g} to {SPACING_MM[1]:g} mm"
        raise InputError(path, f"its voxels measure {shown} mm, {allowed}", REMEDY)
    extent = float((spacing * shape[:3]).max())
    if extent > EXTENT_MM:
        raise InputError(path, f"it is {extent:.4g} mm long ({shown} mm a voxel)", REMEDY)
    farthest = float(np.abs(affine[:3, 3]).max())
    if farthest > FARTHEST_MM:
        raise InputError(path, f"its first voxel lies at {farthest:.4g} mm, allowed is {FARTHEST_MM:g} mm", REMEDY)
    check_shear(path, affine)


def check_shear(path: Path, affine: NDArray[np.float64]) -> None:
    """Raise `InputError` where the axes of a grid are not perpendicular, as after a tilted gantry."""
    columns = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    cosine = np.abs(columns.T @ columns - np.eye(3)).max()
    if cosine > AGREE:
        angle = np.degrees(np.arcsin(min(cosine, 1.0)))
        raise InputError(path, f"its grid is sheared by {angle:.3g} degrees", "resample it to an upright grid")


def nifti_affine(path: Path, header: Any) -> NDArray[np.float64]:
    """Return the affine of a NIfTI header, voxel index to RAS+ mm.

    The sform holds where it fits pixdim; where it does not, the qform, which takes its voxel size from there, with a
    warning.

    Args:
        path: What is named.
        header: nibabel's header; its `pixdim[0]` of 0 becomes the 1 that the standard means by it.

    Raises:
        InputError: The sform is sheared or contradicts pixdim without a qform beside it, or there is no valid one.
    """
    header["pixdim"][0] = -1.0 if header["pixdim"][0] < 0 else 1.0
    sform, qform = _sform(header), _qform(header)
    unit = UNITS_MM.get(int(header["xyzt_units"]) & 7, 1.0)
    return np.diag([unit, unit, unit, 1.0]) @ _chosen(path, header, sform, qform)


def _chosen(
    path: Path, header: Any, sform: NDArray[np.float64] | None, qform: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    if sform is not None:
        check_shear(path, sform)
    if sform is None and qform is None:
        return _neither(path, header)
    if sform is None or qform is None or np.allclose(sform, qform, AGREE, AGREE):
        only = sform if sform is not None else qform
        assert only is not None
        if only is sform and not _fits(sform, header):
            problem = f"its sform says {_spacing(sform)} mm, its pixdim {_shown(header['pixdim'][1:4])} mm"
            raise InputError(path, problem, REMEDY)
        return only
    if _fits(sform, header):
        warn_once(f"{path}: its sform and qform lie apart; the sform is taken")
        return sform
    warn_once(f"{path}: its sform says {_spacing(sform)} mm, pixdim {_spacing(qform)} mm; the qform is taken")
    return qform


def _neither(path: Path, header: Any) -> NDArray[np.float64]:
    """Return the affine of pixdim alone, for a header that says nothing about orientation."""
    if int(header["sform_code"]) > 0 or int(header["qform_code"]) > 0:
        raise InputError(path, "its affine is singular or not finite", REMEDY)
    affine: NDArray[np.float64] = header.get_base_affine()
    warn_once(f"{path}: has neither sform nor qform; x is taken to run from right to left, which nothing tells")
    return affine


def _sform(header: Any) -> NDArray[np.float64] | None:
    affine = header.get_sform()
    return affine if int(header["sform_code"]) > 0 and _regular(affine) else None


def _qform(header: Any) -> NDArray[np.float64] | None:
    from nibabel.spatialimages import HeaderDataError

    if int(header["qform_code"]) <= 0:
        return None
    try:
        affine: NDArray[np.float64] = header.get_qform()
    except (ValueError, HeaderDataError):  # no unit quaternion, a negative voxel size
        return None
    return affine if _regular(affine) else None


def _regular(affine: NDArray[np.float64]) -> bool:
    """Return whether an affine is finite and no axis of it lies in the plane of the others."""
    if not np.isfinite(affine).all():
        return False
    length = np.linalg.norm(affine[:3, :3], axis=0)
    return bool(length.min() > 0) and abs(np.linalg.det(affine[:3, :3] / length)) > AGREE


def _fits(affine: NDArray[np.float64], header: Any) -> bool:
    """Return whether an affine has the voxel size of pixdim, or pixdim says none."""
    pixdim = np.abs(np.asarray(header["pixdim"][1:4], np.float64))
    unset = not np.isfinite(pixdim).all() or not pixdim.all()
    return unset or np.allclose(np.linalg.norm(affine[:3, :3], axis=0), pixdim, AGREE, 0)


def _spacing(affine: NDArray[np.float64]) -> str:
    return _shown(np.linalg.norm(affine[:3, :3], axis=0))


def _shown(lengths: NDArray[np.floating[Any]]) -> str:
    return " x ".join(f"{length:.4g}" for length in lengths)


@lru_cache(maxsize=4096)
def warn_once(text: str) -> None:
    """Log a warning the first time: a file is read for its grid, its voxels and its digest."""
    log.warning("%s", text)
