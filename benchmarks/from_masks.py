"""Which setting matters for a network trained from label maps alone: one change at a time, on held-out synthetic CT.

    python benchmarks/held_out.py ... --out held_out
    python benchmarks/from_masks.py --maps btcv --held-out held_out --out ablation

trains an experiment for a short time once for each arm, its setting with one change, with noise in the image in place
of a scan, tests on the held-out volumes and prints the mean Dice and its difference from the unchanged setting.
Finished arms are kept, so the command can be started again. No real CT is read.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from pathlib import Path

import numpy as np

ARMS: dict[str, list[str]] = {
    "unchanged": [],
    "seed=1": ["seed=1", "data.seed=1"],
    "distractors: none": [
        "data.distractors={lungs_probability:0,spine_probability:0,ribs_probability:0,couch_probability:0,arms_probability:0,blobs:[0,0]}"
    ],
    "body: a cylinder, never an envelope that follows the liver": ["data.cylinder.envelope_probability=0"],
    "body: always an envelope": ["data.cylinder.envelope_probability=1"],
    "lesions: none": ["data.lesions.host=null"],
    "distractors: more blobs, a tenth of them adjacent": ["data.distractors={blobs:[5,40],adjacent_fraction:0.1}"],
    "distractors: no blobs against a label": ["data.distractors.adjacent_fraction=0"],
    "distractors: without blobs": ["data.distractors.blobs=[0,0]"],
    "distractors: without lungs, spine, ribs": [
        "data.distractors={lungs_probability:0,spine_probability:0,ribs_probability:0}"
    ],
    "maps end where they end": ["data.superior_padding_mm=0"],
    "slab: never": ["trainer.augmentation.truncate_z_probability=0"],
    "slab: end slices repeated": ["trainer.augmentation.z_padding_mm=80"],
    "slab: twice as often, end slices repeated": ["trainer.augmentation={truncate_z_probability:0.4,z_padding_mm:80}"],
    "residual network, 4 mm, 64 cubed": [
        "trainer.network=residual",
        "trainer.deep_supervision=0",
        "trainer.channels=[16,32,64,128,256]",
        "trainer.spacing=[4,4,4]",
        "trainer.patch=[64,64,64]",
    ],
    "spacing: 4 mm": ["trainer.spacing=[4,4,4]"],
    "spacing: 6 mm": ["trainer.spacing=[6,6,6]"],
    "window: liver": ["trainer.normalisation.window=liver"],
    "window: wide": ["trainer.normalisation.window=wide"],
    "spread of organ means: as between patients": ["fill=gaussian", "fill.spread=1"],
    "spread of organ means: twice": ["fill.spread=2.6"],
    "phase: portal-venous only": ["data.phase=portal"],
    "phase: native only": ["data.phase=native"],
    "body: large, the labels seldom touch its wall": [
        "data.background={half_width_mm:[130,165],half_depth_mm:[85,115]}"
    ],
    "background without texture": ["data.background_texture=false"],
    "texture: twice as fine": ["texture.scale=[1.5,3.0]"],
    "texture: twice as coarse": ["texture.scale=[0.4,0.75]"],
    "texture: 1/f noise": ["texture=noise"],
    "texture: none": ["texture=none"],
    "drop: a quarter of the labels": ["drop=quarter"],
    "deformation: none": ["data.deformation={rotation_deg:0,scale:0,elastic_mm:0}"],
    "deformation: twice": ["data.deformation={rotation_deg:16,scale:0.2,elastic_mm:14}"],
    "patches as they are": ["trainer.augmentation={scale:0,shift:0,gamma:0,noise:0,spatial:0}"],
    "scanner: none": ["scanner=none", "dose=none"],
    "scanner: helical, noise only": ["scanner=compact"],
    "scanner: helical, full": ["scanner=compact", "scanner.mode=full"],
}


def train(name: str, changes: list[str], arguments: argparse.Namespace) -> Path:
    """Run one arm, unless it has finished, and return the folder of its job."""
    folder = arguments.out / "".join(c if c.isalnum() else "_" for c in name)
    if not (folder / "scores.json").exists():
        command = [sys.executable, "-m", "labelct", "run", f"experiment={arguments.experiment}"]
        command += changes if any(change.startswith("scanner=") for change in changes) else ["scanner=image", *changes]
        command += [f"cohort.root={arguments.maps}", "test=[folder]", f"test.folder.root={arguments.held_out}"]
        command += ["test.folder.split=all", f"paths.outputs={arguments.out}", f"hydra.run.dir={folder}"]
        command += [f"trainer.steps={arguments.steps}", f"trainer.validate_every={arguments.steps}"]
        with (arguments.out / f"{folder.name}.log").open("w") as log:
            subprocess.run([*command, *arguments.overrides], check=True, stdout=log, stderr=subprocess.STDOUT)
    return folder


def dice(folder: Path) -> dict[str, list[float]]:
    """Return the Dice of every held-out volume by target."""
    found: dict[str, list[float]] = {}
    with (folder / "scores.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["label"], []).append(float(row["dice"] or "nan"))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiment", default="organs_from_masks", help="or liver_from_masks")
    parser.add_argument("--maps", type=Path, required=True, help="folder of its label maps")
    parser.add_argument("--held-out", type=Path, required=True, help="what held_out.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--arms", nargs="*", default=list(ARMS), help="the first is what the others are compared with")
    parser.add_argument("overrides", nargs="*", help="for every arm")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    base: dict[str, float] = {}
    for name in arguments.arms:
        found = {
            target: float(np.nanmean(values)) for target, values in dice(train(name, ARMS[name], arguments)).items()
        }
        base = base or found
        mean = float(np.mean(list(found.values())))
        against = f"{found['liver'] - base['liver']:+.3f}", f"{mean - float(np.mean(list(base.values()))):+.3f}"
        print(f"| {name} | {found['liver']:.3f} | {against[0]} | {mean:.3f} | {against[1]} |", flush=True)


if __name__ == "__main__":
    main()
