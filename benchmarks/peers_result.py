"""Is painting label maps as CT worth anything: one network, one deformation, one test, volumes painted by others.

    python benchmarks/held_out.py ... --out held_out
    python benchmarks/peers_result.py --maps btcv --held-out held_out --out peers [--real DATA] [--seeds 0 1 2]

trains `organs_from_masks` (or `--experiment`) once for each arm and seed, tests on the held-out volumes, with `--real`
on real CT as well, and prints the Dice of every organ with its interval, the paired difference from labelct with its
interval over cases and seeds, p after Holm, and the hours. The peers: pip install 'labelct[benchmarks]'. Finished arms
and volumes are kept, so the command can be started again.

Arms: `labelct` is the experiment as it is, `uniform` the same with densities of no organ (`fill=uniform`), `synthseg`
labelct's Gaussian mixture after SynthSeg (`data=synthseg`), all three through the simulated scanner. `torchio` is
`RandomLabelsToImage` followed by `RandomBlur`, as its documentation advises; `cornucopia` is `SynthFromLabelTransform`.

What is the same: label maps and their split, the number of volumes and steps, network, patches and their augmentation,
prediction with the walk along edges, tests; and the geometry, for the peers paint labelct's own deformed label maps and
their own deformation is off. Their targets are those of the labelct arm of that seed, voxel for voxel.

What was decided about the peers' volumes, for them where there was a doubt, stands in `peers_painting.py`.

The statistics are the report's: cases and seeds are drawn with replacement. Held-out volumes of one patient are cases
of their own to it, though they share an anatomy; with two patients the interval says little of a third one.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from peers_painting import PEERS, painted_by

from labelct.commands import compose
from labelct.report import arms, document, hours, plots, tables
from labelct.report.scores import write_csv
from labelct.report.settings import StatisticsSettings
from labelct.report.strips import dice_plot

BY, REFERENCE, ALL = "painted by", "labelct", "mean of all"
LABELCT = {"labelct": [], "uniform": ["fill=uniform"], "synthseg": ["data=synthseg"]}
AS_IMAGES = [
    "data=clinical", "data.spacing=null", "scanner=none", "dose=none", "cohort.not_hu=true", "cohort.merge=null",
    "cohort.labels=labels/*.nii.gz", "cohort.ct=ct/*.nii.gz", "cohort.names=names.json",
    "cohort.splits={train:null,val:null,test:null}",
]  # fmt: skip
NOT_FOR_ALL = ("limit.", "data", "cohort", "fill", "texture", "drop", "scanner", "dose", "seed", "test", "experiment")


def common(given: argparse.Namespace, seed: int) -> list[str]:
    """Return the overrides of every arm."""
    tests = ["folder", *(["totalsegmentator", "dicom"] if given.real else [])]
    overrides = [f"experiment={given.experiment}", f"test=[{','.join(tests)}]", f"seed={seed}", f"data.seed={seed}"]
    overrides += [f"test.folder.root={given.held_out}", "test.folder.split=all", f"paths.outputs={given.out}"]
    if given.real:
        overrides += [f"test.totalsegmentator.root={given.real / 'totalsegmentator'}", f"test.dicom.root={given.real}"]
    if given.steps:
        overrides += [f"trainer.steps={given.steps}", f"trainer.validate_every={max(1, given.steps // 2)}"]
    return [*overrides, *given.overrides]


def sources(given: argparse.Namespace) -> list[str]:
    """Return the overrides that say which label maps there are and how many volumes are made of them."""
    chosen = {"limit.train": given.cases, "limit.val": given.cases_val, "data.replicates": given.replicates}
    return [f"cohort.root={given.maps}", *(f"{key}={value}" for key, value in chosen.items() if value is not None)]


def trained(arm: str, seed: int, given: argparse.Namespace) -> arms.FinishedRun:
    """Run one arm with one seed, unless it has finished, and return what it left."""
    folder, overrides = given.out / "jobs" / arm / str(seed), common(given, seed)
    extra: list[tuple[str, float]] = []
    if arm in LABELCT:
        overrides += [*sources(given), *LABELCT[arm]]
    else:
        volumes = given.out / "volumes" / arm / str(seed)
        painted_by(arm, compose.configuration([*overrides, *sources(given)]), volumes)
        overrides += [*AS_IMAGES, f"cohort.root={volumes}"]
        extra = [("synthesis", json.loads((volumes / "seconds.json").read_text(encoding="utf-8")))]
    if not (folder / "scores.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "labelct", "run", *overrides, f"hydra.run.dir={folder}"]
        with (given.out / f"{arm}_{seed}.log").open("w") as log:
            if subprocess.run(command, stdout=log, stderr=subprocess.STDOUT).returncode:
                sys.exit(f"{arm}, seed {seed}: failed, see {log.name}")
    (run,) = arms.gather([folder])[0]
    return dataclasses.replace(run, choices={BY: arm}, seconds=[*extra, *run.seconds])


def with_mean(scores: pd.DataFrame) -> pd.DataFrame:
    """Return scores with one row more for each case: the mean over its organs, absent ones left out."""
    numbers = [name for name in ("dice", "surface_dice", "hd95", "volume_error") if name in scores]
    key = [BY, "arm", "run", "seed", "fold", "test", "case"]
    return pd.concat([scores, scores.groupby(key, sort=False)[numbers].mean().reset_index().assign(label=ALL)])


def told(results: pd.DataFrame) -> pd.DataFrame:
    """Return the table as text: Dice and paired difference, each with its interval."""
    rows = []
    for row in results.to_dict("records"):
        line = {"test": row["test"], "organ": row["label"], BY: row[BY], "n": str(row["n"])}
        line["Dice (95 %)"] = within(*(row[name] for name in ("dice", "dice_low", "dice_high")))
        if "difference" in row:
            gap = [row[f"difference{end}"] for end in ("", "_low", "_high")]
            line[f"minus {REFERENCE} (95 %)"] = within(*gap, sign="+")
            line["p (Holm)"] = "–" if np.isnan(row["p_holm"]) else f"{row['p_holm']:.3f}"
        rows.append(line)
    return pd.DataFrame(rows)


def within(value: float, low: float, high: float, sign: str = "-") -> str:
    """Return a number with its interval, where there are any."""
    if np.isnan(value):
        return "–"
    shown = f"{value:{sign}.3f}"
    return shown if np.isnan(low) else f"{shown} ({low:{sign}.3f} to {high:{sign}.3f})"


def show(runs: list[arms.FinishedRun], out: Path) -> None:
    """Print the tables, and leave them with every case's Dice as `results.csv` and `dice.png`.

    There is no report of `labelct report`'s: it would say of the peers that they trained on clinical CT, which is how
    their volumes come in.
    """
    painted = {run.choices[BY] for run in runs}
    reference = f"{BY}={REFERENCE}" if REFERENCE in painted and len(painted) > 1 else None
    scores, remarks = arms.pool(runs, [BY])
    results = document.summarised(with_mean(scores), [BY], reference, StatisticsSettings())
    write_csv(out / "results.csv", results)
    cases = scores.groupby([BY, "test", "label", "case"], sort=False)["dice"].mean().reset_index()
    cases["label"] = cases["test"] + ": " + cases["label"]
    plots.save(dice_plot(cases.rename(columns={BY: "arm"})), out / "dice.png", ["png"])
    print("\n".join([tables.markdown(told(results), 3), *remarks, ""]))
    print(tables.markdown(hours.cells(hours.by_arm(runs, [BY])), 1), flush=True)


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiment", default="organs_from_masks")
    parser.add_argument("--maps", type=Path, required=True, help="folder of its label maps")
    parser.add_argument("--held-out", type=Path, required=True, help="what held_out.py wrote")
    parser.add_argument("--real", type=Path, help="folder of the real test CT (DATA), scored as well")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--arms", nargs="+", choices=[*LABELCT, *PEERS], default=[*LABELCT, *PEERS])
    parser.add_argument("--steps", type=int, help="training steps of every arm (those of the experiment)")
    parser.add_argument("--cases", type=int, help="label maps to train on (all of the split)")
    parser.add_argument("--cases-val", type=int, help="label maps to validate on (all of the split)")
    parser.add_argument("--replicates", type=int, help="volumes of a label map (those of the experiment)")
    parser.add_argument("overrides", nargs="*", help="for every arm: trainer.*, device.*, evaluation.*")
    given = parser.parse_args()
    for override in given.overrides:
        if override.startswith(NOT_FOR_ALL):
            parser.error(f"{override}: arms differ in that; allowed are trainer.*, device.*, evaluation.*, parallel.*")
    for name in ("maps", "held_out", "real", "out"):
        setattr(given, name, getattr(given, name) and getattr(given, name).absolute())
    return given


def main() -> None:
    """Train what is missing, seed by seed, and print the table after each of them."""
    given, runs = arguments(), []
    for seed in given.seeds:
        runs += [trained(arm, seed, given) for arm in given.arms]
        print(f"\n{len(runs)} networks, seeds {given.seeds[: given.seeds.index(seed) + 1]}\n")
        show(runs, given.out)


if __name__ == "__main__":
    main()
