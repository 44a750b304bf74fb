"""Hydra's own part of a configuration, which Hydra does not check: `+` adds any key to it, and nothing reads that."""

import dataclasses
import logging
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from labelct.complaints import ConfigError, no_such_key, shown, unknown_key
from labelct.option_files import option_names

PLUGINS = ("launcher", "sweeper")
FOLDERS = (("run", "dir"), ("sweep", "dir"), ("sweep", "subdir"))
GROUPS = ("env",)  # of Hydra, which its own dataclass leaves out
OURS = "jobs"  # the callback that notes what becomes of jobs
# What `logging.config.dictConfig` reads; it passes over all else.
LOGGING = ("version", "formatters", "filters", "handlers", "loggers", "root", "incremental", "disable_existing_loggers")


def check(hydra: DictConfig) -> None:
    """Refuse keys that nothing reads, and values that no job can start with.

    Args:
        hydra: The section `hydra` as it was composed, of one job or of a sweep.

    Raises:
        ConfigError: There is one.
    """
    _check_keys(hydra, OmegaConf.get_type(hydra), "hydra", GROUPS)
    for plugin in PLUGINS:
        _check_plugin(plugin, hydra[plugin])
    _check_folders(hydra)
    _check_callbacks(hydra.callbacks)
    for name in ("job_logging", "hydra_logging"):
        _check_logging(f"hydra.{name}", hydra[name])


def check_searched(overrides: Iterable[Override]) -> None:
    """Refuse folders of configurations that are not there, of which Hydra warns in two lines and goes on.

    Args:
        overrides: What was typed.

    Raises:
        ConfigError: There is one.
    """
    for override in overrides:
        folders = override.value() if override.key_or_group == "hydra.searchpath" else None
        for folder in folders if isinstance(folders, list) else ():
            if not _may_be_searched(str(folder)):
                remedy = "give one that holds folders such as experiment/"
                raise ConfigError(f"hydra.searchpath=[{folder}]: no such folder; {remedy}")


def check_apart(hydra: DictConfig, jobs: int) -> None:
    """Refuse a sweep all of whose jobs would have one folder.

    Args:
        hydra: As of `check`.
        jobs: How many there are.

    Raises:
        ConfigError: They would.
    """
    subdir = _as_typed(hydra.sweep, "subdir")
    if jobs > 1 and "${" not in subdir:
        problem = f"one folder for {jobs} jobs"
        raise ConfigError(f"hydra.sweep.subdir={subdir}: {problem}; leave it out, or let it hold ${{hydra.job.num}}")


def is_basic(hydra: DictConfig) -> bool:
    """Return whether Hydra's own sweeper makes the jobs, which are known before the first of them then."""
    return "basic_sweeper" in str(hydra.sweeper.get("_target_"))


def is_numbered(hydra: DictConfig) -> bool:
    """Return whether the folders of a sweep's jobs are called by their numbers, and the jobs are known."""
    return is_basic(hydra) and _as_typed(hydra.sweep, "subdir") == "${hydra.job.num}"


def _check_keys(node: DictConfig, schema: Any, front: str, more: Collection[str] = ()) -> None:
    """Raise where a key below `front` is no field of the dataclass that Hydra or a plugin declares for it."""
    if not dataclasses.is_dataclass(schema):
        return
    known = {part.name for part in dataclasses.fields(schema)}.union(more)
    for name in map(str, node):
        if name not in known:
            raise ConfigError(unknown_key(f"{front}.{name}", schema))
        child = None if OmegaConf.is_missing(node, name) or OmegaConf.is_interpolation(node, name) else node[name]
        if isinstance(child, DictConfig):
            _check_keys(child, OmegaConf.get_type(child), f"{front}.{name}")


def _check_plugin(plugin: str, node: Any) -> None:
    """Raise where a launcher or sweeper is none, or has a key that its plugin does not declare."""
    if not isinstance(node, DictConfig):
        known = sorted({*_registered(plugin), *option_names(f"hydra/{plugin}")})
        remedy = f"choose one with hydra/{plugin}=NAME"
        raise ConfigError(f"hydra.{plugin}={shown(node)}: allowed is one of {', '.join(known)}; {remedy}")
    schema = OmegaConf.get_type(node)
    if schema is dict:  # a preset under a name of its own, or of a plugin that is not installed
        targets = {found.get("_target_"): OmegaConf.get_type(found) for found in _registered(plugin).values()}
        schema = targets.get(node.get("_target_"))
    _check_keys(node, schema, f"hydra.{plugin}")


def _registered(plugin: str) -> dict[str, Any]:
    """Return what plugins that are installed declare, by name."""
    found = ConfigStore.instance().repo.get("hydra", {}).get(plugin, {})
    return {name.removesuffix(".yaml"): entry.node for name, entry in found.items()}


def _check_folders(hydra: DictConfig) -> None:
    for section, name in FOLDERS:
        value = _as_typed(hydra[section], name)
        if not value.strip():
            remedy = "is a variable of the shell not set?"
            raise ConfigError(f"hydra.{section}.{name}={value!r}: allowed is a path; {remedy}")
    if hydra.job.chdir:
        problem = "relative paths would start from each job's folder"
        raise ConfigError(f"hydra.job.chdir=true: {problem}; leave it out, and name the folder with hydra.run.dir=")


def _as_typed(section: DictConfig, name: str) -> str:
    """Return a value with its `${...}` as they stand, which Hydra fills in job by job."""
    values: Any = OmegaConf.to_container(section, resolve=False)
    return str(values[name])


def _check_callbacks(callbacks: DictConfig) -> None:
    if OURS not in callbacks:
        raise ConfigError(f"hydra.callbacks.{OURS} cannot be left out: it notes what becomes of jobs")
    for name, callback in ((str(key), callbacks[key]) for key in callbacks):
        if not isinstance(callback, DictConfig) or not callback.get("_target_"):
            allowed = "a table whose _target_ names a class"
            raise ConfigError(f"hydra.callbacks.{name}={shown(callback)}: allowed is {allowed}")


def _check_logging(key: str, node: Any) -> None:
    """Raise where a logging configuration has a key that nothing reads, or a level that there is not."""
    if not isinstance(node, DictConfig):
        raise ConfigError(f"{key}={shown(node)}: allowed is a table; choose one with {key.replace('.', '/')}=NAME")
    for name in map(str, node):
        if name not in LOGGING:
            raise ConfigError(no_such_key(f"{key}.{name}", LOGGING))
    parts = {"root": node.get("root")}
    for kind in ("loggers", "handlers"):
        parts |= {f"{kind}.{name}": part for name, part in (node.get(kind) or {}).items()}
    levels = list(logging.getLevelNamesMapping())
    for name, part in parts.items():
        level = part.get("level") if isinstance(part, DictConfig) else None
        if isinstance(level, str) and level not in levels:
            raise ConfigError(f"{key}.{name}.level={level}: allowed is one of {', '.join(levels)}")


def _may_be_searched(folder: str) -> bool:
    """Return whether a folder of configurations is there; what is no path of a file is Hydra's to find."""
    url = urlparse(folder)
    return Path(url.path).is_dir() if url.scheme in ("", "file") else True
