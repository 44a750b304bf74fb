"""Where a model comes from: data with sources and licences, recipe, seeds, command, versions and scores."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelct.errors import InputError
from labelct.export.local_paths import without_paths, without_paths_in
from labelct.job_status import SCORES
from labelct.kinds import COHORTS
from labelct.phantom.settings import EmbeddedSettings
from labelct.report.configuration import read_configuration
from labelct.texts import read_json
from labelct.trainer.model import CASCADE, is_of_mr, read_description, read_model
from labelct.versions import FILE as VERSIONS
from labelct.versions import versions

FILE = "provenance.json"
REMEDY = "export the model again from its run"
MADE = ("procedural anatomies, made by labelct", "none needed")
OWN = {"own": "the test split of the training data", "synthetic": "volumes made of held-out label maps"}


@dataclass(frozen=True)
class DataSource:
    """Some data that a model was trained or tested on.

    Attributes:
        role: What they were used for, or the name of the test.
        kind: The cohort's kind.
        source: Where they come from; None: nobody said so.
        licence: Theirs; None: nobody said so.
    """

    role: str
    kind: str
    source: str | None = None
    licence: str | None = None


@dataclass(frozen=True)
class Statement:
    """What the user says of a model; None leaves what is known.

    Attributes:
        name: Its name.
        licence: The weights' licence.
        data_source: Where the training data come from.
        data_licence: Their licence.
        notes: Markdown at the end of the card.
    """

    name: str
    licence: str | None = None
    data_source: str | None = None
    data_licence: str | None = None
    notes: str | None = None


@dataclass(frozen=True)
class Provenance:
    """Where a model comes from.

    Attributes:
        name: Its name.
        labels: Label value by name.
        parts: The structures that each label merges.
        modality: What it segments: `CT` or `MR`.
        trainer: The settings of its training, as `model.json` has them.
        seeds: By the key that sets each.
        licence: The weights' licence; None: nobody said so.
        training: The data it learnt from.
        tests: The data it was scored on.
        options: What was chosen for its run, by group.
        command: What made it, without the paths of its machine; empty where no run is known.
        scores: By `test/label`: number of cases, mean and standard deviation of each metric.
        hours: What the stages of its run took together; None where that is not known.
        trained_with: Versions at its training; empty where they were not recorded.
        exported_with: Versions at its export.
        notes: Markdown.
    """

    name: str
    labels: Mapping[str, int]
    parts: Mapping[str, list[str]]
    modality: str
    trainer: Mapping[str, Any]
    seeds: Mapping[str, int]
    licence: str | None = None
    training: list[DataSource] = field(default_factory=list)
    tests: list[DataSource] = field(default_factory=list)
    options: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    scores: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hours: float | None = None
    trained_with: Mapping[str, str] = field(default_factory=dict)
    exported_with: Mapping[str, str] = field(default_factory=dict)
    notes: str | None = None


def gather(model: Path, run: Path | None, stated: Statement) -> Provenance:
    """Return what is known of a model.

    Args:
        model: Its folder, of a training or exported before.
        run: The folder of the run that made or scored it; None where there is none.
        stated: What the user says.

    Raises:
        InputError: The model is none, or a file of either folder cannot be read.
    """
    described = read_model(model)
    labels = described["labels"]
    cascade = {"cascade": read_description(model / CASCADE)} if (model / CASCADE).exists() else {}
    targets = model / "targets.json"
    known = Provenance(
        name=stated.name,
        labels=labels,
        parts=read_description(targets) if targets.exists() else {name: [name] for name in labels},
        modality="MR" if is_of_mr(model) else "CT",
        trainer={**described["settings"], **cascade},
        seeds={"seed": described["seed"]} if "seed" in described else {},
        trained_with=read_description(model / VERSIONS) if (model / VERSIONS).exists() else {},
    )
    if (model / FILE).exists():
        known = _read(model / FILE, known)
    elif run is not None:
        known = _of_run(run, known)
    return _stated(dataclasses.replace(known, exported_with=versions()), stated)


def configuration(model: Path, run: Path | None) -> dict[str, Any]:
    """Return the resolved configuration of a model's run without the paths of its machine, empty where none is known.

    Raises:
        InputError: It cannot be read.
    """
    found: dict[str, Any] = without_paths(read_configuration(run or model, REMEDY))
    return found


def _read(path: Path, known: Provenance) -> Provenance:
    """Return what an exported model says of itself, its name left out."""
    try:
        said = {**read_description(path), "name": known.name}
        if any(
            not isinstance(said[name], type(value)) for name, value in vars(known).items() if isinstance(value, dict)
        ):
            raise TypeError
        said |= {role: [DataSource(**one) for one in said[role]] for role in ("training", "tests")}
        return Provenance(**said)
    except (KeyError, TypeError):
        raise InputError(path, "says nothing sensible of where the model comes from", REMEDY) from None


def _of_run(run: Path, known: Provenance) -> Provenance:
    config, record = read_configuration(run, REMEDY), read_json(run / SCORES, REMEDY)
    try:
        said = [str(text) for text in record.get("overrides", [])]
        typed = [without_paths_in(text) for text in said if not text.startswith("paths.")]
        seconds = [float(value) for _, _, value in record.get("seconds", [])]
        return dataclasses.replace(
            known,
            seeds={**known.seeds, **_seeds(config)},
            training=_training(config),
            tests=[_source(name, settings) for name, settings in (config.get("test") or {}).items()],
            options={str(name): str(value) for name, value in record.get("arm", {}).items()},
            command=shlex.join(["labelct", "run", *typed]),
            scores={str(name): dict(means) for name, means in record.get("summary", {}).items()},
            hours=sum(seconds) / 3600 if seconds else None,
        )
    except (AttributeError, TypeError, ValueError):
        raise InputError(run / SCORES, "is no record of a finished run", REMEDY) from None


def _seeds(config: Mapping[str, Any]) -> dict[str, int]:
    found = {"seed": config.get("seed"), "data.seed": config.get("data", {}).get("seed")}
    return {key: value for key, value in found.items() if isinstance(value, int)}


def _training(config: Mapping[str, Any]) -> list[DataSource]:
    """Return the data that a network learnt from, those that a translation learnt from, and whole anatomies."""
    translation = config.get("translation") or {}
    sides = {"mr": "MR of the translation", "ct": "CT of the translation"}
    used = {"training": config.get("cohort")}
    if translation.get("kind", "none") != "none":
        used |= {role: translation.get(side) for side, role in sides.items()}
    found = [_source(role, settings) for role, settings in used.items() if isinstance(settings, dict)]
    atlas = config.get("data", {}).get("atlas") or {}
    if atlas.get("whole") or atlas.get("completed"):
        found += [DataSource("atlases", "folder") if atlas.get("roots") else DataSource("atlases", "phantom", *MADE)]
        found += [DataSource(f"partial label maps {name}", "folder") for name in atlas.get("partial") or {}]
    return found


def _source(role: str, settings: Mapping[str, Any]) -> DataSource:
    kind = str(settings.get("kind"))
    if issubclass(COHORTS.get(kind, object), EmbeddedSettings):
        return DataSource(role, kind, *MADE)
    if kind in OWN:
        return DataSource(role, kind, OWN[kind], "that of the training data")
    return DataSource(role, kind, settings.get("source"), settings.get("licence"))


def _stated(known: Provenance, stated: Statement) -> Provenance:
    """Return what is known, with what the user says of it."""
    training = list(known.training) or [DataSource("training", "unknown")]
    told = {"source": stated.data_source, "licence": stated.data_licence}
    training[0] = dataclasses.replace(training[0], **{name: value for name, value in told.items() if value})
    return dataclasses.replace(
        known, training=training, licence=stated.licence or known.licence, notes=stated.notes or known.notes
    )
