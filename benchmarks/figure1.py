"""Draw the paper's Fig. 1: one label map as its three synthetic data sets have it, each through the helical scanner.

Run as `python benchmarks/figure1.py DATA experiments/table1/figure1.png`; `DATA` holds `totalsegmentator/s0328` and
`videos/`. Settings are those of `experiment=table1`, but for priors and body, which are built in: s0328 has no CT.
"""

import argparse
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray

from labelct.cohort.open import open_cohort
from labelct.commands.compose import configuration
from labelct.config import Config
from labelct.evaluation.figures import SOFT_TISSUE
from labelct.sampler import SCAN, SYNTHESIS, Loaded, Sampler, entropy
from labelct.scanner.scan import Acquisition, sample_scan, scan
from labelct.stages.acquisition import resolved
from labelct.synthesis.recipe import Recipe

matplotlib.use("Agg")
from matplotlib import pyplot as plt

CASE, SEED = "s0328", 0
SLICE, HALF = 214, 10  # the section, through liver, spleen and kidneys, and the slices around it that are scanned
VIEWS = 384  # a turn, a third of the scanner's: enough for 265 voxels across, in minutes on two cores
PANELS = {
    "(a) Synthetic data #1": ["data=synth1", "drop=none"],
    "(b) Synthetic data #2": ["data=synth2", "drop=none"],
    "(c) Synthetic data #3, no liver": ["data=synth3", "drop=none", "+drop.labels.liver=1"],
}


def settings(root: Path, chosen: list[str]) -> Config:
    """Return the configuration of one panel."""
    given = [f"cohort.root={root / 'totalsegmentator'}", f"texture.root={root / 'videos'}", f"cohort.cases=[{CASE}]"]
    given += ["cohort.splits_file=null", "data.priors=builtin", "data.cylinder.histogram=builtin"]
    given += [f"scanner.views={VIEWS}"]
    return configuration(["experiment=table1", *chosen, *given])


def painted(loaded: Loaded, sampler: Sampler) -> NDArray[np.float32]:
    """Return `(x, y, z)`, HU of a painted volume."""
    rng = np.random.default_rng(entropy(SEED, SYNTHESIS, CASE, 0))
    return np.asarray(sampler.recipe.draw(loaded.case, rng).volume)


def scanned(volume: NDArray[np.float32], loaded: Loaded, sampler: Sampler) -> NDArray[np.float32]:
    """Return `(x, y, z)`, HU of a painted volume behind the scanner."""
    params = sample_scan(np.random.default_rng(entropy(SEED, SCAN, CASE, 0)))
    hu: NDArray[np.float32] = scan(volume, loaded.case.spacing, sampler.acquisition, params)
    return hu


def opened(config: Config) -> tuple[Loaded, Sampler]:
    """Return the case as the recipe of a configuration takes it, and what draws and scans its volumes."""
    recipe = Recipe.of(config.data, config.fill, config.texture, config.drop, config.targets)
    sampler = Sampler(recipe, Acquisition(resolved(config), config.dose))
    cohort = open_cohort(config.cohort)
    (subject,) = (*cohort.train, *cohort.val, *cohort.test)
    return sampler.load(subject), sampler


def main(root: Path, output: Path) -> None:
    """Draw the three panels side by side, the patient's right on the left."""
    level, width = SOFT_TISSUE
    grey: dict[str, Any] = {"cmap": "gray", "vmin": level - width / 2, "vmax": level + width / 2}
    figure, axes = plt.subplots(1, len(PANELS), figsize=(9.0, 3.25), layout="constrained")
    for axis, (title, chosen) in zip(axes, PANELS.items(), strict=True):
        loaded, sampler = opened(settings(root, chosen))
        part = painted(loaded, sampler)[:, :, SLICE - HALF : SLICE + HALF]
        picture = scanned(np.ascontiguousarray(part), loaded, sampler)[:, :, HALF]
        axis.imshow(picture[::-1].T, origin="lower", interpolation="bilinear", **grey)
        axis.set_title(title, fontsize=9)
        axis.set_axis_off()
    figure.savefig(output, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("data", type=Path)
    command.add_argument("picture", type=Path)
    given = command.parse_args()
    main(given.data, given.picture)
