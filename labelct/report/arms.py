"""The scores of many finished runs, read from their folders and gathered into the arms of a comparison."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from labelct.config import study
from labelct.errors import InputError, SettingError, did_you_mean
from labelct.filenames import check_name
from labelct.job_status import FILE, SCORES, unscored
from labelct.jobs import below
from labelct.report import scores
from labelct.report.configuration import read_configuration, value_of
from labelct.texts import read_json

UNSET = "default"
WHERE_AND_WHO = ("name", "group", "tags", "paths", "logger", "parallel", "device")
NOT_AN_ARM = ("seed", "fold", "evaluation.fold", "test", *WHERE_AND_WHO, "hydra", "sweep")


@dataclass(frozen=True)
class FinishedRun:
    """One job that ended with scores.

    Attributes:
        folder: Where it left its scores.
        choices: What was chosen and typed for it, by name.
        seed: The seed of its training.
        key: What its scores are named by; two runs with one key are the same scores.
        scores: Its table of scores.
        experiment: The sweep, or else the experiment, that it belongs to; empty for neither.
        fold: The fold of a cross-validation that it held out, `0/6` is the first of six; empty for none.
        seconds: What each of its stages took to make, by name, where it tells; a name can come twice.
        software: What made it, with its version, where it tells.
        configuration: Its resolved configuration; empty where it left none.
    """

    folder: Path
    choices: dict[str, str]
    seed: str
    key: str
    scores: pd.DataFrame = field(repr=False, compare=False)
    experiment: str = ""
    fold: str = ""
    seconds: Sequence[tuple[str, float]] = field(default=(), repr=False, compare=False)
    software: str = field(default="", repr=False, compare=False)
    configuration: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def trained(self) -> str:
        """Its seed, and the fold that it held out, as text: `0`, or `0, fold 1/6`."""
        return self.seed + (f", fold {self.fold}" if self.fold else "")

    def arm(self, by: Iterable[str]) -> str:
        """Return the name of the arm that this run belongs to."""
        return ", ".join(f"{name}={self.choices.get(name, UNSET)}" for name in by) or "all"


def gather(folders: Iterable[Path]) -> tuple[list[FinishedRun], list[tuple[Path, str]]]:
    """Read every finished run at or below some folders.

    Args:
        folders: Job folders, sweeps, or anything above them.

    Returns:
        The runs in order of their folders, and the folders of jobs without scores, each with its reason. A job that
        failed is left out where another one finished with the same configuration.

    Raises:
        InputError: A folder does not exist, or a file cannot be read.
    """
    places = dict.fromkeys(path.resolve() for folder in folders for path in below(folder).jobs)
    runs = [run for place in places if (run := _read_run(place / SCORES))]
    scored = {run.folder for run in runs}
    others = [place for place in places if place not in scored and (place / FILE).is_file()]
    finished = {_computed(run.configuration) for run in runs} - {""}
    failed = [place for place in others if _computed(read_configuration(place)) not in finished]
    reasons = [(place, unscored(place / FILE)) for place in failed]
    return _with_values(runs), [(place, reason) for place, reason in reasons if place.is_dir()]


def choices_that_vary(runs: Sequence[FinishedRun]) -> list[str]:
    """Return the names of the choices that differ between runs, `data` where none does."""
    names = dict.fromkeys(name for run in runs for name in run.choices)
    varying = [name for name in names if len({run.choices.get(name, UNSET) for run in runs}) > 1]
    return varying or [name for name in names if name == "data"]


def check_choices(names: Sequence[str], runs: Sequence[FinishedRun]) -> list[str]:
    """Return `names`, each of which must be a choice of some run.

    Raises:
        SettingError: A name that no run has.
    """
    known = list(dict.fromkeys(name for run in runs for name in run.choices))
    for name in names:
        if name not in known:
            raise SettingError("--by", name, "some of " + ", ".join(known), did_you_mean(name, known))
    return list(names)


def pool(runs: Sequence[FinishedRun], by: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Pool the runs of each arm, the same scores once.

    Args:
        runs: The runs.
        by: The choices that make an arm.

    Returns:
        A table of scores with `arm`, the choices, `run`, `seed` and `fold`, arm by arm; and remarks on what was merged.
    """
    arms: dict[str, dict[str, FinishedRun]] = {}
    for run in runs:
        arms.setdefault(run.arm(by), {}).setdefault(run.key, run)
    merged = len(runs) - sum(len(members) for members in arms.values())
    remarks = [f"{merged} of {len(runs)} jobs repeat the scores of another one and count once."] if merged else []
    arms, remade = _last_of_each(arms)
    remarks += remade
    pooled = pd.concat(
        [
            run.scores.assign(
                **{name: run.choices.get(name, UNSET) for name in by},
                arm=arm,
                run=run.key,
                seed=run.seed,
                fold=run.fold,
            )
            for arm, members in arms.items()
            for run in members.values()
        ],
        ignore_index=True,
    )
    mixed = [
        arm for arm, members in arms.items() if len({(run.seed, run.fold) for run in members.values()}) < len(members)
    ]
    remarks += _alike(arms)
    if mixed:
        remarks.append(f"Runs of one seed but other settings are pooled in {'; '.join(mixed)}: --by tells them apart.")
    return pooled, remarks


def _last_of_each(arms: Mapping[str, dict[str, FinishedRun]]) -> tuple[dict[str, dict[str, FinishedRun]], list[str]]:
    """Return the arms with one run for each configuration, and a warning where there were more: none is a new seed."""
    kept = {}
    for arm, members in arms.items():
        last = {
            (_computed(run.configuration) or key, *run.scores["test"].unique()): key for key, run in members.items()
        }
        kept[arm] = {key: members[key] for key in last.values()}
    remade = sum(len(members) - len(kept[arm]) for arm, members in arms.items())
    told = "have the configuration of another one, but other scores (of other files or another version)"
    return kept, [f"Warning: {remade} jobs {told}: no seeds of their own, the last counts."] if remade else []


def _alike(arms: Mapping[str, Mapping[str, FinishedRun]]) -> list[str]:
    """Return a warning of arms that hold the very same scores: what tells them apart was read by no job."""
    users: dict[str, list[str]] = {}
    for arm, members in arms.items():
        for key in members:
            users.setdefault(key, []).append(arm)
    alike = dict.fromkeys(tuple(names) for names in users.values() if len(names) > 1)
    told = "are the same scores: what tells them apart was not read (as `dose` with scanner=none)."
    return [f"Warning: {' and '.join(names)} {told}" for names in alike]


def reference_arm(wanted: str | None, arms: Sequence[str]) -> str | None:
    """Return the arm that others are compared with.

    Args:
        wanted: The arm as typed: its name, or the values of some of its choices (`clinical`, `clinical,low`).
        arms: The names of the arms.

    Returns:
        The arm; without `wanted` the only one with `data=clinical`, or the first; None where there is only one.

    Raises:
        SettingError: No arm, or more than one, is meant.
    """
    if wanted is None:
        clinical = [arm for arm in arms if "data=clinical" in arm.split(", ")]
        return None if len(arms) < 2 else clinical[0] if len(clinical) == 1 else arms[0]
    parts = {part.strip() for part in wanted.split(",")}
    names = {arm: {*arm.split(", "), *(part.partition("=")[2] for part in arm.split(", "))} for arm in arms}
    meant = [arm for arm in arms if parts <= names[arm]]
    if len(meant) != 1:
        near = did_you_mean(wanted, sorted(set().union(*names.values()))) if not meant else ""
        remedy = f"{len(meant)} arms are meant, name more choices" if meant else near
        raise SettingError("--reference", wanted, "one of " + " | ".join(arms), remedy)
    return meant[0]


def _read_run(path: Path) -> FinishedRun | None:
    """Return the run whose `scores.json` this is; None where there is none (any more), or it is that of a stage."""
    try:
        record = read_json(path, "run the job again, or delete its folder")
    except InputError:
        if path.exists():
            raise
        return None
    if not isinstance(record, dict) or "arm" not in record:
        return None
    try:
        table = scores.table(record["rows"])
        scores.check(table)
        for what in ("test", "case"):  # overlays are named by them
            for name in table[what].unique():
                check_name(path, what, name)
        keys = record.get("keys", {})
        pairs = keys.items() if isinstance(keys, dict) else keys
        key = " ".join(str(value) for name, value in pairs if name == "scores") or str(path.parent)
        seconds = [(str(name), float(value)) for name, _, value in record.get("seconds", [])]
        typed = dict(_override(text) for text in record.get("overrides", []))
        arm = {str(name): str(value) for name, value in record["arm"].items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(path, f"it is no record of scores ({error!r})", "run the job again, or delete it") from error
    fold = arm.get("fold", "")
    known = {**typed, **arm} | ({"evaluation.folds": fold.partition("/")[2]} if fold else {})
    choices = {
        name: value for name, value in known.items() if {re.split(r"[./]", name)[0], name}.isdisjoint(NOT_AN_ARM)
    }
    ordered = {name: choices[name] for name in [*arm, *typed, *known] if name in choices}
    experiment = study(record.get("overrides", [])) or arm.get("experiment", "")
    seed = arm.get("seed", typed.get("seed", "0"))
    experiment = "" if experiment == "None" else experiment
    software = str(record.get("software", ""))
    configuration = read_configuration(path.parent)
    return FinishedRun(path.parent, ordered, seed, key, table, experiment, fold, seconds, software, configuration)


def _with_values(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    """Return the runs, each with what others typed and it has all the same: a default, typed, is no other arm."""
    typed: dict[str, dict[str, str]] = {}  # of each name what was typed first for a value
    for run in runs:
        for name, text in run.choices.items():
            typed.setdefault(name, {}).setdefault(_said(value_of(run.configuration, name)), text)

    def same(run: FinishedRun, name: str) -> str | None:
        value = value_of(run.configuration, name)
        return None if value is None else typed[name].get(_said(value))

    def filled(run: FinishedRun) -> FinishedRun:
        found = {name: text for name in typed if name not in run.choices and (text := same(run, name)) is not None}
        return replace(run, choices=run.choices | found)

    return [filled(run) for run in runs]


def _override(text: str) -> tuple[str, str]:
    """Return name and value of a Hydra override."""
    name, _, value = text.lstrip("+~").partition("=")
    return name.partition("@")[0], value


def _computed(config: Mapping[str, Any]) -> str:
    """Return what a job computes, from its resolved configuration; empty where it wrote none."""
    said = {name: value for name, value in config.items() if name not in WHERE_AND_WHO}
    return _said(said) if config else ""


def _said(value: Any) -> str:
    """Return a value of a configuration as text, the same for equal ones."""
    return json.dumps(value, sort_keys=True, default=str)
