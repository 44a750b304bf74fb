"""Draw the README's picture of the method: a label map, painted, scanned, and what a network finds on a real CT.

Run as `python benchmarks/method.py DATA docs/method.png`; `DATA` holds `totalsegmentator/s0328`, `videos/` and the CT
`totalsegmentator/s9001`. Settings are those of `benchmarks/figure1.py` with `data=synth3` and `dose=half`; the network,
`liver_ct_coarse`, comes along and has seen label maps alone.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from figure1 import SLICE, opened, painted, scanned, settings
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

import labelct
from labelct.evaluation import palette
from labelct.evaluation.figures import AXIAL, PREDICTION, TRUTH, Plane, Scan, centre, contour, save, show
from labelct.io import nifti
from labelct.synthesis.case import Case

CHOSEN = ["data=synth3", "drop=none", "dose=half"]
PAINTED, SCANNED = 40, 6  # slices to each side of the section that are painted, and of these scanned
EXTENT_MM = 400.0  # width and height of a panel
TITLES = ("1  label map", "2  painted by rule", "3  behind a simulated CT scanner", "4  liver found on a real CT")


def coloured(axes: Axes, case: Case) -> None:
    """Draw the section of a label map, a colour a label, the liver in that of the truth."""
    labels, spacing = np.asarray(case.label_map)[:, :, PAINTED], case.spacing
    values = np.unique(labels[labels > 0])
    liver = next(value for value, name in case.names.items() if name == "liver")
    shades = ["black", *(palette.colour(number) for number in range(1, len(values) + 1))]
    shades[1 + int(np.searchsorted(values, liver))] = TRUTH
    width, height = labels.shape[0] * spacing[0], labels.shape[1] * spacing[1]
    axes.imshow(
        np.searchsorted(np.array([0, *values]), labels).T,
        cmap=ListedColormap(shades),
        vmin=-0.5,
        vmax=len(values) + 0.5,
        interpolation="nearest",
        origin="lower",
        extent=(0, width, 0, height),
    )
    axes.set_xlim((width + EXTENT_MM) / 2, (width - EXTENT_MM) / 2)
    axes.set_ylim((height - EXTENT_MM) / 2, (height + EXTENT_MM) / 2)
    axes.set(facecolor="black", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def grey(axes: Axes, hu: NDArray[np.float32], spacing: tuple[float, float, float], index: int) -> Plane:
    """Draw an axial section of a volume and return it."""
    plane = Plane(AXIAL, index, spacing)
    show(axes, Scan(hu, spacing), plane, (EXTENT_MM, EXTENT_MM))
    return plane


def real(axes: Axes, folder: Path) -> float:
    """Draw a real CT with the liver's outline, true and found; return the Dice of the whole case."""
    ct = nifti.read_volume(folder / "ct.nii.gz")
    truth = nifti.read_volume(folder / "segmentations" / "liver.nii.gz").array > 0
    found = labelct.load_model().segment(ct.array, ct.affine)
    plane = grey(axes, ct.array, ct.spacing, centre(truth, [1])[2])
    contour(axes, truth, plane, TRUTH, "solid")
    contour(axes, found > 0, plane, PREDICTION, "solid")
    return float(labelct.score(found, truth, ct.spacing, {1: "liver"})["dice"].iloc[0])


def main(root: Path, output: Path) -> None:
    """Draw the four panels side by side, the patient's right on the left."""
    loaded, sampler = opened(settings(root, CHOSEN))
    near = np.ascontiguousarray(loaded.case.label_map[:, :, SLICE - PAINTED : SLICE + PAINTED])
    loaded = replace(loaded, case=replace(loaded.case, label_map=near))
    spacing = loaded.case.spacing
    volume = painted(loaded, sampler)
    part = np.ascontiguousarray(volume[:, :, PAINTED - SCANNED : PAINTED + SCANNED])
    figure = Figure(figsize=(12.0, 3.25), layout="compressed")
    axes = figure.subplots(1, len(TITLES))
    coloured(axes[0], loaded.case)
    grey(axes[1], volume, spacing, PAINTED)
    grey(axes[2], scanned(part, loaded, sampler), spacing, SCANNED)
    dice = real(axes[3], root / "totalsegmentator" / "s9001")
    for one, title in zip(axes, TITLES, strict=True):
        one.set_title(title, fontsize=10)
    axes[3].set_xlabel(f"truth green, prediction red, Dice {dice:.2f}", fontsize=8)
    save(figure, output)


if __name__ == "__main__":
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("data", type=Path)
    command.add_argument("picture", type=Path)
    given = command.parse_args()
    main(given.data, given.picture)
