"""Whole anatomies as stages: on the grid of the volumes, and brought onto the cases that they complete."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from labelct.atlas.completion import Anatomy, complete
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
from labelct.store import Stage, build, key_of, mention, planning, recipe_of
from labelct.synthesis.recipes import RECIPES
from labelct.synthesis.settings import DataSettings
from labelct.texts import read_json
from labelct.volume import LabelMap
from labelct.writing import write_json

log = logging.getLogger(__name__)
VERSION = 1
STAGES = {"whole": "atlas", "completed": "completion"}  # the stage that each field of a subject is kept in
MAP, NAMES, DICE = "map.nii.gz", "names.json", "dice.json"
REMEDY = "delete the folder of the stage that it lies in: the same command makes it again"
EMBEDDED = PhantomSettings(train=4, val=0, test=0, seed=1000, crop=0.0)  # other trunks than those of cohort=phantom
Prepared = tuple[Cohort, Stage]


def used(config: Config) -> bool:
    """Return whether the recipe of an experiment makes volumes with atlases."""
    return "atlas" in RECIPES[config.data.kind].ingredients and config.data.atlas.used


def mixed(config: Config) -> bool:
    """Return whether volumes of the training may be an atlas."""
    return used(config) and config.data.atlas.whole > 0


def unmixed(config: Config) -> Config:
    """Return the experiment of volumes that are never an atlas, as those that a checkpoint is chosen by."""
    atlas = config.data.atlas
    completed = min(1.0, atlas.whole + atlas.completed) if atlas.completed else 0.0
    data = dataclasses.replace(config.data, atlas=dataclasses.replace(atlas, whole=0.0, completed=completed))
    return dataclasses.replace(config, data=data)


def foreseen(config: Config) -> list[str]:
    """Return the names of the stages that `applied` has."""
    completed = used(config) and config.data.atlas.completed > 0
    return ([STAGES["whole"]] if used(config) else []) + ([STAGES["completed"]] if completed else [])


def applied(config: Config, own: Prepared, root: Path) -> Prepared:
    """Return a cohort whose subjects have atlases beside them, and the stage that stands for both.

    Volumes of the training may be an atlas, in every fold; what a checkpoint is chosen by and what is held out is its
    own, completed as the training's is.

    Args:
        config: The experiment; read are data, fill, targets, test and workers.
        own: The cohort and the stage that identifies its files.
        root: The folder of all stages.

    Returns:
        Both as they are where the recipe uses no atlas.

    Raises:
        InputError: An atlas lacks a target or a prior, or does not fit a case.
    """
    if not used(config):
        return own
    (cohort, stage), found = own, _found(config, root)
    made = _built(config, partial(_on_grid, data=config.data, root=root), found, "atlases")
    known = {atlas.case: one for atlas, one in zip(found, made, strict=True)}
    _check_structures(config, known)
    fits = _completed(config, cohort, found, root) if config.data.atlas.completed else {}
    parents = {f"whole {name}": one.key for name, one in known.items()} if mixed(config) else {}
    parents |= {f"{case} {name}": one.key for case, fit in fits.items() for name, one in fit.items()}
    key = key_of(recipe_of("cohort", VERSION, {"atlases": parents}, [stage]))
    return _beside(cohort, known if mixed(config) else {}, fits), dataclasses.replace(stage, key=key)


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


def beside(subject: Subject, kind: str, folders: Mapping[str, Path]) -> Subject:
    """Return a subject with the maps of some stages beside it.

    Args:
        subject: Any.
        kind: The field that they go to, as in `STAGES`.
        folders: Of the stages, by the name of the atlas.
    """
    loaders: dict[str, Any] = {kind: {**getattr(subject, kind), **{n: partial(_read, f) for n, f in folders.items()}}}
    keys = {f"{kind} {name}": folder.name for name, folder in folders.items()}
    return dataclasses.replace(subject, **loaders, stages={**subject.stages, **keys})


def _beside(cohort: Cohort, known: Mapping[str, Stage], fits: Mapping[str, Mapping[str, Stage]]) -> Cohort:
    whole = {name: stage.folder for name, stage in known.items()}

    def dressed(subject: Subject) -> Subject:
        fit = {name: stage.folder for name, stage in fits.get(subject.case, {}).items()}
        return beside(subject, "completed", fit)

    train = tuple(beside(dressed(subject), "whole", whole) for subject in cohort.train)
    val, test, blind = (tuple(map(dressed, split)) for split in (cohort.val, cohort.test, cohort.blind))
    folds = tuple(_beside(fold, known, fits) for fold in cohort.folds)
    return dataclasses.replace(cohort, train=train, val=val, test=test, blind=blind, folds=folds)


@lru_cache(maxsize=16)
def _shared(folder: Path) -> LabelMap:
    """Return an atlas; one copy serves all cases of a process."""
    found = _stored(folder)
    found.array.setflags(write=False)
    return found


def _read(folder: Path) -> LabelMap:
    return _shared(folder) if folder.parent.name == STAGES["whole"] else _stored(folder)


def _stored(folder: Path) -> LabelMap:
    return nifti.read_label_map(folder / MAP, {int(k): v for k, v in read_json(folder / NAMES, REMEDY).items()})


def _found(config: Config, root: Path) -> tuple[Subject, ...]:
    """Return the atlases that were asked for; procedural ones are made first."""
    if config.data.atlas.roots:
        return atlases.find(config.data.atlas.roots, config.data.atlas.cases)
    made = cohorts.embedded(EMBEDDED, LimitSettings(), config.parallel, root)[0]
    return atlases.select({subject.case: subject for subject in made.train}, config.data.atlas.cases, str(made.root))


def _grid(data: DataSettings) -> dict[str, Any]:
    return {"spacing": data.spacing, "interpolation": data.interpolation}


def _files(subject: Subject) -> list[list[str | int]]:
    return Cohort("", (subject,), (), ()).fingerprint()


def _on_grid(subject: Subject, data: DataSettings, root: Path) -> Stage:
    """Return the stage of an atlas on the grid of the volumes."""

    def make(folder: Path) -> None:
        label_map, _ = regrid(subject.label_map(), None, **_grid(data))
        _write(folder, label_map.array, label_map.affine, label_map.names)

    return build(root, recipe_of(STAGES["whole"], VERSION, {**_grid(data), "files": _files(subject)}), make)


def _write(folder: Path, array: Any, affine: Any, names: Mapping[int, str]) -> None:
    """Write a label map and the names of the values that it has."""
    present = set(np.unique(array).tolist()) - {0}
    nifti.write(folder / MAP, array, affine)
    write_json(folder / NAMES, {str(value): names[value] for value in sorted(present)})


@dataclass(frozen=True)
class _Pair:
    """A case, and the atlas that is to complete it."""

    case: Subject
    atlas: Subject
    config: Config
    root: Path


def _completed(config: Config, cohort: Cohort, found: Sequence[Subject], root: Path) -> dict[str, dict[str, Stage]]:
    """Return the stages of the completed maps by case and atlas, without those that do not fit."""
    splits = ["train", "val"]
    if any(isinstance(settings, SyntheticSettings) for settings in config.test.values()):
        splits.append("held_out")
    everyone = {subject.case: subject for split in splits for subject in cohort.pooled(split)}
    subjects = {case: subject for case, subject in everyone.items() if subject.load_ct is None}
    if len(subjects) < len(everyone):
        counts = len(everyone) - len(subjects), len(everyone)
        log.warning("data.atlas.completed: %d of %d cases have a CT, which shows what is around their labels", *counts)
    fits, misfits = _fitting(config, subjects, found, root)
    alone = [case for case in subjects if not fits[case]]
    if alone and not config.data.atlas.geometric:
        remedy = "add an atlas, lower data.atlas.min_dice, or set data.atlas.geometric=true for a geometric body there"
        reasons = "; ".join(misfits.get(alone[0], ["each is the case itself"]))
        raise InputError(cohort.root, f"no atlas fits {len(alone)} of {len(fits)} cases: {alone[0]}: {reasons}", remedy)
    for case, told in misfits.items():
        log.warning("%s: %s%s", case, "; ".join(told), ": a geometric body" if case in alone else "")
    return fits


def _fitting(
    config: Config, subjects: Mapping[str, Subject], found: Sequence[Subject], root: Path
) -> tuple[dict[str, dict[str, Stage]], dict[str, list[str]]]:
    """Return the stages of completed maps by case and atlas, and what each case is told of those that do not fit it.

    Where an atlas does not fit a case, the next that its name draws is tried.
    """
    waiting = {case: _drawn(config, subject, found) for case, subject in subjects.items()}
    fits: dict[str, dict[str, Stage]] = {case: {} for case in subjects}
    misfits: dict[str, list[str]] = {}
    while tried := [
        _Pair(subject, waiting[case].pop(0), config, root)
        for case, subject in subjects.items()
        for _ in range(min(config.data.atlas.per_case - len(fits[case]), len(waiting[case])))
    ]:
        stages = _built(config, _registered, tried, "cases completed by an atlas")
        for pair, stage in zip(tried, stages, strict=True):
            dice = read_json(stage.folder / DICE, REMEDY)
            if dice and np.mean(list(dice.values())) >= config.data.atlas.min_dice:
                fits[pair.case.case][pair.atlas.case] = stage
            else:
                misfits.setdefault(pair.case.case, []).append(f"{pair.atlas.case} does not fit ({_told(dice)})")
    return fits, misfits


def _built(config: Config, stage_of: Callable[[Any], Stage], items: Sequence[Any], told: str) -> list[Stage]:
    """Return the stage of each item, built by workers, or named by this process where none is made."""
    if planning():
        return [stage_of(item) for item in items]
    stages = map_cases(stage_of, items, config.parallel, told)
    mention(stages)
    return stages


def _told(dice: Mapping[str, float]) -> str:
    return f"mean Dice {np.mean(list(dice.values())):.2f}" if dice else "no organ in common"


def _drawn(config: Config, subject: Subject, found: Sequence[Subject]) -> list[Subject]:
    """Return the atlases that are no copy of a case, in the order that its name draws."""
    others = [atlas for atlas in found if not set(atlas.files) & set(subject.files)]
    order = np.random.default_rng([config.data.seed, crc32(subject.case.encode())]).permutation(len(others))
    return [others[place] for place in order]


def _registered(pair: _Pair) -> Stage:
    """Return the stage of a case completed by an atlas: the map, and the Dice of the organs that both have."""
    data = pair.config.data
    settings: dict[str, Any] = {**_grid(data), "padding": data.superior_padding_mm, "grid_mm": data.atlas.grid_mm}
    settings |= {"case": _files(pair.case), "atlas": _files(pair.atlas), "own": sorted(pair.config.targets.structures)}

    def make(folder: Path) -> None:
        label_map, _ = regrid(pair.case.label_map(), None, data.spacing, data.superior_padding_mm, data.interpolation)
        atlas = _shared(_on_grid(pair.atlas, data, pair.root).folder)
        present = set(np.unique(label_map.array).tolist()) - {0}
        names = {value: label_map.names[value] for value in sorted(present)}
        own = {*names.values(), *pair.config.targets.structures}
        whole = Anatomy(atlas.array, atlas.spacing, atlas.names)
        made = complete(Anatomy(label_map.array, label_map.spacing, names), whole, own, data.atlas.grid_mm)
        if made is not None:
            _write(folder, made.anatomy.label_map, label_map.affine, made.anatomy.names)
        write_json(folder / DICE, {} if made is None else {name: round(dice, 3) for name, dice in made.dice.items()})

    return build(pair.root, recipe_of(STAGES["completed"], VERSION, settings), make)


def _check_structures(config: Config, known: Mapping[str, Stage]) -> None:
    """Raise `InputError` where an atlas lacks a target, or has a structure that no prior is known of."""
    reads = RECIPES[config.data.kind].reads_priors(config.fill)
    table = load_priors() if config.data.priors in (AUTO, TRAIN) else load_priors(config.data.priors)
    targets = sorted(config.targets.structures - {config.data.lesions.name}) if config.data.atlas.whole else []
    for name, stage in known.items():
        held = set(read_json(stage.folder / NAMES, REMEDY).values())
        for target in targets:
            if target not in held:
                problem = f"labels no {target}, which is a target: it would be taught as background"
                remedy = "leave it out with data.atlas.cases=, set data.atlas.whole=0, or choose other targets="
                raise InputError(f"atlas {name}", problem, remedy)
        for structure in sorted(held - set(BACKGROUND_CLASSES)) if reads else ():
            table[structure]
