"""The chain of one experiment: cohort, synthesis, scanner, training, segmentation, scores."""

import dataclasses
import logging
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from labelct.cohort.base import Subject
from labelct.cohort.settings import SyntheticSettings
from labelct.config import Config, plain
from labelct.job_status import SCORES
from labelct.journal import kept
from labelct.stages import (
    acquisition,
    atlases,
    cohorts,
    plans,
    preflight,
    results,
    testing,
    training,
    training_set,
    translation,
)
from labelct.stages.cohorts import Prepared
from labelct.stages.unread import unread
from labelct.store import Stage
from labelct.tracking import Description, Tracker, track
from labelct.trainer.settings import DeviceSettings
from labelct.upkeep import remark
from labelct.versions import versions
from labelct.writing import write_text

log = logging.getLogger(__name__)
ARM = ("cohort", "data", "fill", "texture", "drop", "scanner", "dose", "translation", "trainer", "debug", "experiment")


def run(config: Config, folder: Path, choices: Mapping[str, str], overrides: Sequence[str] = ()) -> float | None:
    """Run one experiment and leave its configuration, scores and figures in `folder`.

    Args:
        config: The experiment.
        folder: The job's folder.
        choices: The option chosen in each configuration group.
        overrides: What was typed, for the record.

    Returns:
        The mean Dice over test cases and targets, None where it is nowhere defined or nothing is scored.
    """
    arm = {name: choices[name] for name in ARM if name in choices} | {"seed": str(config.seed)}
    if config.evaluation.folds is not None:
        arm["fold"] = f"{config.evaluation.fold}/{config.evaluation.folds}"
    write_text(folder / "config.yaml", OmegaConf.to_yaml(OmegaConf.create(_found_again(config))))
    name = config.name or "-".join(arm[part] for part in ("data", "scanner", "dose", "trainer", "seed") if part in arm)
    log.info("%s", " · ".join(f"{part} {option}" for part, option in arm.items() if option not in ("none", "None")))
    log.info("device: %s", training.device_of(config))
    for line in unread(config, overrides):
        log.info("%s", line)
    acquisition.check(config)
    tags = [*config.tags, *(arm[part] for part in ("data", "trainer") if part in arm), f"seed {config.seed}"]
    tags += [f"fold {arm['fold']}"] if "fold" in arm else []
    made_by = {**versions(), "host": socket.gethostname()}
    described = Description(name, {**plain(config), "arm": arm, **made_by}, config.group, tags, "experiment")
    root = Path(config.paths.outputs) / "stages"
    with kept(folder, root) as journal, track(config.logger, folder, described) as tracker:
        preflight.check(config)
        outcome = _chain(config, root, tracker)
        score = results.write(config, folder, arm, list(overrides), outcome, tracker)
        if config.logger.artifacts:
            _keep(tracker, name, folder, outcome.stages)
        if told := remark(journal.stages, root):
            log.info("%s", told)
        return score


def _found_again(config: Config) -> dict[str, Any]:
    """Return the configuration with the place of all stages from the root, wherever it is read from."""
    return {**plain(config), "paths": {**plain(config.paths), "outputs": str(Path(config.paths.outputs).absolute())}}


def _keep(tracker: Tracker, name: str, folder: Path, stages: Sequence[Stage]) -> None:
    """Keep the scores, where there are any, and the model with the tracker."""
    written = [folder / "config.yaml", folder / results.TABLE, folder / SCORES]
    tracker.artifact("scores", f"{name}-scores", [path for path in written if path.is_file()])
    for stage in (stage for stage in stages if stage.name == "training"):
        tracker.artifact("model", f"{name}-model", sorted(path for path in stage.folder.glob("*") if path.is_file()))


def plan(config: Config, here: bool = True) -> plans.Plan:
    """Return what `run` would make and reuse; nothing is made or written.

    Args:
        config: The experiment.
        here: Whether it would run on this machine, whose device is looked at then.

    Raises:
        LabelctError: As `run`, as far as it can be told without making anything.
    """
    config = dataclasses.replace(config, parallel=config.parallel.one_by_one())  # workers would make what they want
    if not here:
        config = dataclasses.replace(config, device=DeviceSettings(kind="auto"))
    preflight.check(config, here)
    acquisition.check(config)
    root = Path(config.paths.outputs) / "stages"
    return plans.walk(config, root, lambda: _chain(config, root, Tracker()))


def _chain(config: Config, root: Path, tracker: Tracker) -> results.Outcome:
    """Run stage after stage."""
    cohort, cohort_stage = own = cohorts.prepare_training(config, root)
    training.check(config, cohort)
    if not config.test and cohort.test and not cohort.declared:
        log.warning("test=none: %d cases are drawn for a test; cohort.splits.test=0 trains on them", len(cohort.test))
    made = [name for name, settings in config.test.items() if isinstance(settings, SyntheticSettings)]
    tests = {name: _tested(config, name, own, root) for name in config.test if name not in made}
    learnt = translation.run(config, own, root, tracker)
    tests = {name: (translation.to_ct(config, tested, learnt), stage) for name, (tested, stage) in tests.items()}
    beside = atlases.applied(config, own, root)
    shown = translation.applied(config, beside, learnt)
    tests |= {name: _tested(config, name, shown, root) for name in made}
    *volumes, dataset = training_set.run(config, *shown, root)
    *prepared, model = training.run(config, beside[0], cohort_stage, dataset, root, tracker)
    stages: list[Stage] = [cohort_stage, *learnt, *volumes, dataset, *prepared, model]
    rows: list[dict[str, Any]] = []
    segmented: dict[str, tuple[tuple[Subject, ...], Stage]] = {}
    for name in config.test:
        tested, tested_stage = tests[name]
        masks = testing.segment(config, name, tested, tested_stage, model, root)
        scores = testing.evaluate(config, name, tested, masks, root)
        stages += [masks, scores]
        rows += testing.rows_of(scores)
        segmented[name] = (tested, masks)
    return results.Outcome(stages, segmented, rows)


def _tested(config: Config, name: str, own: Prepared, root: Path) -> tuple[tuple[Subject, ...], Stage]:
    """Return the subjects of a test group and their stage, each case read once."""
    settings = config.test[name]
    if isinstance(settings, SyntheticSettings):
        tested, stage = training_set.held_out(config, settings.seed, own, root)
    else:
        tested, stage = cohorts.prepare_test(config, settings, own, root)
    testing.check_cases(config, name, tested, stage, root)
    return tested, stage
