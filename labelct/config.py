"""The typed configuration of one experiment: dataclasses are the schema and the objects, YAML holds the values."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_type_hints

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigKeyError, MissingMandatoryValue, OmegaConfBaseException

from labelct import resolvers
from labelct.caps import capped, resolved
from labelct.complaints import ConfigError, left_out, shown, unknown_key, wrong_type
from labelct.errors import LabelctError, SettingError
from labelct.evaluation.settings import EvaluationSettings
from labelct.job_settings import DebugSettings, JobSettings, LimitSettings, PathsSettings
from labelct.kinds import COHORTS, KINDS, NO_TEST, SIDES, TESTS, TRAINER_SCHEMAS, CohortSettings, TestSettings
from labelct.option_files import configuration_folder as configuration_folder
from labelct.option_files import option_names as option_names
from labelct.parallel import ParallelSettings
from labelct.scanner.settings import DoseSettings, ScannerSettings
from labelct.synthesis import drop, intensity, texture
from labelct.synthesis.settings import DataSettings
from labelct.targets import Targets
from labelct.tracking import LoggerSettings
from labelct.trainer.settings import DeviceSettings, TrainerSettings
from labelct.translation.settings import TranslationSettings


@dataclass
class Config:
    """Everything one job reads, checked.

    Attributes:
        cohort: Where the label maps come from.
        test: What the model is scored on, by name; several at once: test=[own,folder]. Empty with test=none.
        targets: The structures to segment; one that merges others is `{kidneys: [kidney_left, kidney_right]}`.
        data: The recipe of the training volumes.
        fill: The distribution that an organ's HU are drawn from.
        texture: What moves inside an organ.
        drop: How often a label is left out.
        scanner: The simulated acquisition.
        dose: Photons, hence image noise.
        translation: What turns MR into CT, for `data=cyclegan`.
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
        dry_run: Say what would be made and reused, how long it takes and what disk it needs, and make nothing.
    """

    cohort: CohortSettings
    test: dict[str, TestSettings]
    targets: Targets
    data: DataSettings
    fill: intensity.Settings
    texture: texture.Settings
    drop: drop.Settings
    scanner: ScannerSettings
    dose: DoseSettings
    translation: TranslationSettings
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
    dry_run: bool = False


# The schemas of the sections that have one kind only.
PLAIN: dict[str, Any] = {
    name: hint
    for name, hint in get_type_hints(Config).items()
    if dataclasses.is_dataclass(hint) and name not in ("targets", "trainer")
}


def typed(composed: DictConfig) -> Config:
    """Return the checked, typed tree of a composed configuration.

    Args:
        composed: What Hydra composed, without its own `hydra` node.

    Returns:
        The configuration with the caps of `debug` laid over it.

    Raises:
        ConfigError: A key that is no field, a value of the wrong type or out of range, a value that is missing.
    """
    parts = dataclasses.fields(Config)
    for name in sorted(set(map(str, composed)) - {part.name for part in parts}):
        raise ConfigError(unknown_key(name, Config))
    for name in [part.name for part in parts if part.name not in composed]:
        raise ConfigError(left_out(name, option_names(name)))
    if OmegaConf.select(composed, "debug.caps"):
        _checked(resolved(composed))  # what a cap hides has to be right as well
    return _checked(capped(composed))


def _checked(composed: DictConfig) -> Config:
    sections: dict[str, Any] = {name: _section(name, composed[name], schema) for name, schema in PLAIN.items()}
    sections["translation"] = _with_sides(sections["translation"])
    sections["cohort"] = _choice("cohort", composed.cohort, COHORTS)
    sections["trainer"] = _choice("trainer", composed.trainer, TRAINER_SCHEMAS)
    sections["test"] = _tests(composed.test)
    sections["targets"] = _targets(composed)
    job = {name: composed[name] for name in ("seed", "name", "group", "tags", "dry_run")}
    if isinstance(job["tags"], (str, int, float)):
        job["tags"] = [job["tags"]]
    _check_trainer(sections["trainer"], sections["targets"])
    return Config(**sections, **vars(_section("", OmegaConf.create(job), JobSettings)))


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
    if name == "translation":
        return _with_sides(_section(name, node, PLAIN[name]))
    return _choice(name, node, COHORTS) if name == "cohort" else _section(name, node, PLAIN[name])


def _choice(name: str, node: Any, schemas: Mapping[str, type]) -> Any:
    group = f"cohort@{name}" if name.startswith("translation.") else name
    if not isinstance(node, DictConfig):
        known = ", ".join(option_names(group.partition("@")[0]))
        raise ConfigError(f"{group}={shown(node)}: allowed is one of {known}")
    kind = OmegaConf.select(node, "kind")
    if kind not in schemas:
        chosen = "test" if name.startswith("test.") else group
        raise ConfigError(f"{name}.kind={kind!r}: allowed is one of {', '.join(schemas)}; choose it with {chosen}=NAME")
    return _section(name, node, schemas[kind])


def _with_sides(settings: TranslationSettings) -> TranslationSettings:
    """Return the settings of a translation with those of its cohorts, of whichever kind each is."""
    if settings.kind == "none":
        return settings
    chosen = {}
    for side, kinds in SIDES.items():
        given = getattr(settings, side)
        if given is None:
            raise ConfigError(f"translation.{side} is not set: choose a cohort with cohort@translation.{side}=NAME")
        has_keys = isinstance(given, Mapping) or dataclasses.is_dataclass(given)
        node: Any = OmegaConf.create(given) if has_keys else given
        chosen[side] = _choice(f"translation.{side}", node, kinds)
    return dataclasses.replace(settings, **chosen)


def _tests(node: Any) -> dict[str, Any]:
    if not isinstance(node, DictConfig) or not node:
        raise ConfigError(f"test={shown(node)}: allowed is one or more of {', '.join(option_names('test'))}")
    chosen = {name: _choice(f"test.{name}", node[name], TESTS) for name in map(str, node)}
    if NO_TEST in chosen and len(chosen) > 1:
        others = ",".join(name for name in chosen if name != NO_TEST)
        raise ConfigError(f"test=[{','.join(chosen)}]: none scores nothing; take none out, or {others}")
    return {} if NO_TEST in chosen else chosen


def _section(name: str, node: Any, schema: type) -> Any:
    """Return the settings that a node stands for; those of the job itself have no name in front of their keys."""
    if not isinstance(node, DictConfig):
        allowed = f"one of {', '.join(known)}" if (known := option_names(name)) else f"keys below it, see --help {name}"
        raise ConfigError(f"{name}={shown(node)}: allowed is {allowed}")
    front = f"{name}." if name else ""
    _check_truths(node, schema, front)
    try:
        return OmegaConf.to_object(OmegaConf.merge(_structured(schema), node))
    except SettingError as error:
        raise ConfigError(f"{front}{error}") from error
    except ConfigKeyError as error:
        kinds = KINDS.get(name, KINDS.get(name.partition(".")[0])) if error.object_type is schema else None
        raise ConfigError(unknown_key(f"{front}{error.full_key}", error.object_type, name, kinds)) from error
    except MissingMandatoryValue as error:
        key = f"{front}{error.full_key}" if error.full_key else name
        raise ConfigError(f"{key} is not set: give it as {key}=VALUE") from error
    except OmegaConfBaseException as error:
        key = f"{front}{error.full_key}" if error.full_key else name
        raise ConfigError(wrong_type(key, error)) from error


@cache
def _structured(schema: type) -> Any:
    """Return a schema as a node to merge into, which merging copies: a sweep checks the same ones job by job."""
    return OmegaConf.structured(schema)


def _check_truths(node: DictConfig, schema: type, front: str) -> None:
    """Raise `ConfigError` where a number that is neither 0 nor 1 stands for true or false: OmegaConf takes any."""
    for name, hint in _truths(schema).items():
        value = node.get(name) if name in node and not OmegaConf.is_missing(node, name) else None
        if hint is bool:
            check_truth(f"{front}{name}", value)
        elif isinstance(value, DictConfig):
            _check_truths(value, hint, f"{front}{name}.")


@cache
def _truths(schema: type) -> dict[str, type]:
    """Return the fields of a schema that are true or false, and its sections with such fields, with their types."""
    hints = {name: hint for name, hint in get_type_hints(schema).items() if isinstance(hint, type)}
    return {
        name: hint for name, hint in hints.items() if hint is bool or (dataclasses.is_dataclass(hint) and _truths(hint))
    }


def check_truth(key: str, value: Any) -> None:
    """Raise `ConfigError` where a value that is wanted as true or false is another number than 0 and 1."""
    if type(value) is int and value not in (0, 1):
        raise ConfigError(f"{key}={value}: allowed is true or false")


def _targets(composed: DictConfig) -> Targets:
    given = composed.targets
    try:
        return Targets.of(OmegaConf.to_container(given) if OmegaConf.is_config(given) else given)
    except LabelctError as error:
        raise ConfigError(str(error)) from error


def _check_trainer(trainer: TrainerSettings, targets: Targets) -> None:
    try:
        trainer.check_targets(targets.names)
    except SettingError as error:
        raise ConfigError(f"trainer.{error}") from error


def register() -> None:
    """Make every schema known to Hydra as `schema/<group>` or `schema/<group>_<kind>`, for YAML files to start from."""
    kinds = {"cohort": TESTS, "trainer": TRAINER_SCHEMAS}
    schemas: dict[str, Any] = PLAIN | {
        f"{group}_{kind}": schema for group, known in kinds.items() for kind, schema in known.items()
    }
    for name, schema in schemas.items():
        ConfigStore.instance().store(group="schema", name=name, node=schema, provider="labelct")


def study(overrides: Iterable[str]) -> str:
    """Return the name of the sweep that was typed: `dose`, `dose_phantom` with `experiment=phantom`; empty for none."""
    typed = dict(override.partition("=")[::2] for override in overrides)
    return "_".join(typed[name] for name in ("sweep", "experiment") if name in typed) if "sweep" in typed else ""


register()
resolvers.register()
