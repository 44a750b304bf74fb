"""What a job needs, looked for before anything is made: device, files, structures, priors."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labelct.cohort.base import Cohort
from labelct.cohort.settings import OwnSettings
from labelct.config import CohortSettings, Config, plain
from labelct.errors import InputError, did_you_mean
from labelct.phantom.settings import PhantomSettings
from labelct.priors import load_priors
from labelct.stages import cohorts, priors, training
from labelct.store import Stage
from labelct.synthesis.bank import load_bank
from labelct.synthesis.body_histogram import load_body
from labelct.synthesis.recipes import RECIPES

PHANTOM = "cohort=phantom"


def needs(config: Config) -> dict[str, Any]:
    """Return the sections that `check` reads: jobs that agree in them need the very same."""
    read = ("cohort", "test", "targets", "data", "fill", "texture", "drop", "device", "limit", "paths")
    return {name: value for name, value in plain(config).items() if name in read}


def check(config: Config) -> None:
    """Raise where a job is bound to fail; nothing is made, and no voxel is read.

    Args:
        config: The experiment.

    Raises:
        LabelctError: The device, a folder, a structure, a prior or a video is not there.
    """
    training.device_of(config)
    with _untold():
        _check(config)


@contextmanager
def _untold() -> Iterator[None]:
    """Keep back what the opening of a cohort warns of: the job opens it again, and says it once."""
    told = logging.getLogger("labelct.cohort")
    before = told.level
    told.setLevel(logging.ERROR)
    try:
        yield
    finally:
        told.setLevel(before)


def _check(config: Config) -> None:
    root = Path(config.paths.outputs) / "stages"
    own = _own(config, root)
    known = own[0].names() if own else _phantom_names()
    _check_structures(config, known, str(own[1].folder) if own else PHANTOM)
    _check_tables(config, own is None or any(subject.load_ct is not None for subject in own[0].train))
    recipe = RECIPES[config.data.kind]
    if config.texture.kind == "video" and recipe.textured and not recipe.white:
        load_bank(config.texture)
    for name, settings in config.test.items():
        _check_test(config, name, settings, own, root)


def _own(config: Config, root: Path) -> tuple[Cohort, Stage] | None:
    """Return the cohort and its stage where that is only read; None where it has to be made first.

    Raises:
        InputError: It holds no case to train on.
    """
    if isinstance(config.cohort, PhantomSettings):
        if not config.cohort.train:
            raise InputError(PHANTOM, "cohort.train=0 leaves no case to train on", "set cohort.train=1 or more")
        return None
    cohort, stage = cohorts.prepare(config, config.cohort, root)
    if not cohort.train:
        raise InputError(stage.folder, "no training subject is left", "check cohort.splits and limit.train")
    return cohort, stage


def _phantom_names() -> tuple[str, ...]:
    from labelct.phantom.anatomy import NAMES

    return NAMES


def _check_structures(config: Config, known: tuple[str, ...], source: str) -> None:
    host, lesion = config.data.lesions.host, config.data.lesions.name
    here = (*known, *([lesion] if lesion else []))
    for part in (*config.targets.missing(here), *([host] if host else [])):
        _check_known(part, here, source)
    for name in config.drop.labels:
        _check_known(name, (*here, *config.targets.names), source)


def _check_known(name: str, known: tuple[str, ...], source: str) -> None:
    if name not in known:
        remedy = did_you_mean(name, known) or f"known are {', '.join(sorted(known)[:20])}"
        raise InputError(source, f"the cohort has no structure {name!r}", remedy)


def _check_tables(config: Config, has_ct: bool) -> None:
    """Raise where a table is not there, or a target that is painted from it has no row that could be known by now."""
    choice = priors.choose(config, has_ct)
    if choice.body not in (None, priors.TRAIN):
        load_body(choice.body)
    if choice.priors != priors.TRAIN and RECIPES[config.data.kind].reads_priors(config.fill):
        table = load_priors(choice.priors)
        for part in sorted(config.targets.structures - {config.data.lesions.name}):
            table[part]


def _check_test(
    config: Config, name: str, settings: CohortSettings | OwnSettings, own: tuple[Cohort, Stage] | None, root: Path
) -> None:
    """Raise where a test group that is only read has no CT to score, shares cases or lacks a target."""
    made = config.cohort if isinstance(settings, OwnSettings) else settings
    if isinstance(made, PhantomSettings):
        if not made.test:
            raise InputError(f"test={name}", "there is no case to score on", "set the cohort's test=1 or more")
        return
    if isinstance(settings, OwnSettings):
        assert own is not None
        cohorts.prepare_test(config, settings, own, root)
        return
    cohort, stage = cohorts.prepare(config, settings, root)
    if own is not None:
        cohorts.prepare_test(config, settings, own, root)
    lesion = config.data.lesions.name
    for part in config.targets.missing(cohort.names(), optional=[lesion]):
        _check_known(part, cohort.names(), str(stage.folder))
