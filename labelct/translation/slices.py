"""The axial slices of a cohort as the networks see them, in one array."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from labelct.cohort.base import Subject
from labelct.errors import InputError
from labelct.mr import Settings as MrSettings
from labelct.mr import standardised
from labelct.parallel import ParallelSettings, map_cases
from labelct.translation import intensity
from labelct.translation.canvas import SliceCanvas, central, padded
from labelct.translation.settings import TranslationSettings
from labelct.volume import Volume

Images = NDArray[np.float32]
STORED = np.float16  # 11 bits of mantissa: half an HU in the soft-tissue window
SCALE = -1.0, 1.0
LEAVE_OUT = "leave the case out with cases="


def mr_values(mr: Volume, source: Path, settings: TranslationSettings) -> Images:
    """Return MR intensities within [-1, 1].

    Args:
        mr: `(x, y, z)`, any unit.
        source: The file, for complaints.
        settings: Percentiles, and whether the bias field goes first.

    Raises:
        InputError: The volume has one slice, values that are no numbers, or shows nothing.
    """
    _check(mr, source)
    low, high = settings.percentiles
    values = standardised(mr.array, mr.spacing, MrSettings([low, high], settings.n4), SCALE)
    if values.min() == values.max():
        problem = f"shows nothing: its MR intensities are the same at the percentiles {low:g} and {high:g}"
        raise InputError(source, problem, LEAVE_OUT)
    return values


def ct_values(ct: Volume, source: Path, settings: TranslationSettings) -> Images:
    """Return the HU of a CT within [-1, 1].

    Args:
        ct: `(x, y, z)` HU.
        source: The file, for complaints.
        settings: The window.

    Raises:
        InputError: The volume has one slice, values that are no numbers, or shows nothing within the window.
    """
    _check(ct, source)
    values = intensity.scaled(ct.array, settings.window)
    if values.min() == values.max():
        problem = f"shows nothing: its HU are all the same within {list(settings.window)}"
        raise InputError(source, problem, LEAVE_OUT)
    return values


def slices_of(
    modality: str, subjects: Sequence[Subject], settings: TranslationSettings, parallel: ParallelSettings
) -> Images:
    """Return the slices of subjects, of CT their middle; those that show nothing are left out.

    Args:
        modality: `mr` or `ct`.
        subjects: Each has such an image.
        settings: What is made of them.
        parallel: Workers.

    Returns:
        `(slice, x, y)` float16 within [-1, 1].

    Raises:
        InputError: A volume cannot be used.
    """
    found = map_cases(partial(_prepared, modality, settings), subjects, parallel, f"{modality.upper()} slices")
    shape = max(one.shape[1] for one in found), max(one.shape[2] for one in found)
    return np.concatenate([padded(torch.from_numpy(one)[:, None], shape)[:, 0].numpy() for one in found])


def _prepared(modality: str, settings: TranslationSettings, subject: Subject) -> Images:
    """Return the slices of one volume on its canvas, `(slice, x, y)` float16."""
    load, values_of, share = {
        "mr": (subject.load_mr, mr_values, 1.0),
        "ct": (subject.load_ct, ct_values, settings.ct_crop),
    }[modality]
    assert load is not None
    volume, source = load(), subject.files[0]
    kept = central(torch.from_numpy(values_of(volume, source, settings)).permute(2, 0, 1), share)
    kept = kept[_picked(len(kept), settings.slices)]
    kept = kept[kept.amax((1, 2)) > kept.amin((1, 2))]
    if not len(kept):
        raise InputError(source, "shows nothing in the middle of any slice", f"set ct_crop larger, or {LEAVE_OUT}")
    canvas = SliceCanvas.of((kept.shape[1], kept.shape[2]), volume.spacing[:2], settings)
    placed: Images = canvas.put(kept)[:, 0].numpy().astype(STORED)
    return placed


def _picked(count: int, most: int | None) -> list[int]:
    """Return the numbers of `most` slices out of `count`, evenly spaced."""
    if most is None or most >= count:
        return list(range(count))
    return [int((number + 0.5) * count / most) for number in range(most)]


def _check(volume: Volume, source: Path) -> None:
    if volume.array.shape[2] < 2:
        raise InputError(source, "has one axial slice, a volume has two at least", LEAVE_OUT)
    if not np.isfinite(volume.array).all():
        raise InputError(source, "holds values that are no finite numbers", f"mend the file, or {LEAVE_OUT}")
