"""Does a trained network cope with what real scans do: the same CT cut, turned, resliced and with things around it.

    python benchmarks/robustness.py RUN --ct ct.nii.gz --labels labels.nii.gz --value 5

writes each variant as a file, reads it back and segments it as `labelct segment` does, and prints the Dice of the first
label of the model on the variant's own grid. Given several CT, and as many labels, it prints mean, least and each.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import nibabel as nib
import numpy as np
from scipy import ndimage

from labelct.evaluation.components import Parts, keep_largest
from labelct.evaluation.metrics import dice
from labelct.io import nifti
from labelct.models import find_model
from labelct.synthesis.blur import FWHM
from labelct.synthesis.deformation import AIR_HU
from labelct.synthesis.resample import resample_labels, resample_volume, resampled_affine
from labelct.trainer.face import Predictor
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model
from labelct.volume import Volume

Case = tuple[np.ndarray, np.ndarray, np.ndarray]


def resliced(case: Case, slice_mm: float) -> Case:
    """Return the case with slices of another thickness."""
    hu, mask, affine = case
    own = Volume(hu, affine).spacing
    new = (own[0], own[1], slice_mm)
    labels = resample_labels(mask.astype(np.uint8), own, new) > 0
    return resample_volume(hu, own, new), labels, resampled_affine(affine, new)


def between(case: Case, first: int | None, last: int | None) -> Case:
    """Return some slices of the case, counted from the middle one of the organ."""
    hu, mask, affine = case
    levels = np.flatnonzero(mask.any(axis=(0, 1)))
    middle = int(levels[len(levels) // 2])
    low, high = (None if edge is None else max(0, middle + edge) for edge in (first, last))
    return hu[:, :, low:high], mask[:, :, low:high], affine


def slab(case: Case, length_mm: float) -> Case:
    """Return a slab about the middle of the organ."""
    half = max(2, round(length_mm / 2 / Volume(*case[::2]).spacing[2]))
    return between(case, -half, half)


def with_couch(case: Case) -> Case:
    """Return the case with a couch of foam in a dense shell close to the back, and arms of 40 HU at both sides."""
    hu, mask, affine = case
    room = 30
    hu = np.pad(hu, ((room, room), (room, 0), (0, 0)), constant_values=AIR_HU)
    mask = np.pad(mask, ((room, room), (room, 0), (0, 0)))
    body = np.flatnonzero((hu > -300).any(axis=(0, 2)))
    top = body[0] - 1
    hu[:, max(0, top - 12) : top, :] = -900
    hu[:, [max(0, top - 12), top - 1], :] = 100
    x, y = np.ogrid[: hu.shape[0], : hu.shape[1]]
    for centre in (room // 2, hu.shape[0] - room // 2):
        hu[(x - centre) ** 2 + (y - hu.shape[1] // 2) ** 2 < 12**2] = 40
    return hu, mask, affine


def narrowed(case: Case, width_mm: float) -> Case:
    """Return the case without the outermost part of the body at both sides."""
    hu, mask, affine = case
    body = np.flatnonzero((hu > -300).any(axis=(1, 2)))
    width = round(width_mm / Volume(hu, affine).spacing[0])
    inside = slice(body[0] + width, body[-1] + 1 - width)
    return hu[inside], mask[inside], affine


def turned(case: Case, degrees: float) -> Case:
    """Return a patient who lies turned about the long axis."""
    hu, mask, affine = case
    labels = ndimage.rotate(mask.astype(np.uint8), degrees, reshape=False, order=0) > 0
    return ndimage.rotate(hu, degrees, reshape=False, order=1, cval=AIR_HU), labels, affine


def sized(case: Case, factor: float) -> Case:
    """Return a patient of another size."""
    hu, mask, affine = case
    return hu, mask, affine @ np.diag([factor, factor, factor, 1.0])


def brighter(case: Case, offset: float) -> Case:
    """Return the case with another density of the organ."""
    hu, mask, affine = case
    return hu + offset * mask, mask, affine


def blurred(case: Case, width_mm: float) -> Case:
    """Return the case with the sharpness of another kernel; the width is that at half maximum."""
    hu, mask, affine = case
    return ndimage.gaussian_filter(hu, [width_mm / FWHM / size for size in Volume(hu, affine).spacing]), mask, affine


def noisier(case: Case, sd: float) -> Case:
    """Return the case with more noise."""
    hu, mask, affine = case
    return hu + np.random.default_rng(0).normal(0, sd, hu.shape).astype(np.float32), mask, affine


VARIANTS: dict[str, tuple[Callable[[Case], Case], str]] = {
    "as it is": (lambda case: case, "RAS"),
    **{f"slices of {size:g} mm": (partial(resliced, slice_mm=size), "RAS") for size in (1.0, 2.0, 5.0)},
    **{f"stored as {codes}": (lambda case: case, codes) for codes in ("LPS", "PSR", "ILA")},
    "cut above the middle of the organ": (partial(between, first=None, last=0), "RAS"),
    "cut below the middle of the organ": (partial(between, first=0, last=None), "RAS"),
    "a slab of 40 mm": (partial(slab, length_mm=40.0), "RAS"),
    "40 mm narrower at both sides": (partial(narrowed, width_mm=40.0), "RAS"),
    "turned by 20 degrees": (partial(turned, degrees=20.0), "RAS"),
    "0.7 of the size": (partial(sized, factor=0.7), "RAS"),
    "1.25 of the size": (partial(sized, factor=1.25), "RAS"),
    "couch and arms": (with_couch, "RAS"),
    "30 HU more noise": (partial(noisier, sd=30.0), "RAS"),
    "blurred by 6 mm": (partial(blurred, width_mm=6.0), "RAS"),
    **{f"organ {step:+d} HU": (partial(brighter, offset=step), "RAS") for step in (-60, -30, 40, 80)},
}


def stored(case: Case, codes: str, path: Path) -> None:
    """Write the CT of a case in an orientation."""
    hu, _, affine = case
    image = nib.Nifti1Image(np.rint(hu).astype(np.int16), affine)
    target = nib.orientations.axcodes2ornt(tuple(codes))
    nib.save(image.as_reoriented(nib.orientations.ornt_transform(nib.io_orientation(affine), target)), path)


def score(predictor: Predictor, case: Case, codes: str, path: Path) -> float:
    """Return the Dice of the first label of a model on a case that is stored in `path`."""
    first = next(iter(predictor.labels.values()))
    stored(case, codes, path)
    volume = nifti.read_volume(path)
    return dice(keep_largest(predictor.predict(volume), {first: Parts(1)}, volume.spacing) == first, case[1])


def read(ct: Path, labels: Path, value: int) -> Case:
    """Return a CT with the voxels of one label."""
    volume = nifti.read_volume(ct)
    return volume.array.astype(np.float32), nifti.read_array(labels)[0] == value, volume.affine


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("--ct", type=Path, nargs="+", required=True)
    parser.add_argument("--labels", type=Path, nargs="+", required=True)
    parser.add_argument("--value", type=int, default=1, help="label value of the model's first target")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="NAME")
    arguments = parser.parse_args()
    predictor = open_model(find_model(str(arguments.run)), DeviceSettings())
    cases = [read(*paths, arguments.value) for paths in zip(arguments.ct, arguments.labels, strict=True)]
    print("| variant | mean | least | Dice |\n|---|---|---|---|")
    with TemporaryDirectory() as folder:
        for name in arguments.variants:
            change, codes = VARIANTS[name]
            found = [score(predictor, change(case), codes, Path(folder) / "ct.nii.gz") for case in cases]
            each = " ".join(f"{value:.3f}" for value in found)
            print(f"| {name} | {np.mean(found):.3f} | {min(found):.3f} | {each} |", flush=True)


if __name__ == "__main__":
    main()
