"""Label maps completed by atlases, painted as an experiment paints them: to be looked at before hours are spent.

Usage: python benchmarks/atlas_gallery.py OUTPUT.png [--cases 3] OVERRIDE...
For example: experiment=organs_from_masks_atlas cohort.root=MAPS data.atlas.roots=[WHOLE] test.totalsegmentator.root=CT
A row is a volume: three axial sections and a coronal one, window -160 to 240 HU, the patient's right on the left.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from labelct.commands import compose
from labelct.sampler import Sampler
from labelct.scanner.scan import Acquisition
from labelct.stages import atlases, cohorts
from labelct.synthesis.recipe import Recipe, Synthetic

WINDOW, SECTIONS = (-160, 240), (0.25, 0.5, 0.75)


def drawn(sampler: Sampler, subject, seed: int) -> Synthetic:
    """Return a volume of a subject, before the scanner."""
    return sampler.recipe.draw(sampler.load(subject).case, np.random.default_rng(seed))


def shown(axes, name: str, made: Synthetic) -> None:
    """Draw the sections of a volume, with the outlines of its targets."""
    levels, target = np.flatnonzero(made.target.any(axis=(0, 1))), made.target
    cuts = [np.s_[:, :, int(levels[0] + share * (levels[-1] - levels[0]))] for share in SECTIONS]
    cuts.append(np.s_[:, int(np.median(np.nonzero(target)[1])), :])
    for ax, cut in zip(axes, cuts, strict=True):
        ax.imshow(made.volume[cut].T[::-1, ::-1], cmap="gray", vmin=WINDOW[0], vmax=WINDOW[1])
        ax.contour(target[cut].T[::-1, ::-1] > 0, [0.5], colors="tab:orange", linewidths=0.5)
        ax.axis("off")
    with_what = made.params["atlas"] or {"kind": "geometric", "atlas": ""}
    phase = made.params["intensity"]
    title = f"{name}, {with_what['kind']} {with_what['atlas']}, time {phase['time']:.1f} x {phase['enhancement']:.1f}"
    axes[0].set_title(title, fontsize=8, loc="left")


def main() -> None:
    """Make the picture of the command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("output", type=Path)
    command.add_argument("--cases", type=int, default=3, help="how many training cases are shown (default 3)")
    given, overrides = command.parse_known_args()
    config = compose.configuration([*overrides, f"limit.train={given.cases}", "limit.val=1"])
    root = Path(config.paths.outputs) / "stages"
    cohort, _ = atlases.applied(config, cohorts.prepare_training(config, root), root)
    data = dataclasses.replace(config.data, priors="builtin")
    recipe = Recipe.of(data, config.fill, config.texture, config.drop, config.targets)
    sampler = Sampler(recipe, Acquisition(config.scanner, config.dose))
    rows = [(subject.case, drawn(sampler, subject, seed)) for seed, subject in enumerate(cohort.train)]
    figure, axes = plt.subplots(len(rows), 4, figsize=(16, 4 * len(rows)), squeeze=False)
    for row, (name, made) in zip(axes, rows, strict=True):
        shown(row, name, made)
    figure.tight_layout()
    figure.savefig(given.output, dpi=60)


if __name__ == "__main__":
    main()
