"""A finished run with its model, small and made in a moment."""

import json
from pathlib import Path

import yaml

from tests.edges import models

LABELS = {"liver": 1, "kidneys": 2}
COHORT = {"kind": "folder", "root": "/somewhere/masks", "source": "Some masks", "licence": "CC BY 4.0"}
CONFIG = {
    "cohort": COHORT,
    "test": {
        "ct": {"kind": "totalsegmentator", "root": "/somewhere/ct", "source": None, "licence": None},
        "phantom": {"kind": "phantom"},
        "synthetic": {"kind": "synthetic"},
    },
    "data": {"kind": "synth1", "seed": 3},
    "translation": {"kind": "none"},
    "paths": {"outputs": "/somewhere/outputs"},
    "seed": 7,
}
MEANS = {
    "n": 2,
    "absent": 0,
    "dice": 0.93456,
    "dice_std": 0.01,
    "surface_dice": None,
    "hd95": 5.25,
    "volume_error": -0.031,
}
RECORD = {
    "arm": {"data": "synth1", "trainer": "unet_tiny", "seed": "7"},
    "overrides": ["cohort.root=/somewhere/masks", "data=synth1", "paths.outputs=/somewhere/outputs"],
    "seconds": [["synthesis", "x", 1800.0], ["training", "y", 3600.0]],
    "summary": {"ct/liver": MEANS, "ct/kidneys": {"n": 0, "absent": 2, "dice": None}},
    "rows": [],
}


def finished(outputs: Path, make=models.unet, key: str = "0123456789ab", run: str = "runs/2026-01-01/10-00-00") -> Path:
    """Leave a model and the run that trained it; return the run's folder."""
    model = make(outputs / "stages" / "training" / key, LABELS)
    (model / "targets.json").write_text(json.dumps({"liver": ["liver"], "kidneys": ["kidney_left", "kidney_right"]}))
    (model / "components.json").write_text(json.dumps({"liver": 1, "kidneys": 2}))
    (model / "log.csv").write_text("step,loss\n1,0.5\n")
    (model / "job.json").write_text(json.dumps({"data": "/somewhere/outputs"}))
    return scored(outputs / run, key)


def scored(folder: Path, key: str) -> Path:
    """Leave the folder of a run that used a training."""
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    (folder / "scores.json").write_text(json.dumps({**RECORD, "keys": [["dataset", "d"], ["training", key]]}))
    return folder
