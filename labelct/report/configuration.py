"""The resolved configuration that a run leaves in its folder, which may have come from anywhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from labelct.errors import InputError, first_line
from labelct.texts import read_text

FILE = "config.yaml"


def read_configuration(run: Path, remedy: str = "run the job again, or delete its folder") -> dict[str, Any]:
    """Return what the configuration of a run says, empty where the run left none; nothing in it is looked up.

    Args:
        run: The run's folder.
        remedy: What to do where it cannot be read.

    Raises:
        InputError: It is no YAML, no table, or repeats parts of itself, by which few lines can fill the memory.
    """
    path = run / FILE
    if not path.exists():
        return {}
    text = read_text(path, remedy)
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise InputError(path, "repeats parts of itself, which no run writes", remedy)
        found = OmegaConf.to_container(OmegaConf.create(text))
    except (yaml.YAMLError, OmegaConfBaseException, ValueError, RecursionError) as error:
        raise InputError(path, f"cannot be read as YAML ({first_line(error)})", remedy) from None
    if not isinstance(found, dict):
        raise InputError(path, "is no configuration", remedy)
    return {str(name): value for name, value in found.items()}


def value_of(configuration: Mapping[str, Any], key: str) -> Any:
    """Return the value of a dotted key, None where there is none."""
    value: Any = configuration
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
