"""Whole anatomies beside the subjects of a cohort: which experiments have them, and which atlases are refused."""

import dataclasses
import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from labelct.cohort import atlases
from labelct.cohort.base import Cohort, Subject
from labelct.config import Config
from labelct.errors import InputError
from labelct.job_settings import LimitSettings
from labelct.phantom.settings import PhantomSettings
from labelct.priors import AUTO, BACKGROUND_CLASSES, TRAIN, load_priors
from labelct.stages import cohorts
from labelct.stages.anatomies import STAGES, VERSION, built, names_in, on_grid, read
from labelct.stages.completion import completed, joined
from labelct.store import Stage, key_of, recipe_of
from labelct.synthesis.recipes import RECIPES

log = logging.getLogger(__name__)

EMBEDDED = PhantomSettings(train=4, val=0, test=0, seed=1000, crop=0.0)  # other trunks than those of cohort=phantom


def used(config: Config) -> bool:
    """Return whether the recipe of an experiment makes volumes with atlases."""
    return "atlas" in RECIPES[config.data.kind].ingredients and config.data.atlas.used


def mixed(config: Config) -> bool:
    """Return whether volumes of the training may be an atlas."""
    return used(config) and config.data.atlas.whole > 0


def unmixed(config: Config) -> Config:
    """Return the experiment of volumes that are never an atlas, as those that a checkpoint is chosen by."""
    atlas = config.data.atlas
    share = min(1.0, atlas.whole + atlas.completed) if atlas.completed else 0.0
    data = dataclasses.replace(config.data, atlas=dataclasses.replace(atlas, whole=0.0, completed=share))
    return dataclasses.replace(config, data=data)


def foreseen(config: Config) -> list[str]:
    """Return the names of the stages that `applied` has."""
    if not used(config):
        return []
    return [STAGES["whole"], *([STAGES["completed"]] if config.data.atlas.completed > 0 else [])]


def applied(config: Config, own: cohorts.Prepared, root: Path) -> cohorts.Prepared:
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
    made = built(partial(on_grid, data=config.data, root=root), found, config.parallel, "atlases")
    known = {atlas.case: one for atlas, one in zip(found, made, strict=True)}
    more = joined(config, _partial(config), found, root) if mixed(config) else {}
    _check_priors(config, {**known, **more})
    whole = {**_with_all_targets(config, known), **more} if mixed(config) else {}
    fits = completed(config, cohort, found, root) if config.data.atlas.completed else {}
    parents = {f"whole {name}": one.key for name, one in whole.items()}
    parents |= {f"{case} {name}": one.key for case, fit in fits.items() for name, one in fit.items()}
    key = key_of(recipe_of("cohort", VERSION, {"atlases": parents}, [stage]))
    return _beside(cohort, whole, fits), dataclasses.replace(stage, key=key)


def check(config: Config, own: Cohort | None) -> None:
    """Raise where atlases cannot be used, as far as can be told without making anything; no voxel is read.

    Args:
        config: The experiment; read are data and test.
        own: The training cohort; None where it has to be made first.

    Raises:
        InputError: A folder or an atlas is missing, or an atlas is a case that is validated or scored on.
    """
    if not used(config):
        return
    settings = config.data.atlas
    known = atlases.find(settings.roots, settings.cases) if settings.roots else ()
    found = atlases.by_name([*known, *_partial(config)]).values()
    tested = [*([] if own is None else [*own.val, *own.held_out]), *cohorts.read_only_tests(config)]
    told, remedy = "is an atlas that is trained on", "leave it out with data.atlas.cases="
    cohorts.reject_shared(tested, found, told, remedy)


def beside(subject: Subject, kind: str, folders: Mapping[str, Path]) -> Subject:
    """Return a subject with the maps of some stages beside it.

    Args:
        subject: Any.
        kind: The field that they go to, as in `STAGES`.
        folders: Of the stages, by the name of the atlas.
    """
    loaders: dict[str, Any] = {kind: {**getattr(subject, kind), **{n: partial(read, f) for n, f in folders.items()}}}
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


def _found(config: Config, root: Path) -> tuple[Subject, ...]:
    """Return the atlases that were asked for; procedural ones are made first."""
    if config.data.atlas.roots:
        return atlases.find(config.data.atlas.roots, config.data.atlas.cases)
    made = cohorts.embedded(EMBEDDED, LimitSettings(), config.parallel, root)[0]
    return atlases.select({subject.case: subject for subject in made.train}, config.data.atlas.cases, str(made.root))


def _partial(config: Config) -> list[Subject]:
    """Return the label maps that name some targets alone; each case has the name of its folder before its own."""
    return [
        dataclasses.replace(subject, case=f"{name}_{subject.case}")
        for name, settings in config.data.atlas.partial.items()
        for subject in atlases.find_partial(settings)
    ]


def _check_priors(config: Config, known: Mapping[str, Stage]) -> None:
    """Raise `InputError` where an atlas has a structure that no prior is known of."""
    if not RECIPES[config.data.kind].reads_priors(config.fill):
        return
    table = load_priors() if config.data.priors in (AUTO, TRAIN) else load_priors(config.data.priors)
    for stage in known.values():
        for structure in sorted(set(names_in(stage.folder).values()) - set(BACKGROUND_CLASSES)):
            table[structure]


def _with_all_targets(config: Config, known: Mapping[str, Stage]) -> dict[str, Stage]:
    """Return the atlases that may be volumes themselves; one without a target completes cases alone, and is named.

    Raises:
        InputError: An atlas without a target has nothing to complete, or none has them all.
    """
    targets = sorted(config.targets.structures - {config.data.lesions.name})
    lacks = {name: [t for t in targets if t not in names_in(stage.folder).values()] for name, stage in known.items()}
    lacking = {name: missing for name, missing in lacks.items() if missing}
    for name, missing in lacking.items():
        problem = f"labels no {', '.join(missing)}, a target: it would be taught as background"
        if config.data.atlas.completed == 0 or len(lacking) == len(known):
            remedy = "leave it out with data.atlas.cases=, set data.atlas.whole=0, or choose other targets="
            raise InputError(f"atlas {name}", problem, remedy)
        log.info("atlas %s labels no %s: it completes cases alone", name, ", ".join(missing))
    return {name: stage for name, stage in known.items() if name not in lacking}
