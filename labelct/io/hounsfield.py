"""Whether the voxels of a CT can be Hounsfield units, and the least value that they take."""

import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.io.label_values import is_labels

log = logging.getLogger(__name__)

HU_RANGE = (-1024, 32767)  # no scanner stores less than -1024; metal keeps its values up to the end of int16
AIR_BELOW_HU = -500  # half-way between air and soft tissue
PADDING_HU = -1100  # noise in air stays above; what lies below is a scanner's mark for "outside the circle"
DENSE_HU, DENSE_SHARE = 700, 1 / 3  # cortical bone; even a scan of the teeth holds less of it than that
SCATTERED_SHARE = 0.05  # of all voxels below padding's mark that are no mark; of real CT and their crops none is
MARKS = 2  # values that padding has in one volume
THIN_AIR_HU, THIN_AIR_SHARE = -700, 0.02  # where as much is no tissue, lung or gas goes below that
SOFT_MEDIAN_HU = 300  # of what is no air: half of it above is bone or metal, or soft tissue times 10
MIRRORED_HU = (700, 1100)  # air of a negated CT
MIRRORED_SHARE = 0.08  # of crops of real CT with dense bone in them 6 % lie there at most
SPONGY_HU = 300  # bone above it
TISSUE_SHARE = 0.05  # of all voxels no air; a head in a field of view of 50 cm takes twice as much
LONGEST_UNIT = 80  # characters of a unit that a warning shows
LARGE, STEP = 1_000_000, 4  # shares are counted on every 64th voxel of a large volume
# What DICOM calls the values of a CT (C.11.1.1.2, RescaleType), in words.
IN_HU = ("HU", "HU_MOD", "US")  # US: unspecified
OTHER_UNITS = {
    "OD": "optical densities in thousandths",
    "MGML": "mg/ml",
    "Z_EFF": "effective atomic numbers",
    "ED": "electron densities",
    "EDW": "electron densities against water",
    "PCT": "percentages",
}
TAKE_IT = "take it as it is: --not-hu, in a cohort not_hu=true, in Python not_hu=True"
REMEDY = f"export it with rescale slope and intercept applied, or {TAKE_IT}"


def clipped(hu: NDArray[Any]) -> NDArray[Any]:
    """Return HU with padding (any value below -1024) at -1024; the array itself where there is none.

    Padding of -2000 or -32768 next to the body would pull every value down that is interpolated across its edge.
    """
    return hu if hu.min(initial=0) >= HU_RANGE[0] else np.maximum(hu, hu.dtype.type(HU_RANGE[0]))


def check_unit(path: Path, units: Collection[str]) -> None:
    """Refuse a CT that says that its values are no HU, and warn of one that says what DICOM does not know.

    Args:
        path: What is named.
        units: The `RescaleType` of its slices, in capitals.

    Raises:
        InputError: One of them is another unit.
    """
    for unit in sorted(set(units) - set(IN_HU)):
        if unit in OTHER_UNITS:
            problem = f"its RescaleType is {unit}: its values are {OTHER_UNITS[unit]}, no HU"
            raise InputError(path, problem, f"give the series in HU, or {TAKE_IT}")
        log.warning("%s: its RescaleType is %s, which may be no HU", path, repr(unit)[:LONGEST_UNIT])


def check_hu(path: Path, hu: NDArray[Any]) -> None:
    """Refuse what cannot be HU, and warn of what hardly is, with the range seen.

    Args:
        path: What is named.
        hu: `(x, y, z)`.

    Raises:
        InputError: No voxel holds air: none lies below -500, or only padding (below -1100) does.
    """
    low, high = float(hu.min()), float(hu.max())
    seen = f"its voxels run from {low:g} to {high:g}"
    if low >= AIR_BELOW_HU:
        raise InputError(path, f"{seen}, none below {AIR_BELOW_HU}: no HU{_guess(hu, low, high)}", REMEDY)
    if low < PADDING_HU and not ((hu >= PADDING_HU) & (hu < AIR_BELOW_HU)).any():
        problem = f"{seen}, none from {PADDING_HU} to {AIR_BELOW_HU} but padding below: no HU"
        raise InputError(path, problem, REMEDY)
    few = hu[::STEP, ::STEP, ::STEP] if hu.size > LARGE else hu
    if high > HU_RANGE[1]:
        doubt = f"above {HU_RANGE[1]}, so hardly in HU"
    else:
        doubt = _negated(few) or _times_a_factor(few) or _divided(few, low) or _shifted(few)
    if doubt:
        log.warning("%s: %s, %s; %s", path, seen, doubt, REMEDY)


def _times_a_factor(few: NDArray[Any]) -> str:
    """Return why values are hardly in HU that lie below all HU, and are no marks of padding; empty where none do."""
    below = few[few < PADDING_HU]
    if not below.size:
        return ""
    counts = np.sort(np.unique(below, return_counts=True)[1])
    scattered = float(counts[:-MARKS].sum()) / few.size
    tissue = few[few >= AIR_BELOW_HU]
    shifted = tissue.size < TISSUE_SHARE * few.size
    if scattered > SCATTERED_SHARE and not shifted:
        return f"{scattered:.0%} of them scattered below {PADDING_HU}, so hardly in HU (times 10, or another factor?)"
    if tissue.size and not shifted and (median := float(np.median(tissue))) > SOFT_MEDIAN_HU:
        return f"half of what is no air above {median:g}, so hardly in HU (times 10?)"
    return ""


def _divided(few: NDArray[Any], low: float) -> str:
    """Return why values are hardly in HU of which a good part is no tissue, and none is air; empty where some are."""
    share = np.count_nonzero(few < AIR_BELOW_HU) / few.size
    if low < THIN_AIR_HU or share <= THIN_AIR_SHARE:
        return ""
    return f"{share:.0%} of them below {AIR_BELOW_HU} and none below {THIN_AIR_HU}, so hardly in HU (divided by 2?)"


def _negated(few: NDArray[Any]) -> str:
    """Return why values are hardly in HU of which more lie where negated air does than where air does."""
    low, high = MIRRORED_HU
    mirrored, air = (int(np.count_nonzero((part >= low) & (part <= high))) for part in (few, -few))
    above = few[few > high]  # one value of it may be negated padding
    bone = above.size - int(np.unique(above, return_counts=True)[1].max(initial=0))
    spongy = int(np.count_nonzero((few >= SPONGY_HU) & (few < low)))  # next to dense bone there is as much of it
    if mirrored <= MIRRORED_SHARE * few.size or mirrored <= max(air, bone, spongy):
        return ""
    share = mirrored / few.size
    return f"{share:.0%} of them from {low} to {high}, as air of a negated CT, so hardly in HU (negated, or +1024?)"


def _shifted(few: NDArray[Any]) -> str:
    """Return why values are hardly in HU that are too dense, or next to no tissue; empty where they are neither."""
    tissue = few[few >= AIR_BELOW_HU]
    dense = float(np.count_nonzero(tissue > DENSE_HU)) / max(tissue.size, 1)
    if dense > DENSE_SHARE:
        return f"{dense:.0%} of what is no air above {DENSE_HU}, so hardly in HU (+1024?)"
    if tissue.size < TISSUE_SHARE * few.size:
        return f"{tissue.size / few.size:.1%} of it no air, so hardly a CT in HU (-1024?)"
    return ""


def _guess(hu: NDArray[Any], low: float, high: float) -> str:
    """Return in brackets what such values usually are."""
    if is_labels(hu):
        return " (a label map?)"
    if low >= 0 and high <= 1:
        return " (scaled to 0..1, or attenuation in 1/cm or 1/mm?)"
    if low >= 0 and high <= 255 and np.array_equal(hu, np.rint(hu)):
        return " (8-bit grey values?)"
    if low >= 0:
        return " (HU + 1024, or an MR?)" if high > 1024 else " (an MR?)"
    if low < -50 and high < 700:
        return " (HU divided by 10, clipped, or a crop without air?)"
    return ""
