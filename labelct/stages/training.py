"""A network trained on a training set, by whichever trainer the configuration names."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelct.cohort.base import Cohort, Subject
from labelct.config import Config
from labelct.dataset import StoredCase, TrainingSet
from labelct.evaluation.components import Parts, kept_parts, parts_of
from labelct.io import nifti
from labelct.io.volumes import grid_of
from labelct.parallel import map_cases
from labelct.phantom import cases as phantom
from labelct.phantom.settings import EmbeddedSettings
from labelct.scanner.settings import DoseSettings, ScannerSettings
from labelct.stages import synthesis, training_set
from labelct.store import Stage, build, recipe_of
from labelct.synthesis.recipes import RECIPES
from labelct.synthesis.settings import DataSettings
from labelct.tracking import Tracker
from labelct.tracking.curves import replay_passes
from labelct.trainer.face import DataSize, TrainingTask
from labelct.trainer.model import write_image
from labelct.trainer.parts import write_parts
from labelct.trainer.table import TRAINERS
from labelct.versions import FILE as VERSIONS
from labelct.versions import versions
from labelct.writing import write_json

if TYPE_CHECKING:
    from labelct.streaming import SyntheticVolumes

VERSION = 2
COUNTED = 50  # training cases: more tell no other number of parts
SLACK_TURNS = 2  # a helix begins and ends half a turn or more beyond the volume


def device_of(config: Config) -> str:
    """Return in a few words what the network is going to run on; the first thing that a job asks.

    Raises:
        InputError: A GPU that is asked for cannot be used.
        SettingError: The device lacks the precision that is asked for.
    """
    from labelct.trainer.device import described

    return described(config.device)


def check(config: Config, cohort: Cohort) -> None:
    """Raise where the trainer cannot run on this machine, before hours are spent on its data.

    Args:
        config: The experiment.
        cohort: Its subjects, whose headers may be read.

    Raises:
        SettingError: The trainer cannot run with these settings.
        InputError: A GPU cannot be used or has too little memory, or the disk is too small.
    """
    outputs = Path(config.paths.outputs)
    TRAINERS[config.trainer.kind].check(task_of(config, cohort, None), partial(size_of, config, cohort), outputs)


def run(
    config: Config, cohort: Cohort, cohort_stage: Stage, dataset: Stage, root: Path, tracker: Tracker
) -> list[Stage]:
    """Return the stages up to the trained model; what a killed training left is taken up again.

    Args:
        config: The experiment; read are trainer, device and seed, and how volumes are drawn during the training.
        cohort: The subjects, whose CT a trainer may plan on.
        cohort_stage: The stage that identifies their files.
        dataset: The stage of the training set.
        root: The folder of all stages.
        tracker: Receives the curves while they grow, or those of the training that is reused.

    Returns:
        The stages that the trainer needs besides the training set, and last the model's, for `open_model`.
    """
    trainer, task = TRAINERS[config.trainer.kind], task_of(config, cohort, dataset)
    prepared = trainer.prepare(task, dataset, partial(clinical_arm, config, cohort, cohort_stage, root), root)
    source = [dataset, *prepared][-1]
    settings = {"trainer": config.trainer.recipe(), "seed": config.seed, **_drawing(config)}
    recipe = recipe_of("training", VERSION, settings, [source])

    def make(folder: Path) -> None:
        write_json(folder / "targets.json", config.targets.parts)
        write_json(folder / VERSIONS, versions())
        if RECIPES[config.data.kind].image == "mr":
            write_image(folder, config.data.mr)
        write_parts(folder, parts(config, TrainingSet(dataset.folder)))
        trainer.fit(task, source.folder, folder, tracker)

    model = build(root, recipe, make)
    if not model.fresh:
        replay_passes(model.folder, tracker)
    return [*prepared, model]


def parts(config: Config, training_set: TrainingSet) -> dict[str, Parts | None]:
    """Return the connected components that make a structure of each target, by its training labels; None: they scatter.

    Where a target joins a left and a right structure they are two at least, though they may touch in every case.
    """
    cases, targets = training_set.train, config.targets
    shown = cases[:: -(-len(cases) // COUNTED)]
    look = partial(_parts, values=tuple(targets.values.values()))
    found = kept_parts(map_cases(look, shown, config.parallel, "parts of targets"), targets.values.values())
    least = targets.components
    return {name: _at_least(found[value], least[value]) for name, value in targets.values.items()}


def _parts(case: StoredCase, values: tuple[int, ...]) -> dict[int, Parts]:
    label_map = nifti.read_label_map(case.label)
    return parts_of(label_map.array.astype(np.uint8), values, label_map.spacing)


def _at_least(found: Parts | None, count: int) -> Parts | None:
    """Return parts with a number that no case may have had; how far apart they lie is not known then."""
    return found if found is None or found.count >= count else Parts(count)


def task_of(config: Config, cohort: Cohort, training_set: Stage | None) -> TrainingTask[Any]:
    """Return what the trainer is asked to do.

    Args:
        config: The experiment.
        cohort: Its subjects.
        training_set: Holds the tables that volumes are drawn from during the training; None before it is made, when
            none can be drawn.

    Raises:
        SettingError: Volumes of this recipe or scanner cannot be drawn during a training.
    """
    volumes = _volumes(config, cohort, training_set)
    return TrainingTask(config.trainer, config.targets, config.device, config.seed, volumes, config.parallel)


def clinical_arm(config: Config, cohort: Cohort, cohort_stage: Stage, root: Path) -> Stage | None:
    """Return the training set of the CT as they are; `data=clinical scanner=none` makes the very same one.

    Args:
        config: The experiment; read are targets, spacing and seed of the data.
        cohort: The subjects; None is returned where none to train on has a CT.
        cohort_stage: The stage that identifies their files.
        root: The folder of all stages.
    """
    scanned = cohort.with_image("ct")
    if not scanned.train:
        return None
    data = DataSettings(kind="clinical", replicates=1, spacing=config.data.spacing, seed=config.data.seed)
    arm = dataclasses.replace(config, data=data, scanner=ScannerSettings(kind="none"), dose=DoseSettings())
    return training_set.run(arm, scanned, cohort_stage, root)[-1]


def size_of(config: Config, cohort: Cohort) -> DataSize:
    """Return how large the training set of an experiment is going to be, from the headers of its subjects."""
    counts = [(subject, synthesis.copies(config)) for subject in cohort.train]
    counts += [(subject, config.data.replicates_val) for subject in cohort.val]
    return _data_size(config, [(*_grid(subject, config.data.spacing), count) for subject, count in counts])


def size_foreseen(config: Config, settings: EmbeddedSettings) -> DataSize:
    """Return the same of an embedded cohort that is not made yet, at most."""
    train, val = (min(n := getattr(settings, split), getattr(config.limit, split) or n) for split in ("train", "val"))
    one = *phantom.largest_grid(settings, config.data.spacing), config.data.spacing or 0.0
    counts = (synthesis.copies(config) * train, config.data.replicates_val * val)
    return _data_size(config, [(*one, count) for count in counts])


def _data_size(config: Config, sizes: Sequence[tuple[int, float, float, int]]) -> DataSize:
    """Return the size of a training set from voxels, length and finest voxel size in mm, and volumes of each case."""
    return DataSize(
        volumes=sum(count for *_, count in sizes),
        voxels=max(voxels for voxels, *_ in sizes),
        total_voxels=sum(voxels * count for voxels, *_, count in sizes),
        projections=sum(_projections(config, length) * count for _, length, _, count in sizes),
        spacing=max(finest for _, _, finest, _ in sizes),
    )


def _grid(subject: Subject, spacing: float | None) -> tuple[int, float, float]:
    """Return voxels, length along z and finest voxel size in mm of a subject on the grid it is going to have.

    They are read from one header.
    """
    shape, affine = grid_of(subject.files[0])
    length = float(np.abs(affine[2, :3]) @ np.array(shape))
    if spacing is None:
        return prod(shape), length, float(np.linalg.norm(affine[:3, :3], axis=0).min())
    return int(prod(shape) * abs(np.linalg.det(affine[:3, :3])) / spacing**3), length, spacing


def _projections(config: Config, length: float) -> int:
    """Return the bytes of the noise-free projections that are kept of a volume `length` mm long."""
    scanner = config.scanner
    if not config.data.is_scanned() or not scanner.keeps_projections:
        return 0
    turns = length / (scanner.rows * scanner.row_width * scanner.pitch) + SLACK_TURNS
    return int(4 * scanner.rows * scanner.channels * scanner.views * turns)


def _drawing(config: Config) -> dict[str, Any]:
    """Return what a training reads of how volumes are drawn; what is in them is in the training set's key already."""
    return {"drawn": {"patches": config.data.patches}} if config.data.mode == "online" else {}


def _volumes(config: Config, cohort: Cohort, training_set: Stage | None) -> SyntheticVolumes | None:
    """Return what patches are cut from while the network trains; None where that is the training set."""
    if config.data.mode != "online":
        return None
    from labelct import streaming

    streaming.check(config.data, config.scanner)
    tables = Path() if training_set is None else training_set.folder
    return streaming.SyntheticVolumes(cohort.train, partial(synthesis.sampler, config, tables))
