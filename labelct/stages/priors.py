"""Which tables of HU a data set is painted from: built in, a file, or measured on the CT of the training cases.

No voxel of a validation or test case enters them: what is read and what the keys hold are files of training cases.
"""

import dataclasses
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from labelct.cohort.base import Cohort, Subject
from labelct.config import Config
from labelct.errors import InputError, SettingError, did_you_mean
from labelct.parallel import map_cases
from labelct.priors import AIR, AUTO, BACKGROUND_CLASSES, BUILTIN, FITTED, TRAIN, Priors, load_priors
from labelct.priors.fit import FEWEST_CASES, Measured, fit_priors, measure, priors_csv
from labelct.sampler import BODY
from labelct.stages import cohorts, inputs
from labelct.store import Stage, build, recipe_of
from labelct.synthesis.background import Settings as BackgroundSettings
from labelct.synthesis.background import completed
from labelct.synthesis.body_histogram import BodyHistogram, body_csv, load_body, measure_body
from labelct.synthesis.case import Case
from labelct.synthesis.recipes import RECIPES
from labelct.synthesis.settings import DataSettings
from labelct.writing import write_text

log = logging.getLogger(__name__)
VERSION = 2
FILES = {"priors": "priors.csv", "body": "body_histogram.csv"}
ERODE = 1  # voxels peeled off an organ before it is measured, so that its border does not count


@dataclass(frozen=True)
class Choice:
    """Where each table comes from: `train`, `builtin` or a CSV file.

    Attributes:
        priors: The HU of organs.
        body: The histogram of a body; None where the recipe has none.
    """

    priors: str
    body: str | None


@dataclass(frozen=True)
class Tables:
    """The tables of one data set.

    Attributes:
        priors: The HU of organs.
        body: The histogram of a body; None where the recipe has none.
        identity: What names each in a key and in the manifest, by `priors` and `body`: `builtin`, the key of the stage
            that measured it, or the digest of what a file says.
        stages: The stages that measured them.
    """

    priors: Priors
    body: BodyHistogram | None
    identity: dict[str, str]
    stages: tuple[Stage, ...]

    def write(self, folder: Path) -> None:
        """Write them to a folder of volumes, for `beside`."""
        write_text(folder / FILES["priors"], priors_csv(self.priors))
        if self.body is not None:
            write_text(folder / FILES["body"], body_csv(self.body))


def choose(config: Config, has_ct: bool) -> Choice:
    """Say where the tables come from; what the recipe does not read is built in.

    Args:
        config: The experiment.
        has_ct: Whether a training case has a CT.

    Raises:
        SettingError: `train` without any CT.
    """
    data, recipe = config.data, RECIPES[config.data.kind]
    priors = _chosen("data.priors", data.priors, has_ct) if recipe.reads_priors(config.fill) else BUILTIN
    with_body = "cylinder" not in recipe.unread
    return Choice(priors, _chosen("data.cylinder.histogram", data.cylinder.histogram, has_ct) if with_body else None)


def _chosen(key: str, given: str, has_ct: bool) -> str:
    if given == TRAIN and not has_ct:
        raise SettingError(key, given, "auto, builtin or a CSV file", "no training case has a CT to measure")
    return (TRAIN if has_ct else BUILTIN) if given == AUTO else given


def tables(config: Config, cohort: Cohort, root: Path) -> Tables:
    """Return the tables of an experiment, measured first where no earlier run has.

    Args:
        config: The experiment; read are data and fill.
        cohort: Its subjects, whose training cases alone are looked at.
        root: The folder of all stages.

    Raises:
        InputError: A file cannot be read, or the CT that was drawn shows no body.
        SettingError: `train` without any CT.
    """
    subjects = tuple(subject for subject in cohort.train if subject.load_ct is not None)
    choice = choose(config, bool(subjects))
    stages: dict[str, Stage] = {}
    if choice.priors == TRAIN:
        stages["priors"] = _measured_priors(config, cohort, subjects, root)
    if choice.body == TRAIN:
        stages["body"] = _measured_body(config, subjects, root)

    def found(name: str, chosen: str) -> tuple[str, str]:
        stage = stages.get(name)
        return (IDENTITY[name](chosen), chosen) if stage is None else (stage.key, str(stage.folder / FILES[name]))

    identity: dict[str, str] = {}
    identity["priors"], source = found("priors", choice.priors)
    priors, body = load_priors(source), None
    if RECIPES[config.data.kind].reads_priors(config.fill):
        _tell_priors(config, cohort, choice.priors, priors, len(subjects))
        tell_missing(config, cohort, choice.priors, priors)
    if choice.body is not None:
        identity["body"], source = found("body", choice.body)
        body = load_body(source)
        _tell_body(config, body)
    return Tables(priors, body, identity, tuple(stages.values()))


def beside(data: DataSettings, folder: Path) -> DataSettings:
    """Return the settings with the tables that `Tables.write` left in a folder in place of their choice."""
    has_body = "cylinder" not in RECIPES[data.kind].unread
    histogram = str(folder / FILES["body"]) if has_body else BUILTIN
    cylinder = dataclasses.replace(data.cylinder, histogram=histogram)
    return dataclasses.replace(data, priors=str(folder / FILES["priors"]), cylinder=cylinder)


def fit(subjects: Sequence[Subject], config: Config, base: Priors, erode: int = ERODE) -> Priors:
    """Fit priors to the CT of some subjects, with fat and soft tissue where no label says what a voxel is.

    Args:
        subjects: Each with a CT.
        config: Read are the phase of the CT and what parts fat from soft tissue, both in `data`, and the workers.
        base: Where classes that no CT shows come from.
        erode: Voxels peeled off each organ first.
    """
    look = partial(_measure, base=base, background=config.data.background, erode=erode)
    cases = map_cases(look, subjects, config.parallel, "organs measured")
    return fit_priors(cases, base, config.data.mean_enhancement, config.data.mean_time)


def _measure(subject: Subject, base: Priors, background: BackgroundSettings, erode: int) -> dict[str, Measured]:
    assert subject.load_ct is not None
    label_map, ct = subject.label_map(), subject.load_ct()
    hu = ct.array.astype(np.float32)
    case = completed(Case(label_map.array, ct.spacing, label_map.names, hu, label_map.ignored), background)
    return measure(np.asarray(case.ct), case.label_map.astype(np.uint32), case.names, base, erode)


def _measured_priors(config: Config, cohort: Cohort, subjects: Sequence[Subject], root: Path) -> Stage:
    """Return the stage of priors that are measured on some subjects: `priors.csv`."""
    background = {name: getattr(config.data.background, name) for name in ("air_hu", "clip", "seeds")}
    settings: dict[str, Any] = {"background": background, "erode": ERODE}
    settings |= {"enhancement": config.data.mean_enhancement, "time": config.data.mean_time}
    settings |= {"read": cohorts.read_options(config.cohort), "names": sorted(cohort.label_names.items())}
    settings["cases"] = [[subject.case, _digest(subject, root)] for subject in subjects]

    def make(folder: Path) -> None:
        write_text(folder / FILES["priors"], priors_csv(fit(subjects, config, load_priors())))

    return build(root, recipe_of("priors", VERSION, settings), make)


def _measured_body(config: Config, subjects: Sequence[Subject], root: Path) -> Stage:
    """Return the stage of the histogram of one subject's body, whom the seed draws: `body_histogram.csv`."""
    ordered = sorted(subjects, key=lambda subject: subject.case)
    subject = ordered[int(np.random.default_rng([config.data.seed, BODY]).integers(len(ordered)))]
    settings = {"read": cohorts.read_options(config.cohort), "case": subject.case, "files": _digest(subject, root)}

    def make(folder: Path) -> None:
        assert subject.load_ct is not None
        ct = subject.load_ct()
        try:
            body = measure_body(ct.array, ct.spacing, subject.case)
        except InputError as error:
            raise InputError(subject.files[-1], error.problem, "set data.cylinder.histogram=builtin") from None
        write_text(folder / FILES["body"], body_csv(body))

    return build(root, recipe_of("body", VERSION, settings), make)


def _digest(subject: Subject, root: Path) -> str:
    """Return what identifies the content of a subject's files: a CT that was rewritten is another one."""
    return hashlib.sha256("".join(inputs.digests(subject.files, root)).encode()).hexdigest()


def _priors_identity(source: str) -> str:
    """Return what identifies priors that are not measured: `builtin`, or the digest of what a file makes of them."""
    return source if source == BUILTIN else hashlib.sha256(priors_csv(load_priors(source)).encode()).hexdigest()


def _body_identity(source: str) -> str:
    """Return what identifies a histogram that is not measured: `builtin`, or the digest of its file."""
    if source == BUILTIN:
        return source
    try:
        return hashlib.sha256(Path(source).read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(source, f"cannot be read ({error.strerror})", "give a CSV file or builtin") from None


IDENTITY = {"priors": _priors_identity, "body": _body_identity}


def _tell_priors(config: Config, cohort: Cohort, choice: str, priors: Priors, cases: int) -> None:
    """Say in one line where the priors come from, and which classes have a row that is not measured or no histogram."""
    fitted = config.fill.kind == "fitted"
    known = [name for name in sorted(set(cohort.names())) if name in priors.table and name != AIR]
    if choice == TRAIN:
        unseen = [name for name in known if priors[name].evidence != FITTED]
        spreads = "" if cases >= FEWEST_CASES else ", too few for spreads between patients, which are the built-in ones"
        row = "a built-in row with a normal curve" if fitted else "a built-in row"
        rows = f"; no CT shows, and {row} stands for, {', '.join(unseen)}" if unseen else ""
        log.info("priors: measured on %d training CT%s%s", cases, spreads, rows)
        return
    lacking = [name for name in known if not priors[name].quantiles]
    which = "every class" if len(lacking) == len(known) else ", ".join(lacking)
    curve = f"; fill=fitted: they have no histogram of, and a normal curve stands for, {which}"
    why = ", for no training case has a CT" if config.data.priors == AUTO else ""
    if why or (fitted and lacking):
        log.info(
            "priors: %s%s%s", "built in" if choice == BUILTIN else choice, why, curve if fitted and lacking else ""
        )


def tell_missing(config: Config, cohort: Cohort, choice: str, priors: Priors) -> None:
    """Warn of structures that are painted without a prior, and of rows of a file that no structure is called by.

    Args:
        config: The experiment; read are data, fill and targets.
        cohort: Its structures.
        choice: Where the priors come from.
        priors: The HU of organs.
    """
    only = RECIPES[config.data.kind].targets_only
    painted = {*(config.targets.structures if only else cohort.names())} - {config.data.lesions.name}
    if missing := priors.without(painted - {*BACKGROUND_CLASSES}):
        names = ", ".join(f"{name} (near: {', '.join(near)})" if near else name for name, near in missing.items())
        low, high = config.fill.hu
        log.warning(
            "no prior for %s: painted with HU from %g to %g, as fill=uniform does; give one as a row of a CSV file, "
            "data.priors=FILE (its columns: docs/your-own.md)",
            names,
            low,
            high,
        )
    if choice not in (TRAIN, BUILTIN):
        for name in sorted(set(priors.table) - set(load_priors().table) - set(cohort.names())):
            told = did_you_mean(name, cohort.names()) or f"its structures are {', '.join(sorted(cohort.names())[:20])}"
            log.warning("%s: its row %s belongs to no structure of the cohort; %s", choice, name, told)


def _tell_body(config: Config, body: BodyHistogram) -> None:
    """Say in one line whose body it is, and warn where it has another phase than what is put into it."""
    log.info("data.cylinder.histogram: the body of %s", body.source)
    phase = config.data.phase
    if body.phase and phase != body.phase:
        message = "data.phase=%s: the organs are put into the body of a CT in the %s phase; `labelct priors body CT` "
        log.warning(message + "measures another for data.cylinder.histogram=FILE", phase, body.phase)
