"""Which cases of a cohort are used: those that hold a voxel of the targets, looked for once and before any work."""

import dataclasses
import hashlib
import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from labelct.cohort.base import Cohort, Subject
from labelct.cohort.grid import regrid
from labelct.cohort.settings import OwnSettings
from labelct.config import Config
from labelct.errors import InputError
from labelct.parallel import map_cases
from labelct.stages import inputs
from labelct.store import build, canonical, recipe_of
from labelct.synthesis.lesions import Settings as LesionSettings
from labelct.targets import Targets
from labelct.writing import write_json

log = logging.getLogger(__name__)
VERSION = 1
FILE = "cases.json"
NEXT = 16  # cases of the draw that are looked at together, where one has to stand in for another

Orders = Mapping[str, Sequence[Subject]]
Found = dict[str, dict[str, list[str]]]


def run(config: Config, cohort: Cohort, root: Path) -> Cohort:
    """Return the cohort cut to `config.limit`, without the cases that hold no voxel of the targets.

    Each split is gone through in its order until it has as many cases as its limit; where numbers drew it, the next
    cases of the draw stand in for those that are left out. The test split is gone through where it is scored.

    Args:
        config: The experiment; read are targets, lesions, the grid of the data, limits, tests and workers.
        cohort: The training cohort as it was opened.
        root: The folder of all stages, which keeps what was found in the same files.

    Raises:
        InputError: A label map cannot be read, or no case of a split is left.
    """
    scored = any(isinstance(test, OwnSettings) for test in config.test.values())
    orders = {split: getattr(cohort, split) for split in ("test", "val", "train") if split != "test" or scored}
    limits = {split: getattr(config.limit, split) or len(order) for split, order in orders.items()}
    wanted = {split: min(limits[split], len(order)) for split, order in orders.items()}
    orders = {split: (*order, *cohort.spare.get(split, ())) for split, order in orders.items()}
    anatomy = structures(config.targets, config.data.lesions)
    spacing, interpolation = config.data.spacing, config.data.interpolation
    settings = {"structures": sorted(anatomy), "spacing": spacing, "interpolation": interpolation, "wanted": wanted}
    look = partial(holds, anatomy=anatomy, spacing=spacing, interpolation=interpolation)

    def make(folder: Path) -> None:
        described = "cases with a target"
        found = _select(orders, wanted, lambda batch: map_cases(look, batch, config.parallel, described))
        write_json(folder / FILE, found)

    def found_in(files: str) -> Found:
        stage = build(root, recipe_of("selection", VERSION, {**settings, "files": files}), make)
        found: Found = json.loads((stage.folder / FILE).read_text(encoding="utf-8"))
        return found

    found = _settled(found_in, lambda look_into: _digest(cohort, orders, look_into, root))
    _tell(cohort, found, anatomy)
    chosen: dict[str, Any] = {"test": cohort.test[: config.limit.test]}
    for split, order in orders.items():
        known = {subject.case: subject for subject in order}
        chosen[split] = tuple(known[case] for case in found[split]["kept"])
    return dataclasses.replace(cohort, **chosen)


def _settled(found_in: Callable[[str], Found], digest: Callable[[Collection[str]], str]) -> Found:
    """Return what is found in files that are known by the content of all that are gone through, and of no others.

    Which cases are gone through hangs on what their files hold.
    """
    look_into: set[str] = set()
    files = digest(look_into)
    while True:
        found = found_in(files)
        look_into |= {case for split in found.values() for cases in split.values() for case in cases}
        before, files = files, digest(look_into)
        if files == before:
            return found


def structures(targets: Targets, lesions: LesionSettings) -> frozenset[str]:
    """Return the structures of which a case has to hold one: the targets' own, and what a lesion among them grows in.

    Args:
        targets: What a network learns.
        lesions: The lesions that the synthesis adds.
    """
    grown = {lesions.host} if lesions.host is not None and lesions.name in targets.structures else set()
    return targets.structures | grown


def holds(subject: Subject, anatomy: frozenset[str], spacing: float | None, interpolation: str = "nearest") -> bool:
    """Return whether a case holds a voxel of `anatomy` on the grid that its volumes are made on.

    Args:
        subject: The case; of masks in files of their own those of `anatomy` alone are read.
        anatomy: Names of structures.
        spacing: Voxel size in mm that label maps are resampled to; None keeps their own.
        interpolation: How they are, as in `data.interpolation`.

    Raises:
        InputError: The label map cannot be read.
    """
    label_map = subject.load_structures(anatomy) if subject.load_structures else subject.label_map()
    if label_map is None:
        return False
    values = [value for value, name in label_map.names.items() if name in anatomy]
    return bool(np.isin(regrid(label_map, None, spacing, interpolation=interpolation)[0].array, values).any())


def _select(orders: Orders, wanted: Mapping[str, int], look: Callable[[Sequence[Subject]], list[bool]]) -> Found:
    """Return the cases that are `kept` of each split, and those before the last of them that are `without` a target."""
    used: set[str] = set()
    found: Found = {}
    for split, order in orders.items():
        left, number = [subject for subject in order if subject.case not in used], wanted[split]
        kept: list[str] = []
        without: list[str] = []
        while left and len(kept) < number:
            many = max(number - len(kept), NEXT if without else 1)
            batch, left = left[:many], left[many:]
            for subject, held in zip(batch, look(batch), strict=True):
                if len(kept) < number:
                    (kept if held else without).append(subject.case)
        found[split] = {"kept": kept, "without": without}
        used |= {*kept, *without}
    return found


def _digest(cohort: Cohort, orders: Orders, look_into: Collection[str], root: Path) -> str:
    """Return what stands for the order of the cases, their files and names in the stage's recipe: thousands of rows."""
    everyone = {subject.case: subject for order in orders.values() for subject in order}
    whole = dataclasses.replace(cohort, train=tuple(everyone.values()), val=(), test=())
    files = inputs.fingerprint(whole, root, [everyone[case] for case in look_into])
    cases = {split: [subject.case for subject in order] for split, order in orders.items()}
    return hashlib.sha256(canonical({"files": files, "cases": cases}).encode()).hexdigest()


def _tell(cohort: Cohort, found: Found, anatomy: frozenset[str]) -> None:
    """Say in one line which cases are left out.

    Raises:
        InputError: None of a split is left.
    """
    without = [case for split in found.values() for case in split["without"]]
    lacking = f"no voxel of the targets {', '.join(sorted(anatomy))}"
    for name, split in found.items():
        if split["without"] and not split["kept"]:
            problem = f"none of the {len(split['without'])} {name} cases is left: they hold {lacking}"
            raise InputError(cohort.root, problem, "choose other cases, another split or other targets=")
    if without:
        told = (cohort.root, lacking, len(without), ", ".join(sorted(without)))
        log.warning("%s: left out, for they hold %s: %d (%s)", *told)
