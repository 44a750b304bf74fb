"""One pelvis on one grid, in the looks that its cohort asks for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.phantom.appearance import sample_appearance
from labelct.phantom.clinical_ct import clinical_ct
from labelct.phantom.pelvis.anatomy import PAINTED, label_map, painted, sample_pelvis
from labelct.phantom.pelvis.mr import render_mr, sample_mr
from labelct.phantom.settings import PelvisSettings, PhantomSettings


def pelvis(settings: PelvisSettings, rng: np.random.Generator) -> tuple[dict[str, NDArray[Any]], tuple[float, ...]]:
    """Draw a subject and show it.

    The MR look and the CT look have sources of randomness of their own: whether the one is rendered makes no difference
    to the other.

    Args:
        settings: Modality, grid and looks.
        rng: Source of randomness.

    Returns:
        `(x, y, z)` arrays: `labels` uint8, and `mr` and `ct` as the settings ask; and the voxel size, mm.
    """
    subject = sample_pelvis(settings.warp_mm, rng)
    as_mr, as_ct = rng.spawn(2)
    spacing = (settings.spacing, settings.spacing, settings.slice_mm)
    values, names = painted(subject, spacing, (settings.voxels, settings.voxels, settings.slices))
    arrays: dict[str, NDArray[Any]] = {"labels": label_map(values)[0]}
    if settings.modality == "mr":
        arrays["mr"] = render_mr(values, names, spacing, sample_mr(PAINTED, settings.bias, as_mr))
    if settings.modality == "ct" or settings.true_ct:
        look = PhantomSettings(native=settings.native, noise_hu=settings.noise_hu, lesions=0.0)
        arrays["ct"] = clinical_ct(values, names, spacing, sample_appearance(look, PAINTED, as_ct))
    return arrays, spacing


def kinds(settings: PelvisSettings) -> tuple[str, ...]:
    """Return what `pelvis` makes of a case."""
    return ("labels", "ct") if settings.modality == "ct" else ("labels", "mr", *(["ct"] if settings.true_ct else []))
