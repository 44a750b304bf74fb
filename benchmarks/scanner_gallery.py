"""The pictures of docs/scanner.md: a real CT scanned again at three doses, and what the modes and presets do.

Usage: python benchmarks/scanner_gallery.py CT.nii.gz OUTPUT.png      (about five minutes on two cores)
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from labelct.commands.compose import configuration
from labelct.io.nifti import read_volume
from labelct.scanner.scan import Acquisition, project, scan

WINDOW = (-160, 240)
DOSES = ("full", "quarter", "ultralow")
AXIAL, CORONAL = 70, 50


def panels(volume: NDArray[np.float32], spacing: tuple[float, float, float]) -> dict[str, NDArray[np.float32]]:
    """Return the CT as it is and scanned again, by title."""
    made = {"the CT as it is": volume}
    for name in ("sensation64", "compact"):
        scanner = configuration([f"scanner={name}"]).scanner
        clean = project(volume, spacing, Acquisition(scanner))
        for dose in DOSES if name == "sensation64" else ("full", "low"):
            acquisition = Acquisition(scanner, configuration([f"dose={dose}"]).dose)
            made[f"{name}, {dose}"] = scan(volume, spacing, acquisition, {"seed": 3}, clean)
    for title, name, values in (
        ("sensation64 noise_only, quarter", "sensation64", ["scanner.mode=noise_only"]),
        ("image, quarter", "image", ()),
    ):
        config = configuration([f"scanner={name}", "dose=quarter", *values])
        acquisition = Acquisition(config.scanner, config.dose)
        made[title] = scan(volume, spacing, acquisition, {"seed": 3})
    return made


def draw(made: dict[str, NDArray[np.float32]], spacing: tuple[float, float, float], path: Path) -> None:
    """Write the gallery: an axial and a coronal slice of each panel."""
    figure, axes = plt.subplots(4, 4, figsize=(14, 13), layout="constrained")
    for number, (title, volume) in enumerate(made.items()):
        row, column = 2 * (number // 4), number % 4
        for place, image, aspect in (
            (row, volume[:, :, AXIAL], spacing[1] / spacing[0]),
            (row + 1, volume[:, CORONAL, :], spacing[2] / spacing[0]),
        ):
            axis = axes[place, column]
            axis.imshow(image[::-1].T, cmap="gray", vmin=WINDOW[0], vmax=WINDOW[1], origin="lower", aspect=aspect)
            axis.set_axis_off()
        axes[row, column].set_title(title, fontsize=10)
    figure.savefig(path, dpi=70)


def main(ct: Path, output: Path) -> None:
    """Scan the CT and draw."""
    volume = read_volume(ct)
    hu = np.ascontiguousarray(volume.array, dtype=np.float32)
    draw(panels(hu, volume.spacing), volume.spacing, output)


if __name__ == "__main__":
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("ct", type=Path)
    command.add_argument("picture", type=Path)
    given = command.parse_args()
    main(given.ct, given.picture)
