"""Keys that are typed and that no job reads, for what is chosen beside them leaves them out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labelct.complaints import ConfigError, shown
from labelct.config import Config, option_names
from labelct.settings import Checked

KEY = re.compile(r"\+{0,2}(\w+(?:\.\w+)+)=")


def check(jobs: Iterable[tuple[Sequence[str], Config]]) -> None:
    """Raise where a key is typed that none of the jobs of a command line reads.

    A sweep over what decides it, as `texture=video,stills texture.root=VIDEOS`, has a job that does.

    Args:
        jobs: What was typed for each, and its configuration.

    Raises:
        ConfigError: There is one.
    """
    found: dict[str, list[str]] = {}
    for overrides, config in jobs:
        for override in overrides:
            if typed := KEY.match(override):
                found.setdefault(typed[1], []).append(_unread(override, typed[1], config))
    for problems in found.values():
        if all(problems):
            raise ConfigError(problems[0])


def _unread(override: str, key: str, config: Config) -> str:
    """Return why a key is not read; empty where it is."""
    section: Any = config
    names = key.split(".")
    for depth, name in enumerate(names):
        if isinstance(section, Mapping):
            section = section.get(name)
            continue
        if not hasattr(section, name):
            return ""
        beside, values = _decided_by(section, name)
        if beside not in ("", name) and getattr(section, beside) not in values:
            front = ".".join(names[:depth])
            here = _chosen(front, beside, getattr(section, beside))
            there = " or ".join(_chosen(front, beside, value) for value in values)
            return f"{override.lstrip('+')}: is not read with {here}; choose {there}, or leave it out"
        section = getattr(section, name)
    return ""


def _decided_by(section: Any, name: str) -> tuple[str, Sequence[Any]]:
    """Return which field of a section decides over another one, and with which of its values that one is read."""
    conditions = section.read_with if isinstance(section, Checked) else {}
    found: tuple[str, Sequence[Any]] = conditions.get(name, conditions.get("*", ("", ())))
    return found


def _chosen(front: str, name: str, value: Any) -> str:
    """Return how a value is typed: the kind of a group's option by the option, where it has its name."""
    by_option = name == "kind" and value in option_names(front)
    return f"{front}={value}" if by_option else f"{front}.{name}={shown(value)}"
