"""Label maps with a liver alone, whole anatomies to be their atlases, and the volumes that are made of both."""

import json

import numpy as np

from labelct.stages import atlases, cohorts, scanning, synthesis

AFFINE = np.diag([8.0, 8.0, 8.0, 1.0])
TINY = [
    "cohort=folder",
    "cohort.labels=*.nii.gz",
    "cohort.names=totalsegmentator_v2",
    "cohort.splits={train: 2, val: 1, test: 0}",
    "targets=[liver]",
    "test=own",
    "data=synth2",
    "data.spacing=10",
    "data.replicates=2",
    "data.atlas.whole=0.6",
    "scanner=none",
    "drop=none",
    "parallel.workers=1",
]


def organs(shift, *more):
    array = np.zeros((24, 20, 18), np.uint8)
    array[12 + shift : 20, 6:14, 6:14] = 5
    for place, value in enumerate(more):
        array[2 + 3 * place : 4 + 3 * place, 6:14, 6:14] = value
    return array


def volumes(config, root):
    cohort, stage = atlases.applied(config, cohorts.prepare(config, config.cohort, root), root)
    return cohort, scanning.run(config, synthesis.run(config, cohort, stage, root), root)


def lines_of(stage):
    return [json.loads(line) for line in (stage.folder / "manifest.jsonl").read_text("utf-8").splitlines()]
