"""MR intensities, which have no unit, brought to fixed values: bias field out, percentiles to the ends of a range."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import SettingError
from labelct.settings import Checked
from labelct.volume import Volume

# The ends of the window that networks and figures see soft tissue of CT through: the whole range of an MR passes it,
# and 400 steps of the int16 that volumes are stored as are ten times finer than the noise of an MR.
STORED = (-160.0, 240.0)
BIAS_VOXEL_MM = 4.0  # the field bends over centimetres; N4 on the full grid takes minutes a volume
BIAS_ITERATIONS = (50, 50, 30)  # of each of three levels of its spline, as many as it takes to converge


@dataclass
class Settings(Checked, section="mr"):
    """How MR intensities are standardised.

    Attributes:
        percentiles: Lowest and highest percentile of a volume's voxels; they become the ends of the range, and what
            lies beyond is clipped to them.
        n4: Whether the bias field is taken out first (N4, Tustison et al. 2010), which takes some seconds a volume.
    """

    percentiles: list[float] = field(default_factory=lambda: [1.0, 99.0])
    n4: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.percentiles) != 2 or not 0 <= self.percentiles[0] < self.percentiles[1] <= 100:
            raise SettingError("mr.percentiles", self.percentiles, "two rising numbers in [0, 100]")


def standardised(
    values: NDArray[Any],
    spacing: tuple[float, float, float],
    settings: Settings,
    ends: tuple[float, float] = STORED,
) -> NDArray[np.float32]:
    """Return MR intensities on a fixed scale.

    Args:
        values: `(x, y, z)`, any unit.
        spacing: Voxel size in mm.
        settings: Percentiles, and whether the bias field goes.
        ends: What the percentiles become; beyond them values are clipped. The default is what volumes are stored as.

    Returns:
        `(x, y, z)` float32 within `ends`; an image whose two percentiles are one value is at the lower end.
    """
    corrected = without_bias(values, spacing) if settings.n4 else values.astype(np.float32)
    low, high = (float(end) for end in np.percentile(corrected, settings.percentiles))
    extent = np.float32(max(high - low, float(np.finfo(np.float32).tiny)))
    share = np.clip((corrected - np.float32(low)) / extent, 0, 1)
    return (np.float32(ends[0]) + share * np.float32(ends[1] - ends[0])).astype(np.float32)


def shown(mr: Volume, settings: Settings) -> Volume:
    """Return an MR as networks see it: its intensities standardised, on the scale that volumes are stored in."""
    return replace(mr, array=standardised(mr.array, mr.spacing, settings))


def without_bias(values: NDArray[Any], spacing: tuple[float, float, float]) -> NDArray[np.float32]:
    """Return MR intensities divided by their bias field (N4ITK, Tustison et al., IEEE TMI 2010).

    The field is estimated on voxels of about 4 mm inside Otsu's threshold.

    Args:
        values: `(x, y, z)`.
        spacing: Voxel size in mm.
    """
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(np.ascontiguousarray(values.T, np.float32))
    image.SetSpacing(spacing)
    shrink = [max(1, min(round(BIAS_VOXEL_MM / step), n // 4)) for step, n in zip(spacing, values.shape, strict=True)]
    coarse = sitk.Shrink(image, shrink)
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.SetMaximumNumberOfIterations(BIAS_ITERATIONS)
    corrector.Execute(coarse, sitk.OtsuThreshold(coarse, 0, 1, 200))
    field = sitk.GetArrayFromImage(corrector.GetLogBiasFieldAsImage(image)).T
    return np.ascontiguousarray(values.astype(np.float32) / np.exp(field), np.float32)
