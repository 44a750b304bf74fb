"""One fold of a cross-validation: which cases of the cohort train, validate and are held out."""

import dataclasses
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from labelct.cohort.base import Cohort, Subject
from labelct.cohort.settings import FilesSettings
from labelct.cohort.strata import column
from labelct.config import Config
from labelct.errors import SettingError
from labelct.evaluation.folds import Fold, quantiles, share_out
from labelct.evaluation.settings import TARGET_VOLUME
from labelct.job_settings import LimitSettings
from labelct.parallel import map_cases
from labelct.phantom.cases import case_names
from labelct.phantom.settings import EmbeddedSettings
from labelct.store import Stage, build, ordered, recipe_of
from labelct.targets import Targets
from labelct.texts import read_json
from labelct.writing import write_json

VERSION = 1
FILE = "volumes.json"


def dealt(cohort: Cohort) -> Cohort:
    """Return a cohort with the cases that folds are dealt out of as its training cases, and no others.

    A test split that is declared stays apart: those are the other cases.
    """
    everyone = (*cohort.train, *cohort.val) if cohort.declared else cohort.everyone
    return dataclasses.replace(cohort, train=everyone, val=(), test=(), blind=())


def fold(config: Config, cohort: Cohort, cohort_stage: Stage, root: Path) -> Cohort:
    """Return the fold of a cohort that `evaluation.fold` holds out, cut to `config.limit`.

    Args:
        config: The experiment; read are evaluation, targets and limit.
        cohort: What `dealt` returns.
        cohort_stage: The stage that identifies its files.
        root: The folder of all stages; volumes of the targets are kept there.

    Raises:
        SettingError: There are too few cases, or too few of each stratum.
        InputError: The column of the strata is not there.
    """
    subjects, name = _by_case(cohort), config.evaluation.strata
    if name == TARGET_VOLUME:
        strata = quantiles(_volumes(config, subjects, cohort_stage, root), config.evaluation)
    elif name is None:
        strata = dict.fromkeys(subjects, "")
    else:
        strata = column(cohort.root, name, subjects)
    return _folded(config, cohort, strata)


def foreseen(config: Config, cohort: Cohort) -> Cohort:
    """Return a fold as far as it is known without reading a voxel: quantiles of volumes are left out.

    Args:
        config: The experiment.
        cohort: What `dealt` returns, of files.

    Raises:
        SettingError: As `fold`, or who trains is said by a file already.
        InputError: As `fold`.
    """
    settings, name, subjects = config.cohort, config.evaluation.strata, _by_case(cohort)
    if isinstance(settings, FilesSettings) and settings.splits_file:
        raise SettingError("cohort.splits_file", settings.splits_file, "null with evaluation.folds", "leave one out")
    known = None if name == TARGET_VOLUME else name
    return _folded(config, cohort, column(cohort.root, known, subjects) if known else dict.fromkeys(subjects, ""))


def check_embedded(config: Config, settings: EmbeddedSettings) -> None:
    """Raise `SettingError` where an embedded cohort, before it is made, cannot be dealt out."""
    name, names = config.evaluation.strata, case_names(settings)
    if name not in (None, TARGET_VOLUME):
        raise SettingError("evaluation.strata", name, f"{TARGET_VOLUME} with cohort={settings.kind}")
    share_out(dict.fromkeys([*names["train"], *names["val"]], ""), config.evaluation)


def _by_case(cohort: Cohort) -> dict[str, Subject]:
    return {subject.case: subject for subject in cohort.train}


def _folded(config: Config, cohort: Cohort, strata: Mapping[str, str]) -> Cohort:
    """Return the fold that is held out, with all of them in it."""
    folds = share_out(strata, config.evaluation)
    every = tuple(_cohort_of(cohort, one, config.limit) for one in folds)
    return dataclasses.replace(every[config.evaluation.fold or 0], folds=every)


def _cohort_of(cohort: Cohort, fold: Fold, limit: LimitSettings) -> Cohort:
    subjects = _by_case(cohort)
    train, val, held_out = ([subjects[case] for case in cases] for cases in (fold.train, fold.val, fold.test))
    test = _some((subject for subject in held_out if subject.has_image), limit.test)
    blind = _some((subject for subject in held_out if not subject.has_image), limit.test)
    if limit.test is not None:
        blind = blind[: limit.test - len(test)]
    return dataclasses.replace(
        cohort, train=_some(train, limit.train), val=_some(val, limit.val), test=test, blind=blind, declared=True
    )


def _some(subjects: Iterable[Subject], number: int | None) -> tuple[Subject, ...]:
    return tuple(subjects)[:number]


def _volumes(config: Config, subjects: Mapping[str, Subject], cohort_stage: Stage, root: Path) -> dict[str, float]:
    """Return the volume of all targets of each case, ml; label maps are read once and the numbers kept."""
    cases = sorted(subjects)
    settings = {"targets": ordered(config.targets.parts), "cases": cases}

    def make(folder: Path) -> None:
        read = partial(_volume, targets=config.targets)
        found = map_cases(read, [subjects[case] for case in cases], config.parallel, "volumes of targets")
        write_json(folder / FILE, dict(zip(cases, found, strict=True)))

    stage = build(root, recipe_of("strata", VERSION, settings, [cohort_stage]), make)
    volumes: dict[str, float] = read_json(stage.folder / FILE, f"delete {stage.folder}")
    return volumes


def _volume(subject: Subject, targets: Targets) -> float:
    label_map = subject.label_map()
    voxels = np.count_nonzero(targets.merge(label_map.array, label_map.names))
    return float(voxels * np.prod(label_map.spacing) / 1000.0)
