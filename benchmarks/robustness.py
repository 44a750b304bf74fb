"""Does a trained network cope with what real scans do: the same CT cut, turned, resliced and with things around it.

    python benchmarks/robustness.py RUN --ct ct.nii.gz --labels labels.nii.gz --value 5

writes each variant as a file, reads it back and segments it as `labelct segment` does, and prints the Dice of the first
label of the model on the variant's own grid.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import nibabel as nib
import numpy as np

from labelct.commands.segment import model_folder
from labelct.evaluation.components import keep_largest
from labelct.evaluation.metrics import dice
from labelct.io import nifti
from labelct.synthesis.resample import resample_labels, resample_volume, resampled_affine
from labelct.trainer.open import open_model
from labelct.trainer.settings import DeviceSettings
from labelct.volume import Volume

Case = tuple[np.ndarray, np.ndarray, np.ndarray]


def resliced(case: Case, slice_mm: float) -> Case:
    """Return the case with slices of another thickness."""
    hu, mask, affine = case
    own = Volume(hu, affine).spacing
    new = (own[0], own[1], slice_mm)
    labels = resample_labels(mask.astype(np.uint8), own, new) > 0
    return resample_volume(hu, own, new), labels, resampled_affine(affine, new)


def with_couch(case: Case) -> Case:
    """Return the case with a couch of foam in a dense shell close to the back, and arms of 40 HU at both sides."""
    hu, mask, affine = case
    room = 30
    hu = np.pad(hu, ((room, room), (room, 0), (0, 0)), constant_values=-1000)
    mask = np.pad(mask, ((room, room), (room, 0), (0, 0)))
    body = np.flatnonzero((hu > -300).any(axis=(0, 2)))
    top = body[0] - 1
    hu[:, max(0, top - 12) : top, :] = -900
    hu[:, [max(0, top - 12), top - 1], :] = 100
    x, y = np.ogrid[: hu.shape[0], : hu.shape[1]]
    for centre in (room // 2, hu.shape[0] - room // 2):
        hu[(x - centre) ** 2 + (y - hu.shape[1] // 2) ** 2 < 12**2] = 40
    return hu, mask, affine


def variants(case: Case) -> Iterator[tuple[str, Case, Callable[[nib.Nifti1Image], nib.Nifti1Image]]]:
    """Yield name, case and the orientation that its file is written in."""
    hu, mask, affine = case
    depth = hu.shape[2]
    levels = np.flatnonzero(mask.any(axis=(0, 1)))
    middle = int(levels[len(levels) // 2])
    rng = np.random.default_rng(0)

    def turned(codes: str) -> Callable[[nib.Nifti1Image], nib.Nifti1Image]:
        target = nib.orientations.axcodes2ornt(tuple(codes))
        return lambda image: image.as_reoriented(
            nib.orientations.ornt_transform(nib.io_orientation(image.affine), target)
        )

    def same(image: nib.Nifti1Image) -> nib.Nifti1Image:
        return image

    yield "as it is", case, same
    for thickness in (1.0, 2.0, 5.0):
        yield f"slices of {thickness:g} mm", resliced(case, thickness), same
    for codes in ("LPS", "PSR", "ILA"):
        yield f"stored as {codes}", case, turned(codes)
    yield "cut above the middle of the organ", (hu[:, :, :middle], mask[:, :, :middle], affine), same
    yield "cut below the middle of the organ", (hu[:, :, middle:], mask[:, :, middle:], affine), same
    step = max(4, round(40.0 / Volume(hu, affine).spacing[2]))
    slab = slice(max(0, middle - step // 2), min(depth, middle + step // 2))
    yield "a slab of 40 mm", (hu[:, :, slab], mask[:, :, slab], affine), same
    yield "couch and arms", with_couch(case), same
    yield "30 HU more noise", (hu + rng.normal(0, 30, hu.shape).astype(np.float32), mask, affine), same
    yield "organ 40 HU brighter (contrast)", (hu + 40 * mask, mask, affine), same


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("--ct", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--value", type=int, default=1, help="label value of the model's first target")
    arguments = parser.parse_args()
    predictor = open_model(model_folder(arguments.run), DeviceSettings())
    first = next(iter(predictor.labels.values()))
    ct = nifti.read_volume(arguments.ct)
    truth = nifti.read_array(arguments.labels)[0] == arguments.value
    case = ct.array.astype(np.float32), truth, ct.affine
    print("| variant | voxels | Dice |\n|---|---|---|")
    with TemporaryDirectory() as folder:
        for name, (hu, mask, affine), turn in variants(case):
            path = Path(folder) / "ct.nii.gz"
            nib.save(turn(nib.Nifti1Image(np.rint(hu).astype(np.int16), affine)), path)
            found = keep_largest(predictor.predict(nifti.read_volume(path)), {first: 1}) == first
            print(f"| {name} | {' x '.join(map(str, hu.shape))} | {dice(found, mask):.3f} |", flush=True)


if __name__ == "__main__":
    main()
