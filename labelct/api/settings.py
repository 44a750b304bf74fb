"""Presets by name and settings by key, as on the command line: the one module of the room that composes them."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from os import PathLike, fspath
from typing import Any

import numpy as np
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from labelct.complaints import ConfigError, shown
from labelct.config import Config, configuration_folder, option_names, typed
from labelct.errors import SettingError, check_choice, did_you_mean
from labelct.stages.unread import unread, why_unread

log = logging.getLogger(__name__)

# Which group of presets an argument names, where it is not the one of its own name.
GROUPS = {"recipe": "data"}
DEFAULTS = {("dose", "low")}  # of arguments: they stand there whether somebody typed them or not
KEYS = "docs/keys.md lists all keys"


@dataclass(frozen=True)
class Chosen:
    """What a user chose: presets, and values laid over them. Equal ones stand for one configuration.

    Attributes:
        presets: `(group, option)`, sorted.
        values: JSON of `{dotted key: value}`.
    """

    presets: tuple[tuple[str, str], ...]
    values: str

    @classmethod
    def of(cls, presets: Mapping[str, str], settings: Mapping[str, Any], sections: tuple[str, ...]) -> "Chosen":
        """Return what the arguments of a verb choose.

        Args:
            presets: Option by argument: `{"recipe": "synth3"}`.
            settings: What else was given by keyword: a preset (`fill="mixture"`), a dotted key
                (`{"data.phase": "native"}`), or a table of keys (`data={"phase": "native"}`).
            sections: Those of the configuration that the verb reads.

        Raises:
            SettingError: A preset does not exist, or a key is of none of the sections.
        """
        chosen = {GROUPS.get(name, name): _preset(name, option) for name, option in presets.items()}
        named, values = {GROUPS.get(name, name): name for name in presets}, {}
        for key, value in settings.items():
            section = key.partition(".")[0]
            if section not in sections:
                remedy = did_you_mean(key, [*presets, *sections]) or KEYS
                raise SettingError(key, _plain(key, value), f"a setting of {', '.join(sections)}", remedy)
            if key != section or not isinstance(value, str) or key == "targets":
                values[key] = _plain(key, value)
            elif section in named:
                raise SettingError(key, value, "a table of keys", f"choose a preset with {named[section]}={value!r}")
            else:
                chosen[key] = _preset(key, value)
        return cls(tuple(sorted(chosen.items())), json.dumps(values))

    @cached_property
    def config(self) -> Config:
        """The whole configuration, checked; it is shared, and not to be changed.

        Raises:
            ConfigError: A key does not exist, does not allow its value, or is not read with what was chosen beside it.
        """
        return _config(self)


@lru_cache(maxsize=16)
def _config(chosen: Chosen) -> Config:
    tree = json.loads(_composed(chosen.presets))
    for key, value in json.loads(chosen.values).items():
        _lay(tree, key.split("."), value)
    config = typed(OmegaConf.create(tree))
    for key, value in single(json.loads(chosen.values)):
        if why := why_unread(key, config):
            raise ConfigError(f"{key}={shown(value)}: {why}")
    for line in unread(
        config, [f"{group}={option}" for group, option in chosen.presets if (group, option) not in DEFAULTS]
    ):
        log.warning("%s", line)
    return config


@lru_cache(maxsize=16)
def _composed(presets: tuple[tuple[str, str], ...]) -> str:
    """Return JSON of what Hydra composes, its `${...}` as they are."""
    running = GlobalHydra.instance().hydra  # where labelct is called from a job of Hydra's
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
            node = compose("config", overrides=[f"{group}={option}" for group, option in presets])
    finally:
        GlobalHydra.instance().hydra = running
    return json.dumps(OmegaConf.to_container(node))


def _preset(name: str, option: Any) -> str:
    if not isinstance(option, str):
        raise SettingError(name, option, "the name of a preset, one of " + ", ".join(_options(name)))
    check_choice(name, option, _options(name))
    return option


def _options(name: str) -> list[str]:
    return option_names(GROUPS.get(name, name))


def single(settings: Mapping[str, Any], front: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every dotted key of nested tables with its value."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from single(value, f"{front}{key}.")
        else:
            yield f"{front}{key}", value


def _lay(tree: dict[str, Any], path: list[str], value: Any) -> None:
    """Put a value into nested tables; a table is laid over the one that is there, key by key."""
    first, *rest = path
    if rest:
        below = tree.get(first)
        tree[first] = below if isinstance(below, dict) else {}
        _lay(tree[first], rest, value)
    elif isinstance(value, dict) and isinstance(tree.get(first), dict):
        for key, part in value.items():
            _lay(tree[first], [key], part)
    else:
        tree[first] = value


def _plain(key: str, value: Any) -> Any:
    """Return a value as JSON has it; numbers of NumPy, tuples and paths are taken as well."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, PathLike):
        return fspath(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(key, part) for name, part in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(key, part) for part in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise SettingError(key, f"{type(value).__name__} object", "numbers, texts, lists and tables")
