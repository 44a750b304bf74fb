"""What a user gives in Python, as the rooms below take it; nothing that is given is changed in place.

An array lies on a grid, which is a voxel size where its axes are RAS+ and an affine where they are any others.
"""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelct.cohort.base import without_ignored
from labelct.cohort.names import resolve
from labelct.errors import InputError, SettingError
from labelct.io.geometry import SPACING_MM
from labelct.io.hounsfield import clipped
from labelct.io.modality import check_values
from labelct.io.nifti import as_label_map, check_finite
from labelct.io.orientation import RAS, in_order, turn_back, turn_to_ras
from labelct.volume import Frame, LabelMap, Volume

Grid: TypeAlias = float | ArrayLike
Seed: TypeAlias = int | Sequence[int]
Names: TypeAlias = Mapping[int, str] | str

GRID = "a voxel size in mm, one number or (x, y, z), or a (4, 4) affine to RAS+ mm"
MOST_SHOWN = 16  # numbers of a value that an error repeats, as many as an affine has
# What reads a file has its array and its grid apart; how to get at them, by what tells it from an array.
READERS = {
    "dataobj": ("a nibabel image", "give np.asanyarray(image.dataobj), and image.affine"),
    "GetSpacing": ("a SimpleITK image", "give sitk.GetArrayFromImage(image).T, and image.GetSpacing()"),
    "pixel_array": ("a DICOM data set", "give the array of the whole series, and its voxel size"),
    "mask": ("a masked array", "give array.filled(0), or filled(-1000) of HU"),
}


def array_of(name: str, given: Any) -> NDArray[Any]:
    """Return what was given as an array of numbers `(x, y, z)`, which may be the memory that was given.

    Args:
        name: What errors name.
        given: An array of NumPy, a tensor of torch on any device, or nested lists.

    Raises:
        InputError: It is a path, an image with a header, no numbers, or has not three axes.
    """
    if isinstance(given, (str, bytes, PathLike)):
        raise InputError(name, f"is the path {given!r}", "read the file first, as with nibabel.load(path)")
    for attribute, (what, remedy) in READERS.items():
        if hasattr(given, attribute):
            raise InputError(name, f"is {what}", remedy)
    try:
        array = np.asarray(given.detach().cpu() if hasattr(given, "detach") else given)
    except (RuntimeError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(name, f"is no array ({reason})", "give numbers (x, y, z)") from None
    if array.dtype.kind not in "biuf":
        raise InputError(name, f"its type is {array.dtype}", "give whole or fractional numbers (x, y, z)")
    if array.ndim != 3 or not array.size:
        one = "; array[0] is one" if array.ndim == 4 and array.shape[0] == 1 else ""
        raise InputError(name, f"its shape is {array.shape}", f"give one volume (x, y, z){one}")
    return array


def affine_of(name: str, given: Grid) -> NDArray[np.float64]:
    """Return the affine `(4, 4)` that a voxel size or an affine stands for.

    Args:
        name: What errors name.
        given: Voxel size in mm, one number or `(x, y, z)`, of an array whose axes are RAS+; or an affine.

    Raises:
        SettingError: It is neither, or no size of a voxel.
    """
    try:
        numbers = np.asarray(given)
    except (TypeError, ValueError):
        raise SettingError(name, given, GRID) from None
    if numbers.dtype.kind not in "iuf":
        raise SettingError(name, given if numbers.size <= MOST_SHOWN else f"of type {numbers.dtype}", GRID)
    numbers = numbers.astype(np.float64)
    value = numbers.tolist() if numbers.size <= MOST_SHOWN else f"an array of shape {numbers.shape}"
    if numbers.shape in ((), (3,)):
        low, high = SPACING_MM
        if not ((numbers >= low) & (numbers <= high)).all():
            raise SettingError(name, value, f"{low:g} to {high:g} mm", "an array that runs the other way has an affine")
        return np.diag([*np.broadcast_to(numbers, 3), 1.0])
    if numbers.shape != (4, 4) or not np.array_equal(numbers[3], (0, 0, 0, 1)):
        raise SettingError(name, value, GRID)
    return numbers


def image_of(name: str, given: Any, grid: Grid, modality: str | None = "ct") -> Volume:
    """Return an image as the readers of files do: RAS+, float32, z contiguous, a CT without padding below -1024 HU.

    Args:
        name: What errors name.
        given: `(x, y, z)`, in HU where it is a CT.
        grid: Its voxel size or affine.
        modality: `ct` or `mr`, whose values it must have; None: its values are taken for HU as they are.

    Raises:
        InputError: It is no image, holds NaN, or cannot be of that modality.
        SettingError: The grid is none.
    """
    array, affine, frame = _placed(name, given, grid)
    with np.errstate(over="ignore"):
        values = in_order(array, np.float32)
    check_finite(Path(name), values)
    if modality:
        check_values(Path(name), values, modality)
    return Volume(values if modality == "mr" else clipped(values), affine, frame=frame)


def label_map_of(given: Any, grid: Grid, names: Names) -> LabelMap:
    """Return a label map as the readers of files do: RAS+, of the smallest unsigned type, z contiguous.

    Args:
        given: `(x, y, z)`, whole numbers from 0 up.
        grid: Its voxel size or affine.
        names: `{value: name}`, which must name every value above 0 in the map; what is called `ignore` is no structure.

    Raises:
        InputError: It is no label map, holds no label, or holds one without a name.
        SettingError: The grid or the names are none.
    """
    table = names_of(names)
    array, affine, frame = _placed("label_map", given, grid)
    labels = as_label_map(Path("label_map"), array, table)
    if not labels.any():
        raise InputError("label_map", "all its voxels are 0", "give one with a structure in it")
    return without_ignored(LabelMap(labels, affine, table, frame=frame))


def names_of(given: Names) -> dict[int, str]:
    """Return `{value: name}` of names as a user gives them.

    Raises:
        InputError: It is the name of neither a preset nor a file of names.
        SettingError: It is something else.
    """
    if not isinstance(given, (str, Mapping)):
        raise SettingError("names", given, "{value: name}", "for example {1: 'liver', 2: 'spleen'}")
    return resolve(given, Path())


def generator(seed: Seed) -> np.random.Generator:
    """Return the source of draws that a seed stands for, as NumPy has it.

    Raises:
        SettingError: It is neither a whole number of 0 or more nor several of them.
    """
    several = list(seed) if isinstance(seed, Sequence) else [seed]
    if not several or not all(isinstance(one, (int, np.integer)) and one >= 0 for one in several):
        raise SettingError("seed", seed, "a whole number of 0 or more", "or several, as the `entropy` of a manifest")
    return np.random.default_rng(seed)


def number_of(name: str, given: Any) -> float:
    """Return a number, or raise `SettingError` where it is none."""
    if isinstance(given, bool) or not isinstance(given, (int, float, np.integer, np.floating)):
        raise SettingError(name, given, "a number")
    return float(given)


def whole_of(name: str, given: Any) -> int:
    """Return a whole number of 0 to 2^63 - 1, or raise `SettingError` where it is none."""
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or not 0 <= given < 2**63:
        raise SettingError(name, given, "a whole number of 0 or more")
    return int(given)


def check_same_shape(name: str, shape: tuple[int, ...], other: str, expected: tuple[int, ...]) -> None:
    """Raise `InputError` where two arrays that belong together have other shapes."""
    if shape != expected:
        turned = "; its axes lie the other way round: give array.T" if shape == expected[::-1] else ""
        remedy = f"give both (x, y, z) on one grid{turned}"
        raise InputError(name, f"its shape is {shape}, that of {other} {expected}", remedy)


def as_given(array: NDArray[Any], like: Volume) -> NDArray[Any]:
    """Return an array `(x, y, z)` in RAS+ on the axes of the array that a volume was made of."""
    assert like.frame is not None
    return np.ascontiguousarray(turn_back(array, like.frame.affine))


def affine_as_given(made: Volume, like: Volume) -> NDArray[np.float64]:
    """Return the affine that a volume in RAS+ has after `as_given`."""
    from nibabel.orientations import inv_ornt_aff, io_orientation, ornt_transform

    assert like.frame is not None
    turn = ornt_transform(np.array(RAS), io_orientation(like.frame.affine))
    affine: NDArray[np.float64] = made.affine @ inv_ornt_aff(turn, made.array.shape)
    return affine


def _placed(name: str, given: Any, grid: Grid) -> tuple[NDArray[Any], NDArray[np.float64], Frame]:
    """Return a view of what was given in RAS+, its affine, and how it was given."""
    array, affine = array_of(name, given), affine_of("spacing", grid)
    return *turn_to_ras(Path(name), array, affine), Frame(array.shape, affine)
