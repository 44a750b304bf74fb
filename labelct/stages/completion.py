"""Label maps completed by atlases, as stages: each with what an atlas that fits has around its organs."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from labelct.atlas.completion import complete
from labelct.cohort.base import Cohort, Subject
from labelct.cohort.grid import regrid
from labelct.cohort.settings import SyntheticSettings
from labelct.config import Config
from labelct.errors import InputError
from labelct.stages.anatomies import STAGES, VERSION, built, files_of, grid_of, names_in, on_grid, read, write
from labelct.store import REMADE, Stage, build, recipe_of
from labelct.synthesis.case import Case
from labelct.texts import read_json
from labelct.writing import write_json

log = logging.getLogger(__name__)
DICE = "dice.json"


@dataclass(frozen=True)
class _Purpose:
    """What label maps are completed for.

    Attributes:
        config: The experiment.
        found: The atlases.
        root: The folder of all stages.
        kind: `completed`, to be around a case, which labels every target; or `whole`, to be an atlas as well, where
            targets that the map does not name are the atlas's.
    """

    config: Config
    found: Sequence[Subject]
    root: Path
    kind: str

    @property
    def own(self) -> list[str]:
        """Structures that no atlas is asked for."""
        return sorted(self.config.targets.structures) if self.kind == "completed" else []

    @property
    def count(self) -> int:
        """How many atlases complete each map."""
        return self.config.data.atlas.per_case if self.kind == "completed" else 1


@dataclass(frozen=True)
class _Pair:
    """A label map, and the atlas that is to complete it."""

    case: Subject
    atlas: Subject
    purpose: _Purpose


def completed(config: Config, cohort: Cohort, found: Sequence[Subject], root: Path) -> dict[str, dict[str, Stage]]:
    """Return the stages of the completed maps by case and atlas, without those that do not fit.

    Args:
        config: The experiment; read are data, targets, test and workers.
        cohort: The cases.
        found: The atlases.
        root: The folder of all stages.

    Raises:
        InputError: No atlas fits a case, and no geometric body may take its place.
    """
    splits = ["train", "val"]
    if any(isinstance(settings, SyntheticSettings) for settings in config.test.values()):
        splits.append("held_out")
    everyone = {subject.case: subject for split in splits for subject in cohort.pooled(split)}
    subjects = {case: subject for case, subject in everyone.items() if subject.load_ct is None}
    if len(subjects) < len(everyone):
        counts = len(everyone) - len(subjects), len(everyone)
        log.warning("data.atlas.completed: %d of %d cases have a CT, which shows what is around their labels", *counts)
    fits, misfits = _fitting(_Purpose(config, found, root, "completed"), subjects)
    alone = [case for case in subjects if not fits[case]]
    if alone and not config.data.atlas.geometric:
        remedy = "add an atlas, lower data.atlas.min_dice, or set data.atlas.geometric=true for a geometric body there"
        reasons = "; ".join(misfits.get(alone[0], ["each is the case itself"]))
        raise InputError(cohort.root, f"no atlas fits {len(alone)} of {len(fits)} cases: {alone[0]}: {reasons}", remedy)
    for case, told in misfits.items():
        log.warning("%s: %s%s", case, "; ".join(told), ": a geometric body" if case in alone else "")
    return fits


def joined(config: Config, partial: Sequence[Subject], found: Sequence[Subject], root: Path) -> dict[str, Stage]:
    """Return the stages of maps that name some targets alone, each whole by an atlas that fits, by name.

    One that no atlas fits, or that lacks a target then, is left out, and a line says so.

    Args:
        config: The experiment; read are data, targets and workers.
        partial: The maps.
        found: The atlases.
        root: The folder of all stages.

    Raises:
        InputError: All are left out.
    """
    fits, misfits = _fitting(_Purpose(config, found, root, "whole"), {subject.case: subject for subject in partial})
    made = {}
    for name, fit in fits.items():
        for stage in fit.values():
            if lacking := sorted(config.targets.structures - {config.data.lesions.name, *_named(stage)}):
                misfits.setdefault(name, []).append(f"labels no {', '.join(lacking)} after it")
            else:
                made[name] = stage
    for name in [name for name in fits if name not in made]:
        log.warning("%s: %s: left out", name, "; ".join(misfits[name]))
    if partial and not made:
        remedy = "add an atlas with every target, or lower data.atlas.min_dice"
        raise InputError("data.atlas.partial", f"no atlas completes any of {len(partial)} label maps", remedy)
    return made


def _named(stage: Stage) -> set[str]:
    return set(names_in(stage.folder).values())


def _fitting(
    purpose: _Purpose, subjects: Mapping[str, Subject]
) -> tuple[dict[str, dict[str, Stage]], dict[str, list[str]]]:
    """Return the stages of completed maps by case and atlas, and what each case is told of those that do not fit it.

    Where an atlas does not fit a case, the next that its name draws is tried.
    """
    config = purpose.config
    waiting = {case: _drawn(config, subject, purpose.found) for case, subject in subjects.items()}
    fits: dict[str, dict[str, Stage]] = {case: {} for case in subjects}
    misfits: dict[str, list[str]] = {}
    while tried := [
        _Pair(subject, waiting[case].pop(0), purpose)
        for case, subject in subjects.items()
        for _ in range(min(purpose.count - len(fits[case]), len(waiting[case])))
    ]:
        stages = built(_registered, tried, config.parallel, "cases completed by an atlas")
        for pair, stage in zip(tried, stages, strict=True):
            dice = read_json(stage.folder / DICE, REMADE)
            if dice and np.mean(list(dice.values())) >= config.data.atlas.min_dice:
                fits[pair.case.case][pair.atlas.case] = stage
            else:
                misfits.setdefault(pair.case.case, []).append(f"{pair.atlas.case} does not fit ({_told(dice)})")
    return fits, misfits


def _told(dice: Mapping[str, float]) -> str:
    return f"mean Dice {np.mean(list(dice.values())):.2f}" if dice else "no organ in common"


def _drawn(config: Config, subject: Subject, found: Sequence[Subject]) -> list[Subject]:
    """Return the atlases that are no copy of a case, in the order that its name draws."""
    others = [atlas for atlas in found if not set(atlas.files) & set(subject.files)]
    order = np.random.default_rng([config.data.seed, crc32(subject.case.encode())]).permutation(len(others))
    return [others[place] for place in order]


def _registered(pair: _Pair) -> Stage:
    """Return the stage of a map completed by an atlas: the map, and the Dice of the organs that both have."""
    data, own, root = pair.purpose.config.data, pair.purpose.own, pair.purpose.root
    settings: dict[str, Any] = {**grid_of(data), "padding": data.superior_padding_mm, "grid_mm": data.atlas.grid_mm}
    settings |= {
        "case": files_of(pair.case, root),
        "atlas": files_of(pair.atlas, root),
        "own": own,
    }

    def make(folder: Path) -> None:
        label_map, _ = regrid(pair.case.label_map(), None, data.spacing, data.superior_padding_mm, data.interpolation)
        atlas = read(on_grid(pair.atlas, data, root).folder)
        present = set(np.unique(label_map.array).tolist()) - {0}
        names = {value: label_map.names[value] for value in sorted(present)}
        given, whole = Case(label_map.array, label_map.spacing, names), Case(atlas.array, atlas.spacing, atlas.names)
        made = complete(given, whole, {*names.values(), *own}, data.atlas.grid_mm)
        if made is not None:
            write(folder, made.anatomy.label_map, label_map.affine, made.anatomy.names)
        write_json(folder / DICE, {} if made is None else {name: round(dice, 3) for name, dice in made.dice.items()})

    return build(root, recipe_of(STAGES[pair.purpose.kind], VERSION, settings), make)
