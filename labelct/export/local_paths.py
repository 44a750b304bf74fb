"""What a configuration or a command says of one machine, taken out of it."""

import dataclasses
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

from labelct.config import Config
from labelct.kinds import COHORTS, TRAINER_SCHEMAS

MISSING = "???"  # OmegaConf's mark of a value that has to be given
PLACE = "FOLDER"  # what stands for a path in a command
FOLDERS = ("root", "roots", "outputs")  # keys whose value is a folder even where it is one plain word
ABSOLUTE = re.compile(r"~|/|\.\.?/|\\\\|[A-Za-z]:[\\/]|\w+://")
WITHIN = re.compile(r"(?<![\w.*/])(?:~?/|[A-Za-z]:[\\/])[^\s,\]}'\"]*")  # in a list or a table of an override


def without_paths(value: Any, key: str = "") -> Any:
    """Return a configuration with `???` in place of every path that leads somewhere on this machine.

    Patterns below a cohort's folder, as `ct/*.nii.gz`, and names of what ships stay.

    Args:
        value: Tables, lists and plain values.
        key: The last part of the key that it stands at.
    """
    if isinstance(value, dict):
        return {name: without_paths(part, str(name)) for name, part in value.items()}
    if isinstance(value, list):
        return [without_paths(part, key) for part in value]
    return MISSING if isinstance(value, str) and _is_local(key, value) else value


def without_paths_in(override: str) -> str:
    """Return what was typed, as `cohort.root=/data/masks`, with `FOLDER` in place of paths."""
    key, equals, value = override.partition("=")
    if equals and _is_local(key.rpartition(".")[2], value):
        return f"{key}={PLACE}"
    return key + equals + WITHIN.sub(PLACE, value)


def _is_local(key: str, value: str) -> bool:
    if ABSOLUTE.match(value) or key in FOLDERS:
        return True
    return key in path_keys() and "*" not in value and ("/" in value or "." in value)


@cache
def path_keys() -> frozenset[str]:
    """Return the last parts of all keys that hold a path, as the settings say."""
    found = set()
    for schema in _schemas(Config, *COHORTS.values(), *TRAINER_SCHEMAS.values()):
        found |= {part.name for part in dataclasses.fields(schema) if "path" in part.metadata}
    return frozenset(found)


def _schemas(*hints: Any) -> Iterator[Any]:
    """Yield the dataclasses that some types are made of."""
    for hint in hints:
        if dataclasses.is_dataclass(hint):
            yield hint
            yield from _schemas(*get_type_hints(hint).values())
        else:
            yield from _schemas(*get_args(hint))
