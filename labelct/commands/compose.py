"""Hydra's command line checked before Hydra acts on it: argument order, keys, options and values."""

import re
import warnings
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException, ValidationError

from labelct.config import Config, ConfigError, configuration_folder, type_message, typed
from labelct.errors import did_you_mean

NAME = "config"
EXTRAS = {
    "hydra_submitit_launcher": "launchers",
    "hydra_joblib_launcher": "launchers",
    "hydra_ray_launcher": "ray",
    "hydra_optuna_sweeper": "hparams",
}

# Hydra checks a preset against the plugin's schema of the same name, as it should, and calls that deprecated
warnings.filterwarnings("ignore", r"\s*'hydra/launcher/.*' is validated against ConfigStore schema")


def intermixed(arguments: Sequence[str]) -> list[str]:
    """Return `arguments` with the overrides behind the flags, as Hydra 1.3 wants them.

    `data=synth3 -m dose=low,full` becomes `-m data=synth3 dose=low,full`.
    """
    overrides = get_args_parser().parse_known_intermixed_args(list(arguments))[0].overrides
    left = list(overrides)
    flags = []
    for argument in reversed(arguments):
        if left and argument == left[-1]:
            left.pop()
        else:
            flags.append(argument)
    return [*reversed(flags), *overrides]


def check_jobs(overrides: Sequence[str], multirun: bool, folder: str | None = None) -> int:
    """Compose and check every job of a command line before the first one starts.

    Args:
        overrides: The overrides as typed.
        multirun: Whether they are a sweep.
        folder: A further folder of configurations (`--config-dir`).

    Returns:
        The number of jobs.

    Raises:
        ConfigError: The first job that cannot run, in one line.
    """
    extra = [f"hydra.searchpath=[file://{Path(folder).absolute()}]"] if folder else []
    with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
        jobs = _jobs(list(overrides), extra, multirun)
        for job in jobs:
            typed(_compose([*job, *extra]))
    return len(jobs)


def configuration(overrides: Sequence[str]) -> Config:
    """Return the checked configuration of one job from its overrides.

    Raises:
        ConfigError: It cannot run, in one line.
    """
    with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
        return typed(_compose(list(overrides)))


def _jobs(overrides: list[str], extra: list[str], multirun: bool) -> list[list[str]]:
    """Return the overrides of each job, as Hydra's basic sweeper will split them; `sweep=` makes a sweep without -m."""
    try:
        parsed = OverridesParser.create().parse_overrides(overrides)
    except HydraException as error:
        raise ConfigError(_message(error, overrides)) from error
    fixed = [override for override, item in zip(overrides, parsed, strict=True) if not item.is_sweep_override()]
    hydra = _compose([*fixed, *extra], with_hydra=True).hydra
    if not multirun and hydra.mode != RunMode.MULTIRUN:
        return [overrides]
    for plugin in (hydra.launcher, hydra.sweeper):
        _check_installed(str(plugin.get("_target_")))
    if "basic_sweeper" not in str(hydra.sweeper.get("_target_")):
        return [fixed]
    swept = [f"{key}={value}" for key, value in (hydra.sweeper.get("params") or {}).items()]
    batches = BasicSweeper.split_arguments(OverridesParser.create().parse_overrides(swept + overrides), None)
    return [list(job) for batch in batches for job in batch]


def _check_installed(target: str) -> None:
    """Refuse a launcher or sweeper whose plugin is missing.

    Raises:
        ConfigError: It is not installed.
    """
    parts = target.split(".")
    # find_spec imports the parent package, which is not there while no plugin at all is installed
    if parts[0] == "hydra_plugins" and not (find_spec(parts[0]) and find_spec(".".join(parts[:2]))):
        raise ConfigError(f"{parts[1]} is not installed; pip install 'labelct[{EXTRAS.get(parts[1], parts[1])}]'")


def _compose(overrides: list[str], with_hydra: bool = False) -> DictConfig:
    try:
        return compose(NAME, overrides=overrides, return_hydra_config=with_hydra)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(_message(error, overrides)) from error


def _message(error: Exception, overrides: Sequence[str]) -> str:
    """Return Hydra's complaint in one line that names the key, the value, what is allowed and the nearest name."""
    text = str(error)
    if isinstance(error, MissingConfigException) and error.options is not None and "/" in str(error.missing_cfg_file):
        group, option = str(error.missing_cfg_file).rsplit("/", 1)
        known = [name for name in error.options if not name.startswith("_")]
        return _join(f"{group}={option}: allowed is one of {', '.join(known)}", did_you_mean(option, known))
    if found := re.search(r"Could not override '([^']+)'\.\s*No match in the defaults list", text):
        return _unknown(found[1].split("@")[0], groups())
    if isinstance(error.__cause__, ValidationError) and (found := re.search(r"Error merging override (.*)", text)):
        return type_message(found[1].lstrip("+").split("=")[0], error.__cause__)
    if found := re.search(r"Could not (?:override|append|find|delete)\b.*?'([^']+)'", text):
        return _unknown(found[1], _keys())
    if found := re.search(r"Key '([^']+)' (?:is )?not in '?(\w+)", text):
        key = next((override.lstrip("+~").split("=")[0] for override in overrides if found[1] in override), found[1])
        return _unknown(key, _keys())
    return " ".join(line.strip() for line in text.split("\nSee https")[0].splitlines() if line.strip())


def _unknown(key: str, known: Sequence[str]) -> str:
    parent = key.rpartition(".")[0]
    near = [name for name in known if name.rpartition(".")[0] == parent]
    allowed = f"allowed is {', '.join(near)}" if near else "see --cfg job for those that exist"
    return _join(f"{key}: no such key; {allowed}", did_you_mean(key, known))


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _keys() -> list[str]:
    """Return every dotted key of the default configuration."""

    def below(node: Any, path: str) -> Iterator[str]:
        for key, child in node.items() if isinstance(node, dict) else ():
            yield f"{path}{key}"
            yield from below(child, f"{path}{key}.")

    return list(below(OmegaConf.to_container(compose(NAME, overrides=[]), resolve=False), ""))


def groups() -> list[str]:
    """Return the names of the configuration groups, those of Hydra itself left out."""
    folders = [path for path in configuration_folder().iterdir() if path.is_dir() and path.name != "hydra"]
    return sorted(path.name for path in folders)


def options(group: str) -> dict[str, str]:
    """Return the options of `group`, each with the first comment line of its file; `_name` is what others share."""
    found = {}
    for path in sorted((configuration_folder() / group).glob("[!_]*.yaml")):
        lines = (line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# "))
        found[path.stem] = next((line[2:] for line in lines if not line.startswith("# @")), "")
    return found
