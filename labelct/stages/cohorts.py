"""Cohorts as a stage: embedded ones are made, others are identified by what their files are."""

import dataclasses
import logging
import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from labelct.cohort.base import Cohort, Subject
from labelct.cohort.open import open_cohort
from labelct.cohort.settings import SPLITS, FilesSettings, FolderSettings, OwnSettings, SyntheticSettings
from labelct.config import Config, plain
from labelct.errors import InputError
from labelct.filenames import LONGEST_CASE
from labelct.job_settings import LimitSettings
from labelct.kinds import CohortSettings
from labelct.parallel import ParallelSettings, map_cases
from labelct.phantom.settings import EmbeddedSettings
from labelct.stages import folding, inputs, selection
from labelct.store import Stage, build, key_of, planning, recipe_of
from labelct.synthesis.recipes import RECIPES

log = logging.getLogger(__name__)
VERSION = 1
PATHS = ("root", "splits_file", "labels", "ct", "mr", "images", "masks", "names")
TOLD = ("source", "licence")  # for people
SHARED_OUT = ("cases", "splits", "seed", "split")  # which cases are in which split
# A setting with the value that it had before there was one: it stands in no key then.
UNSAID = (("modality", "ct"),)
Prepared = tuple[Cohort, Stage]  # a cohort, and the stage that it was prepared in


def read_options(settings: CohortSettings) -> dict[str, Any]:
    """Return the settings that say how the files of a case are read; an embedded cohort's are as they were made."""
    if isinstance(settings, EmbeddedSettings):
        return {}
    return {name: value for name, value in _options(settings).items() if name not in SHARED_OUT}


def _options(settings: CohortSettings | FilesSettings) -> dict[str, Any]:
    """Return the settings of a cohort of files that stand in its key."""
    return {
        name: value
        for name, value in plain(settings).items()
        if name not in (*PATHS, *TOLD) and (name, value) not in UNSAID
    }


def prepare_training(config: Config, root: Path) -> Prepared:
    """Return the cohort to train on with the stage that stands for its files: those of its cases that can be used.

    Cases without a voxel of the targets are left out (`labelct.stages.selection`), and those without an image
    where the recipe is made of one; the stage stands for the latter as well, so that all recipes share it. In a
    cross-validation it is one fold of these cases; the stage knows no fold, and limits are those of each fold.

    Args:
        config: The experiment.
        root: The folder of all stages.

    Raises:
        InputError: No case of a split is left.
    """
    if config.evaluation.folds is None:
        return _usable(config, root)
    cohort, stage = _usable(unlimited(config), root)
    return folding.fold(config, cohort, stage, root), stage


def unlimited(config: Config) -> Config:
    """Return the experiment without limits: they are of each fold, and of cohorts that a network is trained on."""
    return dataclasses.replace(config, limit=LimitSettings())


def _usable(config: Config, root: Path) -> Prepared:
    if isinstance(config.cohort, EmbeddedSettings):
        cohort, stage = embedded(config.cohort, config.limit, config.parallel, root)
        return (cohort if config.evaluation.folds is None else folding.dealt(cohort)), stage
    cohort = open_cohort(config.cohort)
    cohort = selection.run(config, cohort if config.evaluation.folds is None else folding.dealt(cohort), root)
    stage = _identified(cohort, config.cohort, root)
    image = RECIPES[config.data.kind].source
    return (_with_image(cohort, config.data.kind, image) if image else cohort), stage


def _with_image(cohort: Cohort, recipe: str, image: str) -> Cohort:
    """Return the cohort with the cases that have the image which the recipe is made of, `ct` or `mr`."""
    blind = [subject.case for subject in (*cohort.train, *cohort.val) if not subject.shows(image)]
    if not blind:
        return cohort
    check_image(cohort, recipe, image)
    told = (cohort.root, recipe, image.upper(), len(blind), ", ".join(blind))
    log.warning("%s: left out of data=%s, for they have no %s: %d (%s)", *told)
    return cohort.with_image(image)


def check_image(cohort: Cohort, recipe: str, image: str) -> None:
    """Raise `InputError` where no training case has the image which the recipe is made of, `ct` or `mr`."""
    if not any(subject.shows(image) for subject in cohort.train):
        shown = "an MR" if image == "mr" else "a CT"
        problem = f"none of its {len(cohort.train)} training cases has {shown}, which data={recipe} is made of"
        raise InputError(cohort.root, problem, f"set data=synth1, synth2 or synth3, or add the {image.upper()}")


def prepare(config: Config, settings: CohortSettings, root: Path) -> Prepared:
    """Return the cohort of `settings`, cut to `config.limit`, and the stage that stands for its files.

    Args:
        config: The experiment, for its limits and workers.
        settings: The cohort, of a test or not looked through yet.
        root: The folder of all stages.

    Returns:
        The cohort and its stage; the key of one that is only read comes from what its files are, never from paths.
    """
    if isinstance(settings, EmbeddedSettings):
        return embedded(settings, config.limit, config.parallel, root)
    cohort = _cut(open_cohort(settings), config.limit)
    return cohort, _identified(cohort, settings, root)


def _identified(cohort: Cohort, settings: FilesSettings, root: Path, used: Iterable[Subject] | None = None) -> Stage:
    """Return the stage that stands for the files of a cohort, of which those of `used` are looked into (None: all)."""
    _check_names(cohort)
    options = _options(settings)
    options["files"] = inputs.fingerprint(cohort, root, used)
    key = key_of(recipe_of("cohort", VERSION, options))
    return Stage("cohort", key, Path(settings.root))


def prepare_test(
    config: Config, settings: CohortSettings | OwnSettings, own: Prepared, root: Path
) -> tuple[tuple[Subject, ...], Stage]:
    """Return the subjects of a test group, each with an image, and the stage that stands for their files.

    Args:
        config: The experiment, for its limits and workers.
        settings: The test group; `own` is the test split of the training cohort.
        own: The training cohort and its stage.
        root: The folder of all stages.

    Raises:
        InputError: No subject with an image is left, its images are MR and those of the training are CT, it has no
            label map, or it is a subject of the training.
    """
    if isinstance(settings, OwnSettings):
        _check_scored(config, own[0], own[1].folder)
        subjects = tuple(subject for subject in own[0].test if subject.has_image)
        if not subjects:
            wanted = "MR" if own[0].modality == "mr" else "CT"
            remedy = "set evaluation.folds= to hold cases out; or score on another cohort or test=synthetic with test="
            raise InputError(own[1].folder, f"the cohort has no test subject with an image ({wanted})", remedy)
        _tell_copies(subjects, (*own[0].train, *own[0].val), root)
        return subjects, own[1]
    # as many of each as there are: what is scored is cut to `limit.test`, whichever split it is from
    if isinstance(settings, EmbeddedSettings):
        cohort, stage = embedded(settings, config.limit, config.parallel, root)
        _check_scored(config, cohort, stage.folder)
        subjects = cohort.scored()[: config.limit.test]
    else:
        cohort = open_cohort(settings)
        _check_scored(config, cohort, settings.root)
        subjects = cohort.scored(settings.split)[: config.limit.test]
        stage = _identified(cohort, settings, root, subjects)
    remedy = "take it out of the training with cohort.cases= or cohort.splits="
    learnt = (*own[0].train, *own[0].val)
    reject_shared(subjects, learnt, "is a case of the training", remedy)
    _tell_copies(subjects, learnt, root)
    return subjects, stage


def read_only_tests(config: Config) -> list[Subject]:
    """Return what is scored of the test groups that are only read: they are known before anything is made."""
    found: list[Subject] = []
    for settings in config.test.values():
        if not isinstance(settings, (OwnSettings, SyntheticSettings, EmbeddedSettings)):
            found += open_cohort(settings).scored(settings.split)[: config.limit.test]
    return found


def _check_scored(config: Config, cohort: Cohort, source: object) -> None:
    """Raise `InputError` where the images of a test group are none that the network is made for, or have no labels."""
    subjects = (*cohort.train, *cohort.val, *cohort.test)
    if any(subject.load_label_map is None for subject in subjects):
        raise InputError(source, "its images have no label maps to score against", "leave it out of test=")
    check_modality(config, cohort.modality, str(source))


def check_modality(config: Config, modality: str, source: str) -> None:
    """Raise `InputError` where the images of a test group are MR and the network is made for CT.

    Args:
        config: The experiment; read is the recipe.
        modality: Of the test group.
        source: What an error names.
    """
    if modality == "mr" and RECIPES[config.data.kind].source != "mr":
        problem = f"its test images are MR, and data={config.data.kind} trains on CT"
        raise InputError(source, problem, "give CT to score on with test=, or train on MR with data=mr")


def _check_names(cohort: Cohort) -> None:
    """Raise `InputError` where the files of a stage could not be named after a case."""
    for subject in cohort.everyone:
        length = len(os.fsencode(subject.case))
        if length > LONGEST_CASE:
            problem = f"the case's name has {length} bytes, {LONGEST_CASE} at most"
            raise InputError(subject.files[0], problem, "shorten it, or leave it out with cohort.cases=")


def reject_shared(tested: Iterable[Subject], learnt: Iterable[Subject], told: str, remedy: str) -> None:
    """Raise `InputError` where a test subject is read from a file of those that are learnt from.

    Args:
        tested: Test subjects.
        learnt: Those that a network learns from.
        told: What such a test case is, as `is a case of the training`.
        remedy: What to do.
    """
    used = {os.path.realpath(path) for subject in learnt for path in subject.files}
    for subject in tested:
        if shared := used & {os.path.realpath(path) for path in subject.files}:
            raise InputError(Path(min(shared)), f"test case {subject.case} {told}", remedy)


def _tell_copies(tested: Sequence[Subject], learnt: Sequence[Subject], root: Path) -> None:
    """Warn where a test subject has a file of the same content as one that is learnt from: a patient of two names."""
    if planning():  # the job says it, before its first stage
        return
    sizes = {path.stat().st_size for subject in learnt for path in subject.files}
    alike = [(subject, path) for subject in tested for path in subject.files if path.stat().st_size in sizes]
    if not alike:
        return
    known = [(subject, path) for subject in learnt for path in subject.files]
    contents = dict(zip(inputs.digests([path for _, path in known], root), known, strict=True))
    found = zip(alike, inputs.digests([path for _, path in alike], root), strict=True)
    copies = [(subject, path, *contents[digest]) for (subject, path), digest in found if digest in contents]
    if copies:
        count, (subject, path, other, original) = len({copy[0].case for copy in copies}), copies[0]
        told = f"test case {subject.case} has the content of {original}, of training case {other.case}"
        more = f" (and {count - 1} other test cases)" if count > 1 else ""
        log.warning("%s: %s%s: if it is one patient, leave it out of the one or of the other", path, told, more)


def embedded(settings: EmbeddedSettings, limit: LimitSettings, parallel: ParallelSettings, root: Path) -> Prepared:
    """Return a procedural cohort and its stage, made first where it is not there.

    Args:
        settings: Of the cohort.
        limit: How many cases of each split are wanted.
        parallel: How cases spread over processes.
        root: The folder of all stages.
    """
    from labelct.phantom import cases as phantom

    wanted = {
        split: min(getattr(settings, split), getattr(limit, split) or getattr(settings, split)) for split in SPLITS
    }
    settings = dataclasses.replace(settings, **wanted)

    def make(folder: Path) -> None:
        cases = [case for names in phantom.case_names(settings).values() for case in names]
        missing = [case for case in cases if not phantom.is_complete(settings, case, folder)]
        make_case, what = partial(phantom.generate_case, settings, folder=folder), f"{settings.kind} anatomies"
        map_cases(make_case, missing, parallel, what)
        phantom.write_index(settings, folder)

    stage = build(root, recipe_of("cohort", VERSION + phantom.revision(settings), plain(settings)), make)
    files = FolderSettings(root=str(stage.folder), modality=settings.modality)
    return dataclasses.replace(open_cohort(files), name=settings.kind), stage


def _cut(cohort: Cohort, limit: LimitSettings) -> Cohort:
    kept = {split: getattr(cohort, split)[: getattr(limit, split)] for split in SPLITS}
    return dataclasses.replace(cohort, **kept)
