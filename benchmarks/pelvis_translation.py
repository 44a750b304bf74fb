"""Is a translated MR like the CT of its own anatomy? SSIM on the embedded pelvis, where that CT is known.

    python benchmarks/pelvis_translation.py OUTPUTS [--translation KEY] [--out pelvis.png]

OUTPUTS is the `paths.outputs` of jobs with `data=cyclegan cohort=pelvis_mr`. Scored are the test subjects, which no
translation learnt from: `ct/` beside their `mr/` is the CT that no training saw, on the MR's own grid. Beside the
translated MR stand two that need no network: the MR as the networks see it, its percentiles at the ends of the CT's
window, and the straight line from MR intensities to HU that fits the true CT of each subject best, which nobody has.
SSIM has the window and constants of the cycle loss (Gaussian, sigma 1.5 pixels), axial, over the HU of the translation.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from labelct.io import nifti
from labelct.texts import read_json
from labelct.translation.intensity import hu_of
from labelct.translation.slices import mr_values
from labelct.translation.training import GENERATORS
from labelct.translation.translator import Translator

Image = NDArray[np.float32]
PANELS = ("MR", "SynCT", "true CT")
LEVEL, WIDTH = 40.0, 400.0  # the soft-tissue window of the picture, HU


def similarity(image: Image, truth: Image, body: NDArray[np.bool_], span: float) -> tuple[float, float, float]:
    """Return SSIM over all pixels, SSIM over the body, and the mean absolute error in the body, HU."""
    how = {"data_range": span, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "full": True}
    maps = [structural_similarity(image[..., z], truth[..., z], **how)[1] for z in range(image.shape[2])]
    whole = np.stack(maps, -1)
    return float(whole.mean()), float(whole[body].mean()), float(np.abs(image - truth)[body].mean())


def compared(translator: Translator, cohort: Path, case: str) -> dict[str, Image]:
    """Return what there is of a subject, HU within the window of the translation."""
    path = cohort / "mr" / f"{case}.nii.gz"
    mr, (low, high) = nifti.read_volume(path), translator.settings.window
    truth = nifti.read_volume(cohort / "ct" / f"{case}.nii.gz").array.astype(np.float32).clip(low, high)
    plain = hu_of(mr_values(mr, path, translator.settings), translator.settings.window)
    slope, offset = np.polyfit(plain.ravel(), truth.ravel(), 1)
    line = (plain * np.float32(slope) + np.float32(offset)).clip(low, high)
    return {"MR": plain, "MR, best line": line, "SynCT": translator(mr, path).array, "true CT": truth}


def stage(outputs: Path, key: str | None) -> Path:
    """Return the folder of a translation, the newest finished one where no key is given."""
    done = [path.parent for path in (outputs / "stages" / "translation").glob(f"{key or '*'}/{GENERATORS}")]
    if not done:
        raise SystemExit(f"{outputs}: holds no finished translation {key or ''}; run a job with data=cyclegan first")
    return max(done, key=lambda folder: folder.stat().st_mtime)


def cohort_of(outputs: Path) -> tuple[Path, list[str]]:
    """Return the folder of the MR pelves, and its test subjects."""
    for folder in sorted((outputs / "stages" / "cohort").glob("*")):
        known = all((folder / name).exists() for name in ("mr", "ct", "splits.json"))
        if known and (cases := read_json(folder / "splits.json", "make the cohort again").get("test")):
            return folder, sorted(cases)
    raise SystemExit(f"{outputs}: holds no cohort=pelvis_mr with test subjects and true_ct")


def draw(shown: dict[str, dict[str, Image]], path: Path) -> None:
    """Draw the middle slice of each subject, a row each: MR, SynCT, true CT; the patient's right on the left."""
    figure = Figure(figsize=(3 * len(PANELS), 3 * len(shown)), layout="constrained")
    axes = figure.subplots(len(shown), len(PANELS), squeeze=False)
    for row, (case, images) in zip(axes, shown.items(), strict=True):
        for axis, name in zip(row, PANELS, strict=True):
            image = images[name][..., images[name].shape[2] // 2]
            grey = {} if name == "MR" else {"vmin": LEVEL - WIDTH / 2, "vmax": LEVEL + WIDTH / 2}
            axis.imshow(image[::-1].T, origin="lower", cmap="gray", **grey)
            axis.set_title(f"{name}, {case}", fontsize=9)
            axis.set_axis_off()
    figure.savefig(path, dpi=100, metadata={"Software": None})


def main() -> None:
    """Print the table and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outputs", type=Path)
    parser.add_argument("--translation", metavar="KEY")
    parser.add_argument("--out", type=Path, default=Path("pelvis.png"))
    given = parser.parse_args()
    folder = stage(given.outputs, given.translation)
    translator, (cohort, cases) = Translator.load(folder), cohort_of(given.outputs)
    low, high = translator.settings.window
    found: dict[str, list[tuple[float, float, float]]] = {}
    shown = {}
    for case in cases:
        images = shown[case] = compared(translator, cohort, case)
        body = np.asarray(nifti.read_label_map(cohort / "labels" / f"{case}.nii.gz").array) > 0
        for name in ("MR", "MR, best line", "SynCT"):
            found.setdefault(name, []).append(similarity(images[name], images["true CT"], body, high - low))
    print(f"translation {folder.name}, {len(cases)} test subjects, HU {low:g} to {high:g}; mean and lowest to highest")
    print(f"{'':14} {'SSIM':>22} {'SSIM in the body':>22} {'error, HU':>10}")
    for name, rows in found.items():
        table = np.array(rows)
        spans = [f"{v.mean():.3f} ({v.min():.3f} to {v.max():.3f})" for v in table[:, :2].T]
        print(f"{name:14} {spans[0]:>22} {spans[1]:>22} {table[:, 2].mean():10.1f}")
    draw(shown, given.out)


if __name__ == "__main__":
    main()
