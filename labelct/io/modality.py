"""CT and MR told apart by their values, and images that show nothing."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.io.hounsfield import AIR_BELOW_HU, check_hu

MODALITIES = ("ct", "mr")
REMEDY = "give MR images, or set modality=ct"


def check_mr(path: Path, values: NDArray[Any]) -> None:
    """Refuse what is a CT in HU: MR intensities have no unit, but none is as far below 0 as air.

    Args:
        path: What is named.
        values: `(x, y, z)`.

    Raises:
        InputError: A value lies below -500.
    """
    low, high = float(values.min()), float(values.max())
    if low < AIR_BELOW_HU:
        problem = f"its voxels run from {low:g} to {high:g}, as those of a CT in HU, where MR is expected"
        raise InputError(path, problem, REMEDY)


def check_shown(path: Path, values: NDArray[Any]) -> None:
    """Refuse an image that nothing can be learnt from.

    Args:
        path: What is named.
        values: `(x, y, z)`.

    Raises:
        InputError: All voxels are the same, or there is one slice.
    """
    if values.min() == values.max():
        raise InputError(path, f"all its voxels are {float(values.flat[0]):g}", "export it again or leave it out")
    if values.shape[2] < 2:
        raise InputError(path, f"its shape is {values.shape}, one slice", "give a volume of two slices or more")


def check_values(path: Path, values: NDArray[Any], modality: str) -> None:
    """Refuse an image whose values cannot be those of `modality`, `ct` or `mr`."""
    (check_mr if modality == "mr" else check_hu)(path, values)
