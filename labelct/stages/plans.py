"""What a job would make and reuse, stage by stage, how long that takes and how much disk it needs."""

import dataclasses
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelct import events, upkeep
from labelct.config import Config
from labelct.errors import InputError
from labelct.folders import deepest_there
from labelct.phantom.settings import EmbeddedSettings
from labelct.stages import atlases, cohorts, durations, training
from labelct.store import Stage, planned
from labelct.streams import untold
from labelct.synthesis.recipes import RECIPES
from labelct.trainer.face import DataSize

VOXEL_BYTES = 4  # of a volume in the training set, at most: noise compresses to half of it


@dataclass(frozen=True)
class PlannedStage:
    """A stage that a job would use.

    Attributes:
        stage: Its name.
        key: Its key; empty where it hangs on what an earlier stage has to make first.
        made: Whether it would be made, and not reused.
        size: Bytes that it has, or is going to have; None where that is not known.
        seconds: How long it is going to take; None where that is not known.
        like: The key of the stage of its kind that the two numbers were scaled from; empty for none.
    """

    stage: str
    key: str
    made: bool
    size: float | None = None
    seconds: float | None = None
    like: str = ""


@dataclass(frozen=True)
class Plan:
    """What a job would do.

    Attributes:
        stages: The stages in order.
        free: Bytes that are free where they would lie.
    """

    stages: Sequence[PlannedStage]
    free: int


def walk(config: Config, root: Path, chain: Callable[[], Any]) -> Plan:
    """Return what a chain of stages would do, walked without making any.

    Args:
        config: The experiment.
        root: The folder of all stages.
        chain: Builds one stage after the other.
    """
    seen: dict[Path, events.StageEvent] = {}

    def hear(event: events.Event) -> None:
        if isinstance(event, events.StageEvent) and event.state in (events.REUSED, events.PLANNED):
            seen.setdefault(event.folder, event)

    with events.heard_by(hear), planned():
        try:
            with untold("labelct"):  # the plan is what is said
                chain()
        except (InputError, FileNotFoundError) as error:
            where = Path(str(error.path if isinstance(error, InputError) else error.filename))
            missing = [folder for folder, event in seen.items() if event.state == events.PLANNED]
            if not any(where == folder or folder in where.parents for folder in missing):
                raise
        size = _size(config, root)
    known = upkeep.entries(root, ()) if root.is_dir() else []
    stages = list(_estimated(seen.values(), known, size))
    expected, walked = _expected(config), {stage.stage for stage in stages}
    came_to = max((number for number, name in enumerate(expected) if name in walked), default=-1)
    later = [name for name in expected[came_to + 1 :] if name not in walked]
    stages += [_guess(name, [entry for entry in known if entry.stage == name], size) for name in later]
    return Plan(stages, shutil.disk_usage(deepest_there(root)).free)


def _size(config: Config, root: Path) -> DataSize | None:
    """Return how large the training set is going to be; None where its cases are not known yet."""
    if isinstance(config.cohort, EmbeddedSettings):
        return training.size_foreseen(config, config.cohort)
    if config.evaluation.folds is not None:
        return None
    with untold("labelct"):
        return training.size_of(config, cohorts.prepare(config, config.cohort, root)[0])


def _expected(config: Config) -> list[str]:
    """Return the names of the stages that the chain has, for those that the walk did not come to."""
    made = isinstance(config.cohort, EmbeddedSettings)
    translated = ["translation"] if RECIPES[config.data.kind].translated else []
    projections = [upkeep.PROJECTIONS] if config.data.is_scanned() and config.scanner.keeps_projections else []
    checked, scored = (["checked"], ["segmentation", "scores"]) if config.test else ([], [])
    before = ["cohort" if made else "selection", *checked, *translated, *atlases.foreseen(config)]
    return [*before, "synthesis", *projections, "dataset", "training", *scored]


def _estimated(
    seen: Collection[events.StageEvent], known: Sequence[upkeep.Entry], size: DataSize | None
) -> Iterator[PlannedStage]:
    """Yield the stages that the walk came to, those that are not there with what the nearest of their kind took."""
    recipes = {event.key: event.recipe for event in seen} | {entry.key: entry.recipe for entry in known}
    for event in seen:
        own = next((entry for entry in known if entry.folder == event.folder), None)
        if event.state == events.REUSED:
            yield PlannedStage(event.stage, event.key, False, own.size if own else None)
            continue
        alike = [entry for entry in known if entry.stage == event.stage and entry.finished and entry.recipe]
        like = min(alike, key=lambda entry: _distance(event.recipe, entry.recipe), default=None)
        if like is None:
            yield dataclasses.replace(_guess(event.stage, [], size), key=event.key)
            continue
        ratio = _work(event.recipe, recipes) / _work(like.recipe, recipes)
        took = _took(like)
        yield PlannedStage(
            event.stage, event.key, True, like.size * _grown(event.stage, ratio), took and took * ratio, like.key
        )


def _guess(name: str, alike: Sequence[upkeep.Entry], size: DataSize | None) -> PlannedStage:
    """Return a stage of which no more than its name is known: what the last of its kind took, or what must fit."""
    whole = [entry for entry in alike if entry.finished and entry.recipe]
    if whole:
        like = max(whole, key=lambda entry: entry.made)
        return PlannedStage(name, "", True, like.size, _took(like), like.key)
    if size is None:
        return PlannedStage(name, "", True)
    sizes = {"synthesis": size.total_voxels * VOXEL_BYTES, "dataset": size.total_voxels * VOXEL_BYTES}
    sizes[upkeep.PROJECTIONS] = size.projections
    return PlannedStage(name, "", True, sizes.get(name))


def _took(entry: upkeep.Entry) -> float | None:
    found = durations.seconds([Stage(entry.stage, entry.key, entry.folder)])
    return found[0][2] if found else None


def _grown(stage: str, ratio: float) -> float:
    """Return how much larger a stage gets with more work: a network does not."""
    return 1.0 if stage in ("training", "translation") else ratio


def _work(recipe: Mapping[str, Any], recipes: Mapping[str, Mapping[str, Any]]) -> float:
    """Return what the time of a stage grows with: its steps, its cases, or those of the stage it is made from."""
    settings = recipe.get("settings", {})
    trainer = settings.get("trainer", settings.get("translation", {}))
    for name in ("minutes", "steps", "epochs", "iterations"):
        if isinstance(trainer, Mapping) and trainer.get(name):
            return float(trainer[name])
    cases, replicates = settings.get("cases"), settings.get("replicates", {})
    if isinstance(cases, Mapping):
        return float(sum(len(names) * replicates.get(split, 1) for split, names in cases.items())) or 1.0
    if isinstance(cases, list):
        return float(len(cases)) or 1.0
    counts = [settings[name] for name in ("train", "val", "test") if isinstance(settings.get(name), int)]
    if counts:
        return float(sum(counts)) or 1.0
    parent = recipe.get("parents", {}).get("synthesis") or recipe.get("parents", {}).get("segmentation")
    return _work(recipes[parent], recipes) if parent in recipes else 1.0


def _distance(one: Any, other: Any) -> int:
    """Return in how many values two recipes differ."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return sum(_distance(one.get(name), other.get(name)) for name in {*one, *other})
    return int(one != other)
