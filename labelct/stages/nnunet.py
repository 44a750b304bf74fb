"""The two stages before nnU-Net trains: plans that all arms of a comparison share, and an arm prepared with them."""

from __future__ import annotations

import dataclasses
import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from labelct.cohort.base import Cohort, Subject
from labelct.config import Config
from labelct.dataset import TrainingSet
from labelct.io import nifti
from labelct.scanner.settings import DoseSettings, ScannerSettings
from labelct.stages import scanning, synthesis
from labelct.store import Stage, build, ordered, recipe_of
from labelct.synthesis.settings import DataSettings
from labelct.trainer.nnunet_settings import NnunetSettings, planning

VERSION = 1


def check(config: Config, cohort: Cohort, outputs: Path) -> None:
    """Raise where the machine is too small for the experiment, before anything is made.

    Args:
        config: The experiment.
        cohort: Its subjects, whose headers are read.
        outputs: Where all files go.

    Raises:
        InputError: Disk or shared memory are too small.
        SettingError: Memory is too small, or nnU-Net does not train on the device.
    """
    from labelct.trainer import nnunet_preflight

    online = config.data.mode == "online"
    counts = [(subject, 1 if online else config.data.replicates) for subject in cohort.train]
    counts += [(subject, config.data.replicates_val) for subject in cohort.val]
    sizes = [(_size(subject, config.data.spacing), count) for subject, count in counts]
    load = nnunet_preflight.Load(
        volumes=sum(count for _, count in counts),
        voxels=max(voxels for (voxels, _), _ in sizes),
        total_voxels=sum(voxels * count for (voxels, _), count in sizes),
        targets=len(config.targets),
        projections=sum(_projections(config, length) * count for (_, length), count in sizes),
        online=online,
    )
    nnunet_preflight.check(load, _settings(config), config.device, config.parallel, outputs)


def prepare(
    config: Config, cohort: Cohort, cohort_stage: Stage, training_set: Stage, root: Path
) -> tuple[Stage, Stage]:
    """Return the stages of the plans and of the training set preprocessed with them.

    Args:
        config: The experiment; read are targets, trainer, spacing and seed of the data.
        cohort: The subjects; those with a CT make the clinical arm that is planned on.
        cohort_stage: The stage that identifies their files.
        training_set: The stage of the arm.
        root: The folder of all stages.

    Returns:
        `plans`, the same for every arm of the cohort, and `preprocessed`.
    """
    plans = _plans(config, cohort, cohort_stage, training_set, root)
    settings = _settings(config)
    recipe = recipe_of("preprocessed", VERSION, {"configuration": settings.configuration}, [training_set, plans])

    def make(folder: Path) -> None:
        from labelct.trainer.nnunet_preprocessing import preprocess

        arm, drawn = TrainingSet(training_set.folder), config.data.mode == "online"
        cases = arm.val if drawn else (*arm.train, *arm.val)
        preprocess(arm, plans.folder, settings.configuration, config.parallel, folder, cases)

    return plans, build(root, recipe, make)


def _plans(config: Config, cohort: Cohort, cohort_stage: Stage, training_set: Stage, root: Path) -> Stage:
    settings = _settings(config)
    wanted: dict[str, Any] = {**planning(settings), "configuration": settings.configuration}
    wanted["targets"] = ordered(config.targets.parts)
    scanned = dataclasses.replace(cohort, train=_with_ct(cohort.train), val=_with_ct(cohort.val))
    arm, parents, grids = training_set, [], None
    if settings.plans == "clinical" and scanned.train:
        arm = _clinical_arm(config, scanned, cohort_stage, root)
        parents = [arm]
    else:
        grids = _grids(training_set)
        wanted |= {"plans": "builtin", "grids": grids}

    def make(folder: Path) -> None:
        from labelct.trainer.nnunet_plans import plan

        plan(TrainingSet(arm.folder), settings, folder, grids)

    return build(root, recipe_of("plans", VERSION, wanted, parents), make)


def _clinical_arm(config: Config, cohort: Cohort, cohort_stage: Stage, root: Path) -> Stage:
    """Return the training set of the CT as they are; `data=clinical scanner=none` makes the very same one."""
    data = DataSettings(kind="clinical", replicates=1, spacing=config.data.spacing, seed=config.data.seed)
    arm = dataclasses.replace(config, data=data, scanner=ScannerSettings(kind="none"), dose=DoseSettings())
    return scanning.run(arm, synthesis.run(arm, cohort, cohort_stage, root), root)


def _grids(training_set: Stage) -> list[tuple[list[int], list[float]]]:
    """Return shape and voxel size of each training subject, however many replicates an arm has of it."""
    lines = [json.loads(line) for line in (training_set.folder / "manifest.jsonl").read_text("utf-8").splitlines()]
    grids = {line["case"]: (line["shape"], line["spacing"]) for line in lines if line["split"] == "train"}
    return [grids[case] for case in sorted(grids)]


def _with_ct(subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
    return tuple(subject for subject in subjects if subject.load_ct is not None)


def _size(subject: Subject, spacing: float | None) -> tuple[int, float]:
    """Return the voxels of a subject on the grid it is going to have, and its length along z in mm, from one header."""
    shape, affine = nifti.read_grid(next(path for path in subject.files if ".nii" in path.suffixes))
    length = float(np.abs(affine[2, :3]) @ np.array(shape))
    if spacing is None:
        return prod(shape), length
    return int(prod(shape) * abs(np.linalg.det(affine[:3, :3])) / spacing**3), length


def _projections(config: Config, length: float) -> int:
    """Return the bytes of the noise-free projections that are kept of a volume `length` mm long."""
    scanner, scanned = config.scanner, config.data.is_scanned()
    if not scanned or scanner.kind != "helical" or scanner.mode != "full" or not scanner.cache:
        return 0
    turns = length / (scanner.rows * scanner.row_width * scanner.pitch) + 2
    return int(4 * scanner.rows * scanner.channels * scanner.views * turns)


def _settings(config: Config) -> NnunetSettings:
    assert isinstance(config.trainer, NnunetSettings)
    return config.trainer
