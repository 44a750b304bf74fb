"""The resolved configuration that a run leaves in its folder, which may have come from anywhere."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from omegaconf._utils import get_yaml_loader

from labelct.errors import InputError, first_line
from labelct.texts import read_text

FILE = "config.yaml"
DEEPEST = 100  # parts within each other, of which a configuration has a handful


def read_configuration(run: Path, remedy: str = "run the job again, or delete its folder") -> dict[str, Any]:
    """Return what the configuration of a run says, empty where the run left none; nothing in it is looked up.

    Args:
        run: The run's folder.
        remedy: What to do where it cannot be read.

    Raises:
        InputError: It is no YAML, no table, or repeats parts of itself, by which few lines can fill the memory.
    """
    path = run / FILE
    try:
        text = read_text(path, remedy)
    except InputError:
        if path.exists():
            raise
        return {}
    try:
        _check_parts(path, text, remedy)
        found = yaml.load(text, _loader())
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise InputError(path, f"cannot be read as YAML ({first_line(error)})", remedy) from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InputError(path, "is no configuration", remedy)
    return {str(name): value for name, value in found.items()}


@cache
def _loader() -> Any:
    """Return what reads YAML as OmegaConf does, by libyaml where that is there: ten times as fast."""
    as_omegaconf = get_yaml_loader()
    if not yaml.__with_libyaml__:
        return as_omegaconf

    class Loader(yaml.cyaml.CParser, as_omegaconf):  # type: ignore[misc, valid-type]
        def __init__(self, text: str) -> None:
            yaml.cyaml.CParser.__init__(self, text)
            yaml.constructor.SafeConstructor.__init__(self)
            yaml.resolver.Resolver.__init__(self)

    return Loader


def _check_parts(path: Path, text: str, remedy: str) -> None:
    """Raise where a text repeats parts of itself or nests them deeper than any run does."""
    depth = 0
    for event in yaml.parse(text, _loader()):
        if isinstance(event, yaml.AliasEvent):
            raise InputError(path, "repeats parts of itself, which no run writes", remedy)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError(f"more than {DEEPEST} parts lie within each other")


def value_of(configuration: Mapping[str, Any], key: str) -> Any:
    """Return the value of a dotted key, None where there is none."""
    value: Any = configuration
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
