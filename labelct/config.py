"""The typed configuration of one experiment: dataclasses are the schema and the objects, YAML holds the values."""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigKeyError, MissingMandatoryValue, OmegaConfBaseException

from labelct.cohort.settings import (
    DicomSettings,
    FolderSettings,
    NnunetRawSettings,
    OwnSettings,
    TotalSegmentatorSettings,
)
from labelct.errors import LabelctError, SettingError, did_you_mean
from labelct.evaluation.settings import EvaluationSettings
from labelct.parallel import ParallelSettings
from labelct.phantom.settings import PhantomSettings
from labelct.scanner.settings import DoseSettings, ScannerSettings
from labelct.settings import Checked, ranged
from labelct.synthesis import drop, intensity, texture
from labelct.synthesis.settings import DataSettings
from labelct.targets import Targets
from labelct.tracking import LoggerSettings
from labelct.trainer.face import TrainerSettings
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import TRAINERS

COHORTS = {
    "phantom": PhantomSettings,
    "totalsegmentator": TotalSegmentatorSettings,
    "folder": FolderSettings,
    "nnunet_raw": NnunetRawSettings,
    "dicom": DicomSettings,
}
TESTS = {"own": OwnSettings, **COHORTS}
TRAINER_SCHEMAS: dict[str, Any] = {kind: trainer.Settings for kind, trainer in TRAINERS.items()}

CohortSettings = PhantomSettings | TotalSegmentatorSettings | FolderSettings | NnunetRawSettings | DicomSettings


@dataclass
class PathsSettings:
    """Where things land.

    Attributes:
        outputs: The folder of `stages/`, `runs/` and `sweeps/`.
    """

    outputs: str = "outputs"


@dataclass
class LimitSettings(Checked):
    """How many cases of each split are used, first ones first.

    Attributes:
        train: Training cases; null takes all.
        val: Validation cases; null takes all.
        test: Cases of each test cohort; null takes all.
    """

    train: int | None = ranged(None, 1)
    val: int | None = ranged(None, 1)
    test: int | None = ranged(None, 1)


@dataclass
class DebugSettings:
    """Values laid over any configuration.

    Attributes:
        caps: `{dotted key: the value it gets}`; `*` fits any one part, and keys that are not there are left out.
    """

    caps: dict[str, Any] = field(default_factory=dict)


@dataclass
class Config:
    """Everything one job reads, checked.

    Attributes:
        cohort: Where the label maps come from.
        test: The CT that the model is scored on, by name; several at once: test=[own,folder].
        targets: The structures to segment; one that merges others is `{kidneys: [kidney_left, kidney_right]}`.
        data: The recipe of the training volumes.
        fill: The distribution that an organ's HU are drawn from.
        texture: What moves inside an organ.
        drop: How often a label is left out.
        scanner: The simulated acquisition.
        dose: Photons, hence image noise.
        trainer: The network and its training.
        device: What it trains on.
        evaluation: Scores and figures.
        logger: Where curves, tables and figures go beside CSV.
        parallel: How cases spread over processes.
        limit: How many cases of each split are used, first ones first.
        paths: Where things land.
        debug: Values laid over all others: the whole chain in seconds.
        seed: Seed of the network's weights and patches; `data.seed` is that of the volumes.
        name: Name of the run at the tracker; null makes one of the options chosen.
        group: Group of the run at the tracker; null takes the name of the sweep.
        tags: Tags of the run at the tracker, besides recipe, trainer and seed.
    """

    cohort: CohortSettings
    test: dict[str, CohortSettings | OwnSettings]
    targets: Targets
    data: DataSettings
    fill: intensity.Settings
    texture: texture.Settings
    drop: drop.Settings
    scanner: ScannerSettings
    dose: DoseSettings
    trainer: TrainerSettings
    device: DeviceSettings
    evaluation: EvaluationSettings
    logger: LoggerSettings
    parallel: ParallelSettings
    limit: LimitSettings
    paths: PathsSettings
    debug: DebugSettings
    seed: int = 0
    name: str | None = None
    group: str | None = None
    tags: list[str] = field(default_factory=list)


# The schemas of the sections that have one kind only.
PLAIN: dict[str, Any] = {
    name: hint
    for name, hint in get_type_hints(Config).items()
    if dataclasses.is_dataclass(hint) and name not in ("targets", "trainer")
}


class ConfigError(LabelctError):
    """A configuration that cannot run: names the key, the value, what is allowed and the remedy."""


def typed(composed: DictConfig) -> Config:
    """Return the checked, typed tree of a composed configuration.

    Args:
        composed: What Hydra composed, without its own `hydra` node.

    Returns:
        The configuration with the caps of `debug` laid over it.

    Raises:
        ConfigError: A key that is no field, a value of the wrong type or out of range, a value that is missing.
    """
    for name in sorted(set(map(str, composed)) - {part.name for part in dataclasses.fields(Config)}):
        raise _unknown(name, Config)
    composed = _capped(composed)
    sections: dict[str, Any] = {name: _section(name, composed[name], schema) for name, schema in PLAIN.items()}
    sections["cohort"] = _choice("cohort", composed.cohort, COHORTS)
    sections["trainer"] = _choice("trainer", composed.trainer, TRAINER_SCHEMAS)
    sections["test"] = {str(name): _choice(f"test.{name}", node, TESTS) for name, node in composed.test.items()}
    sections["targets"] = _targets(composed)
    rest = {name: OmegaConf.select(composed, name) for name in ("seed", "name", "group")}
    if not isinstance(rest["seed"], int) or rest["seed"] < 0:
        raise ConfigError(f"seed={rest['seed']!r}: allowed is a whole number of 0 or more")
    return Config(**sections, **rest, tags=[str(tag) for tag in composed.tags])


def plain(config: Any) -> dict[str, Any]:
    """Return a typed section, or the whole tree, as nested dicts and lists of plain values."""
    found = dataclasses.asdict(config)
    return {**found, "targets": found["targets"]["parts"]} if isinstance(config, Config) else found


def section(name: str, values: Mapping[str, Any]) -> Any:
    """Return the typed settings of one section from what `plain` made of them.

    Args:
        name: `cohort`, or a section of one kind as `data`.
        values: Its values.

    Raises:
        ConfigError: A value does not fit.
    """
    node = OmegaConf.create(dict(values))
    return _choice(name, node, COHORTS) if name == "cohort" else _section(name, node, PLAIN[name])


def _choice(name: str, node: DictConfig, schemas: Mapping[str, type]) -> Any:
    kind = OmegaConf.select(node, "kind") if isinstance(node, DictConfig) else None
    if kind not in schemas:
        raise ConfigError(f"{name}.kind={kind!r}: allowed is one of {', '.join(schemas)}; choose it with {name}=NAME")
    return _section(name, node, schemas[kind])


def _section(name: str, node: DictConfig, schema: type) -> Any:
    if not isinstance(node, DictConfig):
        raise ConfigError(f"{name}={node!r}: allowed is an option of the group {name}; see --help")
    try:
        return OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(schema), node))
    except SettingError as error:
        raise ConfigError(f"{name}.{error}") from error
    except ConfigKeyError as error:
        raise _unknown(f"{name}.{error.full_key}", error.object_type) from error
    except MissingMandatoryValue as error:
        key = f"{name}.{error.full_key}" if error.full_key else name
        raise ConfigError(f"{key} is not set: give it as {key}=VALUE") from error
    except OmegaConfBaseException as error:
        key = f"{name}.{error.full_key}" if error.full_key else name
        raise ConfigError(type_message(key, error)) from error


def type_message(key: str, error: OmegaConfBaseException) -> str:
    """Return one line about a value of the wrong type at `key`."""
    found = re.search(r"Value '(.*)' of type '.*' could not be converted to (\w+)", str(error))
    wanted = {"Float": "a number", "Integer": "a whole number", "Boolean": "true or false", "String": "a text"}
    if found:
        return f"{key}={found[1]!r}: allowed is {wanted.get(found[2], found[2])}; mend the value"
    return f"{key}: {str(error).splitlines()[0]}; mend the value"


def _unknown(key: str, schema: Any) -> ConfigError:
    """Return the error of a dotted key that is no field of the schema it lies in."""
    known = [part.name for part in dataclasses.fields(schema)]
    remedy = did_you_mean(key.rpartition(".")[2], known)
    return ConfigError(f"{key}: no such key; allowed is {', '.join(known)}" + (f"; {remedy}" if remedy else ""))


def _targets(composed: DictConfig) -> Targets:
    try:
        return Targets.of(OmegaConf.to_container(composed.targets, resolve=True))
    except LabelctError as error:
        raise ConfigError(str(error)) from error


def _capped(composed: DictConfig) -> DictConfig:
    caps = OmegaConf.select(composed, "debug.caps") or {}
    capped = OmegaConf.create(OmegaConf.to_container(composed, resolve=True))
    assert isinstance(capped, DictConfig)
    for pattern, value in caps.items():
        for key in _matching(capped, str(pattern).split("."), ()):
            OmegaConf.update(capped, key, value)
    return capped


def _matching(node: Any, pattern: list[str], path: tuple[str, ...]) -> Iterator[str]:
    """Yield the dotted keys of `node` that `pattern` fits, where `*` stands for any one key."""
    if not pattern:
        yield ".".join(path)
    elif isinstance(node, DictConfig):
        for key in [str(key) for key in node if pattern[0] in ("*", key)]:
            yield from _matching(node._get_node(key), pattern[1:], (*path, key))


def register() -> None:
    """Make every schema known to Hydra as `schema/<group>` or `schema/<group>_<kind>`, for YAML files to start from."""
    kinds: dict[str, dict[str, Any]] = {"cohort": TESTS, "trainer": TRAINER_SCHEMAS}
    schemas: dict[str, Any] = PLAIN | {
        f"{group}_{kind}": schema for group, known in kinds.items() for kind, schema in known.items()
    }
    for name, schema in schemas.items():
        ConfigStore.instance().store(group="schema", name=name, node=schema, provider="labelct")
    OmegaConf.register_new_resolver("labelct.gpus", gpus, replace=True)
    OmegaConf.register_new_resolver("labelct.if_experiment", if_experiment, replace=True)


def gpus(kind: str, devices: int) -> int:
    """Return how many GPUs a job on `device` asks its launcher for; one where `ddp` takes all, none for `auto`."""
    return {"cpu": 0, "auto": 0, "gpu": 1}.get(kind, max(devices, 1))


def study(overrides: Iterable[str]) -> str:
    """Return the name of the sweep that was typed: `dose`, `dose_phantom` with `experiment=phantom`; empty for none."""
    typed = dict(override.partition("=")[::2] for override in overrides)
    return "_".join(typed[name] for name in ("sweep", "experiment") if name in typed) if "sweep" in typed else ""


def if_experiment(name: str, then: str, otherwise: str, *, _root_: DictConfig) -> str:
    """Return what a sweep varies: `then` where `experiment=name` was chosen, else `otherwise`."""
    return then if OmegaConf.select(_root_, "hydra.runtime.choices.experiment") == name else otherwise


def configuration_folder() -> Path:
    """Return the folder of the YAML files: beside the package in a checkout, inside it in a wheel."""
    inside = Path(__file__).parent / "conf"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "conf"


register()
