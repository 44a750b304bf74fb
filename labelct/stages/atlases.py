"""Whole anatomies as a stage: on the grid of the volumes, and beside the subjects of a cohort."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from labelct.cohort import atlases
from labelct.cohort.base import Cohort, Subject
from labelct.cohort.grid import regrid
from labelct.cohort.settings import OwnSettings, SyntheticSettings
from labelct.config import Config
from labelct.errors import InputError
from labelct.io import nifti
from labelct.job_settings import LimitSettings
from labelct.parallel import map_cases
from labelct.phantom.settings import EmbeddedSettings, PhantomSettings
from labelct.priors import BACKGROUND_CLASSES, load_priors
from labelct.stages import cohorts
from labelct.stages.priors import AUTO, TRAIN
from labelct.store import Stage, build, key_of, recipe_of, write_json
from labelct.synthesis.recipes import RECIPES
from labelct.texts import read_json
from labelct.volume import LabelMap

log = logging.getLogger(__name__)
VERSION = 1
NAME = "atlases"
STAGES = {"whole": NAME}  # the stage that each field of a subject is kept in
REMEDY = "delete the folder of the stage that it lies in: the same command makes it again"
EMBEDDED = PhantomSettings(train=4, val=0, test=0, seed=1000, crop=0.0)  # other trunks than those of cohort=phantom
Prepared = tuple[Cohort, Stage]


def used(config: Config) -> bool:
    """Return whether the recipe of an experiment makes volumes with atlases."""
    return "atlas" in RECIPES[config.data.kind].ingredients and config.data.atlas.used


def applied(config: Config, own: Prepared, root: Path) -> Prepared:
    """Return a cohort whose subjects have atlases beside them, and the stage that stands for both.

    Training subjects have them, in every fold; what a checkpoint is chosen by and what is held out is their own.

    Args:
        config: The experiment; read are data, targets and workers.
        own: The cohort and the stage that identifies its files.
        root: The folder of all stages.

    Returns:
        Both as they are where the recipe uses no atlas.
    """
    if not used(config):
        return own
    cohort, stage = own
    made = _on_grid(config, _found(config, root), root)
    key = key_of(recipe_of("cohort", VERSION, {}, [stage, made]))
    return _beside(cohort, made), dataclasses.replace(stage, key=key)


def check(config: Config, own: Cohort | None, root: Path) -> None:
    """Raise where atlases cannot be used, as far as can be told without making anything; no voxel is read.

    Args:
        config: The experiment; read are data and test.
        own: The training cohort; None where it has to be made first.
        root: The folder of all stages.

    Raises:
        InputError: A folder or an atlas is missing, or an atlas is a case that is validated or scored on.
    """
    if not used(config) or not config.data.atlas.roots:
        return
    found = atlases.find(config.data.atlas.roots, config.data.atlas.cases)
    tested = [] if own is None else [*own.val, *own.held_out]
    for settings in config.test.values():
        if not isinstance(settings, (OwnSettings, SyntheticSettings, EmbeddedSettings)):
            whole = cohorts.prepare(dataclasses.replace(config, limit=LimitSettings()), settings, root)[0]
            tested += whole.scored(settings.split)[: config.limit.test]
    told, remedy = "is an atlas that is trained on", "leave it out with data.atlas.cases="
    cohorts.reject_shared(tested, found, told, remedy)


def load(folder: Path) -> dict[str, Any]:
    """Return how the atlases of a stage are read, by name."""
    listed = read_json(folder / f"{NAME}.json", REMEDY)
    return {name: partial(_read, folder / f"{name}.nii.gz") for name in sorted(listed)}


def beside(subject: Subject, kind: str, folder: Path) -> Subject:
    """Return a subject with what a stage's folder holds beside it: `kind` is the name of a field, as in `STAGES`."""
    loaders: dict[str, Any] = {kind: load(folder)}
    return dataclasses.replace(subject, **loaders, stages={**subject.stages, kind: folder.name})


def _beside(cohort: Cohort, made: Stage) -> Cohort:
    train = tuple(beside(subject, "whole", made.folder) for subject in cohort.train)
    return dataclasses.replace(cohort, train=train, folds=tuple(_beside(fold, made) for fold in cohort.folds))


@lru_cache(maxsize=32)
def _read(path: Path) -> LabelMap:
    """Return an atlas; one copy serves all cases of a process."""
    listed = read_json(path.with_name(f"{NAME}.json"), REMEDY)[path.name.removesuffix(".nii.gz")]
    found = nifti.read_label_map(path, {int(value): name for value, name in listed.items()})
    found.array.setflags(write=False)
    return found


def _found(config: Config, root: Path) -> tuple[Subject, ...]:
    """Return the atlases that were asked for; procedural ones are made first."""
    if config.data.atlas.roots:
        return atlases.find(config.data.atlas.roots, config.data.atlas.cases)
    made = cohorts.embedded(EMBEDDED, LimitSettings(), config.parallel, root)[0]
    kept = config.data.atlas.cases or [subject.case for subject in made.train]
    return tuple(subject for subject in made.train if subject.case in kept)


def _on_grid(config: Config, found: Sequence[Subject], root: Path) -> Stage:
    """Return the stage of the atlases on the grid of the volumes: `NAME.nii.gz` each, and their names by value."""
    data = config.data
    settings: dict[str, Any] = {"spacing": data.spacing, "interpolation": data.interpolation}
    settings["files"] = Cohort(NAME, tuple(found), (), ()).fingerprint()
    wanted = sorted(config.targets.structures)

    def make(folder: Path) -> None:
        resample = partial(_resample, spacing=data.spacing, interpolation=data.interpolation, folder=folder)
        listed = map_cases(resample, found, config.parallel, "atlases")
        write_json(folder / f"{NAME}.json", {one.case: names for one, names in zip(found, listed, strict=True)})

    made = build(root, recipe_of(NAME, VERSION, settings), make)
    _check_structures(config, read_json(made.folder / f"{NAME}.json", REMEDY), wanted)
    return made


def _resample(subject: Subject, spacing: float | None, interpolation: str, folder: Path) -> dict[str, str]:
    """Write an atlas on another grid; return the names of the values that it has."""
    label_map, _ = regrid(subject.label_map(), None, spacing, interpolation=interpolation)
    nifti.write(folder / f"{subject.case}.nii.gz", label_map.array, label_map.affine)
    present = {int(value) for value in np.unique(label_map.array)} - {0}
    return {str(value): label_map.names[value] for value in sorted(present)}


def _check_structures(config: Config, listed: Mapping[str, Mapping[str, str]], targets: Sequence[str]) -> None:
    """Raise `InputError` where an atlas lacks a target, or has a structure that no prior is known of."""
    reads = RECIPES[config.data.kind].reads_priors(config.fill)
    table = load_priors() if config.data.priors in (AUTO, TRAIN) else load_priors(config.data.priors)
    for name, structures in listed.items():
        held = set(structures.values())
        for target in targets:
            if target not in held and target != config.data.lesions.name:
                remedy = "leave it out with data.atlas.cases=, or choose other targets="
                raise InputError(
                    f"atlas {name}", f"labels no {target}, which is a target: it would be taught as none", remedy
                )
        for structure in sorted(held - set(BACKGROUND_CLASSES)) if reads else ():
            table[structure]
