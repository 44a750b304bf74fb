"""Paint held-out synthetic CT of whole anatomies, to choose settings without looking at a real one.

The label maps are TotalSegmentator's, with 117 classes: lungs, heart, bones, muscles and bowel are where they are in a
patient, which maps of a few organs know nothing of. Textures are video clips, where the training has photographs; the
contrast phase and the densities vary more widely than in training; every fourth volume is cut through the liver.

    python benchmarks/held_out.py --maps totalsegmentator --cases s0327 s0328 --videos videos --out held_out

writes `ct/*.nii.gz`, `labels/*.nii.gz` and `names.json`, a cohort of kind `folder`. `--wide` paints any contrast
phase, gas, drinks and food over their whole range, uneven perfusion, and vessels in the liver.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from labelct.cohort.grid import regrid
from labelct.cohort.open import open_cohort
from labelct.cohort.settings import TotalSegmentatorSettings
from labelct.io import nifti
from labelct.scanner.scan import Acquisition, sample_scan, scan
from labelct.scanner.settings import DoseSettings, ScannerSettings
from labelct.synthesis import blur, contents, distractors, drop, gas, intensity, perfusion, texture, vessels
from labelct.synthesis.case import Case
from labelct.synthesis.recipe import Recipe
from labelct.synthesis.settings import DataSettings
from labelct.targets import Targets
from labelct.volume import LabelMap

STREAM = 99
CUT = 0.55


def settings(wide: bool) -> DataSettings:
    """Return the recipe's settings, with every phase and content where it is wide."""
    data = DataSettings(phase="mixed", enhancement=0.5, enhancement_sd=0.5, background_texture=True)
    data.blur, data.distractors = (
        blur.Settings(psf_mm=2.0),
        distractors.Settings(couch_probability=0.5, arms_probability=0.25),
    )
    if wide:
        data.phase, data.gas = "any", gas.Settings(kind="wide")
        data.contents = contents.Settings(water=0.2, contrast=0.2, food=0.3)
        data.perfusion = perfusion.Settings(strength=1.0)
        data.vessels = vessels.Settings(host="liver", probability=0.8)
    return data


def paint(label_map: LabelMap, arguments: argparse.Namespace, entropy: list[int]) -> np.ndarray:
    """Return one scan `(x, y, z)` HU of a label map."""
    clips = texture.Settings(kind="video", root=arguments.videos, size=192, frames=96, clips=24)
    fill, liver = intensity.Settings(spread=1.3), Targets.of(["liver"])
    recipe = Recipe.of(settings(arguments.wide), fill, clips, drop.Settings(0.0), liver)
    rng = np.random.default_rng(entropy)
    painted = recipe.draw(Case(label_map.array, label_map.spacing, label_map.names), rng)
    scanner = ScannerSettings(
        kind="helical",
        source_isocentre=570.0,
        source_detector=1040.0,
        channels=512,
        channel_pitch=0.00175,
        rows=16,
        row_width=3.0,
        views=512,
        outside="air",
    )
    dose = DoseSettings(mas=float(rng.uniform(40.0, 160.0)))
    return scan(painted.volume, label_map.spacing, Acquisition(scanner, dose), sample_scan(rng))


def main() -> None:
    """Write the volumes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--maps", required=True, help="folder in TotalSegmentator's layout")
    parser.add_argument("--cases", nargs="+", required=True)
    parser.add_argument("--videos", required=True, help="folder of video files")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--replicates", type=int, default=4)
    parser.add_argument("--spacing", type=float, default=3.0, help="mm")
    parser.add_argument("--wide", action="store_true", help="any phase, contents and vessels")
    arguments = parser.parse_args()
    cohort = open_cohort(TotalSegmentatorSettings(root=arguments.maps, cases=arguments.cases))
    for name in ("ct", "labels"):
        (arguments.out / name).mkdir(parents=True, exist_ok=True)
    names: dict[int, str] = {}
    for number, subject in enumerate((*cohort.train, *cohort.val, *cohort.test)):
        label_map, _ = regrid(subject.load_label_map(), None, arguments.spacing)
        names |= label_map.names
        liver = next(value for value, name in label_map.names.items() if name == "liver")
        levels = np.flatnonzero((label_map.array == liver).any(axis=(0, 1)))
        for replicate in range(arguments.replicates):
            hu, labels = paint(label_map, arguments, [STREAM, number, replicate]), label_map.array
            if replicate % 4 == 3:
                top = int(levels[0] + CUT * len(levels))
                hu, labels = hu[:, :, :top], labels[:, :, :top]
            stem = f"{subject.case}_{replicate}.nii.gz"
            nifti.write(arguments.out / "ct" / stem, hu, label_map.affine)
            nifti.write(arguments.out / "labels" / stem, labels, label_map.affine)
            print(stem, hu.shape, flush=True)
    (arguments.out / "names.json").write_text(json.dumps(names), encoding="utf-8")


if __name__ == "__main__":
    main()
