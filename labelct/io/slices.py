"""Slices of a CT put in a stack: one grid that every slice lies on, or the reason why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.io.geometry import AGREE, check_grid

UNEVEN_MM = 0.1  # scanners round positions to a tenth of a millimetre
UNEVEN_SHARE = 0.2  # of a step: a slice that is missing moves its neighbours by a quarter and more


@dataclass(frozen=True)
class Slice:
    """Where one slice lies, in DICOM's words and axes (LPS, mm).

    Attributes:
        name: Of its file, or the number of its frame.
        shape: Its pixels `(columns, rows)`.
        position: Of the centre of its first pixel.
        directions: `(2, 3)`: along a row, and down a column.
        spacing: Of its pixels along a row and down a column.
        thickness: Its own; None where the file does not say.
        reference: The UID of the coordinates that its position is given in.
    """

    name: str
    shape: tuple[int, int]
    position: NDArray[np.float64]
    directions: NDArray[np.float64]
    spacing: tuple[float, float]
    thickness: float | None
    reference: str = ""

    @property
    def normal(self) -> NDArray[np.float64]:
        """The direction that slices are counted along."""
        return np.cross(*self.directions)


def stack(path: Path, slices: Sequence[Slice]) -> tuple[list[int], NDArray[np.float64]]:
    """Fit one grid to slices.

    The grid is the least-squares fit of `first + k * step` to the positions. A grid that every slice lies on within
    0.1 mm is accepted, whatever single steps are.

    Args:
        path: What errors name.
        slices: At least one, in any order.

    Returns:
        The order of the slices along their normal, and the affine `(column, row, slice)` to RAS+ mm.

    Raises:
        InputError: The slices differ in size, pixel spacing or orientation, two lie at one position, one is missing or
            off its place, they are sheared, or a lone one has no thickness.
    """
    for one in slices[1:]:
        _check_alike(path, one, slices[0])
    along = np.array([one.position @ slices[0].normal for one in slices])
    order = [int(index) for index in np.argsort(along, kind="stable")]
    first, step = _fit(path, [slices[index] for index in order])
    affine = np.eye(4)
    affine[:3, :2] = (slices[0].directions * np.asarray(slices[0].spacing)[:, None]).T
    affine[:3, 2], affine[:3, 3] = step, first
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    check_grid(path, (*slices[0].shape, len(slices)), affine)
    return order, affine


def _check_alike(path: Path, one: Slice, other: Slice) -> None:
    """Raise unless two slices can lie in one stack."""
    for name, same in {
        "size": one.shape == other.shape,
        "pixel spacing": np.allclose(one.spacing, other.spacing, AGREE, 0),
        "frame of reference": one.reference == other.reference,
        "orientation": np.allclose(one.directions, other.directions, 0, AGREE),
    }.items():
        if not same:
            problem = f"{one.name} differs from {other.name} in its {name}"
            raise InputError(path, problem, "keep the slices of one series in a folder")


def _fit(path: Path, slices: Sequence[Slice]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the position of the first slice and the step to the next, of slices in order."""
    positions, normal = np.array([one.position for one in slices]), slices[0].normal
    if len(slices) == 1:
        thickness = slices[0].thickness or 0.0
        if not 0 < thickness < np.inf:
            raise InputError(path, "its one slice says no thickness", "give a series of two slices or more")
        return positions[0], normal * thickness
    steps = np.diff(positions @ normal)
    if steps.min() < AGREE:
        here = int(np.argmin(steps))
        problem = f"{slices[here].name} and {slices[here + 1].name} lie at one position"
        raise InputError(path, problem, "keep one of them")
    count = np.arange(len(slices)) - (len(slices) - 1) / 2
    step: NDArray[np.float64] = count @ positions / (count @ count)
    first = positions.mean(0) + count[0] * step
    off = np.linalg.norm(positions - first - np.arange(len(slices))[:, None] * step, axis=1)
    if off.max() > min(UNEVEN_MM, UNEVEN_SHARE * float(step @ normal)):
        problem = f"its slices lie {steps.min():g} to {steps.max():g} mm apart, {off.max():.2g} mm off even steps"
        raise InputError(path, problem, "add the missing slices or resample it to even steps")
    return first, _upright(path, step, normal, len(slices))


def _upright(path: Path, step: NDArray[np.float64], normal: NDArray[np.float64], number: int) -> NDArray[np.float64]:
    """Return the step along the normal, or raise where the slices drift away from it, as with a tilted gantry."""
    straight = (step @ normal) * normal
    aside = float(np.linalg.norm(step - straight))
    if aside * (number - 1) <= UNEVEN_MM:
        return straight
    if aside > AGREE * np.linalg.norm(step):
        angle = np.degrees(np.arctan2(aside, np.linalg.norm(straight)))
        problem = f"its slices are sheared by {angle:.2g} degrees (tilted gantry)"
        raise InputError(path, problem, "resample it to an upright grid")
    return step
