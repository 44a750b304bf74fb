"""The translation from MR to CT as a stage, and the subjects whose CT it makes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from labelct.cohort.base import Cohort, Subject
from labelct.cohort.settings import OwnSettings
from labelct.config import Config
from labelct.errors import InputError, SettingError
from labelct.phantom.settings import EmbeddedSettings
from labelct.stages import cohorts
from labelct.store import Stage, build, key_of, recipe_of
from labelct.synthesis.recipes import RECIPES
from labelct.tracking import Tracker
from labelct.tracking.curves import LOG, replay

VERSION = 1
DIRECTION = "mr to ct"


def check(config: Config, root: Path) -> None:
    """Raise where a translation that is asked for cannot learn, as far as that can be told without making anything.

    Args:
        config: The experiment; read are data, translation and test.
        root: The folder of all stages.

    Raises:
        SettingError: `data` needs a translation, and there is none.
        InputError: A cohort has no image of its modality, or a test case is one of those that are learnt from.
    """
    if not RECIPES[config.data.kind].translated:
        return
    if config.translation.kind == "none":
        raise SettingError("translation", "none", f"small or cyclegan with data={config.data.kind}")

    for side in ("mr", "ct"):
        settings = getattr(config.translation, side)
        if isinstance(settings, EmbeddedSettings):
            _check_modality(side, settings.modality, f"cohort={settings.kind}")
        elif not isinstance(settings, OwnSettings):
            learnt = _learnt(side, *cohorts.prepare(cohorts.unlimited(config), settings, root))
            _reject_tested(config, side, learnt)


def run(config: Config, own: cohorts.Prepared, root: Path, tracker: Tracker) -> list[Stage]:
    """Return the stage of the trained translation; none where the recipe does without.

    Args:
        config: The experiment; read are data, translation and device.
        own: The training cohort, whose MR may be learnt from, and the stage that identifies its files.
        root: The folder of all stages.
        tracker: Receives curves and pictures while they grow.

    Returns:
        One stage with `model.json`, `generators.pt`, `last.ckpt`, `log.csv` and `samples/`, or an empty list.

    Raises:
        InputError: A cohort has no image of its modality, or a volume cannot be used.
    """
    if not RECIPES[config.data.kind].translated:
        return []
    from labelct.translation.training import TranslationTask, of_training, train

    sides = {side: _side(config, side, own, root) for side in ("mr", "ct")}
    subjects = {side: _learnt(side, *prepared) for side, prepared in sides.items()}
    settings = of_training(config.translation)
    cases = {side: [subject.case for subject in shown] for side, shown in subjects.items()}
    parents = [dataclasses.replace(stage, name=side) for side, (_, stage) in sides.items()]
    task = TranslationTask(config.translation, subjects["mr"], subjects["ct"], config.device, config.parallel)
    recipe = recipe_of("translation", VERSION, {"translation": settings, "cases": cases}, parents)
    learnt = build(root, recipe, lambda folder: train(task, folder, tracker))
    if not learnt.fresh:
        replay(learnt.folder / LOG, tracker, "translation")
    return [learnt]


def applied(config: Config, own: cohorts.Prepared, learnt: Sequence[Stage]) -> cohorts.Prepared:
    """Return a cohort whose subjects have, in place of their MR, the CT that a translation makes of it.

    Args:
        config: The experiment; read are the windows of the translation, and the device.
        own: The cohort, with MR, and the stage that identifies its files.
        learnt: What `run` returned; empty: both stay as they are.

    Returns:
        The cohort, folds included, and the stage that stands for its files and the translation.
    """
    if not learnt:
        return own
    cohort, stage = own
    key = key_of(recipe_of("cohort", VERSION, {"direction": DIRECTION}, [stage, *learnt]))
    return _with_ct(config, cohort, learnt), dataclasses.replace(stage, key=key)


def _with_ct(config: Config, cohort: Cohort, learnt: Sequence[Stage]) -> Cohort:
    train, val, test = (to_ct(config, subjects, learnt) for subjects in (cohort.train, cohort.val, cohort.test))
    folds = tuple(_with_ct(config, fold, learnt) for fold in cohort.folds)
    return dataclasses.replace(cohort, train=train, val=val, test=test, folds=folds, modality="ct")


def to_ct(config: Config, subjects: tuple[Subject, ...], learnt: Sequence[Stage]) -> tuple[Subject, ...]:
    """Return subjects with the CT that a translation makes of their MR in its place, as `applied` does."""
    if not learnt:
        return subjects
    from labelct.translation.translator import with_ct

    how = learnt[0].folder, config.device, config.translation.prediction
    return tuple(with_ct(subject, *how) for subject in subjects)


def described(subject: Subject) -> dict[str, dict[str, str]]:
    """Return what the record of a volume says about the translation that made its CT."""
    from labelct.translation.translator import TranslatedMr

    assert isinstance(subject.load_ct, TranslatedMr)
    return {"translation": {"stage": subject.load_ct.folder.name, "direction": DIRECTION}}


def _side(config: Config, side: str, own: cohorts.Prepared, root: Path) -> cohorts.Prepared:
    settings = getattr(config.translation, side)
    return own if isinstance(settings, OwnSettings) else cohorts.prepare(cohorts.unlimited(config), settings, root)


def _learnt(side: str, cohort: Cohort, stage: Stage) -> tuple[Subject, ...]:
    """Return the subjects that are learnt from: those of training and validation, in any fold, by their images.

    All folds of a cross-validation share one translation, for it learns from images and sees no label.

    Raises:
        InputError: They have images of the other modality, or none.
    """
    _check_modality(side, cohort.modality, stage.folder)
    name = side.upper()
    everyone = {one.case: one for split in ("train", "val") for one in cohort.pooled(split)}
    subjects = tuple(one for one in everyone.values() if getattr(one, f"load_{side}") is not None)
    if not subjects:
        problem = f"holds no {name} to learn a translation from, in training and validation"
        raise InputError(stage.folder, problem, f"check the files and splits of translation.{side}")
    return subjects


def _check_modality(side: str, modality: str, source: object) -> None:
    """Raise `InputError` where a cohort's images are of the other modality than its side of the translation."""
    if modality != side:
        name, chosen = side.upper(), f"cohort@translation.{side}="
        remedy = f"choose another {chosen}, or set translation.{side}.modality={side} if they are {name}"
        raise InputError(source, f"its images are {modality.upper()}, {name} are needed", remedy)


def _reject_tested(config: Config, side: str, learnt: Sequence[Subject]) -> None:
    """Raise `InputError` where a test group that is only read shares a file with what is learnt from."""
    told, remedy = "is a case that the translation learns from", f"take it out with translation.{side}.cases="
    cohorts.reject_shared(cohorts.read_only_tests(config), learnt, told, remedy)
