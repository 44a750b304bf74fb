"""Settings whose fields say themselves what they allow: one line holds a key's type, default and range."""

import dataclasses
import math
import os
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import field, fields
from enum import Enum
from types import UnionType
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

from labelct.errors import SettingError, bounds, check_choice, check_interval, check_range

WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
MOST_SEED = 2**63 - 1  # that torch and NumPy take alike
SEVERAL = {int: "whole numbers", float: "numbers", str: "texts"}


def ranged(default: float | None, low: float | None = None, high: float | None = None) -> Any:
    """Return the field of a number within `[low, high]` (None: no bound; a value of None passes)."""
    return field(default=default, metadata={"low": low, "high": high})


def interval(least: float, most: float, low: float | None = None, high: float | None = None) -> Any:
    """Return the field of `[least, most]`, from which something is drawn, within `[low, high]`."""
    return field(default_factory=lambda: [least, most], metadata={"interval": True, "low": low, "high": high})


def choice(default: str, choices: Sequence[str]) -> Any:
    """Return the field of one of several words."""
    return field(default=default, metadata={"choices": tuple(choices)})


def path(default: str | None) -> Any:
    """Return the field of a file or folder, in which `~` and `$HOME` stand for what they stand for in a shell."""
    return field(default=default, metadata={"path": True})


def expanded(path: str, key: str = "path") -> str:
    """Return a path with `~` and `$VARIABLE` replaced, as a shell does it where nothing is quoted.

    Args:
        path: As it was typed.
        key: What an error calls it.

    Raises:
        SettingError: It is to lie at the home of a user whom this machine does not know.
    """
    found = os.path.expandvars(os.path.expanduser(path))
    if found.startswith("~"):
        user = found[1:].partition("/")[0]
        raise SettingError(key, path, "a path", f"there is no user {user!r} here; ./{found} is a folder of that name")
    return found


def lies_within(key: str, part: str) -> bool:
    """Return whether a dotted key is a part of a configuration or lies below it.

    Args:
        key: As `data.cylinder.histogram`.
        part: As `data.cylinder`.
    """
    return f"{key}.".startswith(f"{part}.")


class Given:
    """Holds every value but those that leave something out: null, false, 0, an empty text, list or table."""

    def __contains__(self, value: object) -> bool:
        if isinstance(value, (list, tuple, Mapping)):
            return any(part in self for part in (value.values() if isinstance(value, Mapping) else value))
        return bool(value)


GIVEN = Given()


class Checked:
    """The base of settings, which are dataclasses; a value that a field does not allow raises `SettingError`.

    Settings that are a section of others may be given as what `dataclasses.asdict` made of them.
    `section` is what stands before a field in its key, where the settings are a section of others: `deformation`.
    `read_with` says of fields that are not always read which other field decides it (or which: one of them is enough),
    with which of its values, `GIVEN` for any that leaves nothing out; `*` stands for all others.
    """

    _section: ClassVar[str] = ""
    read_with: ClassVar[Mapping[str, tuple[str | Sequence[str], Container[Any]]]] = {}

    def __init_subclass__(cls, section: str = "") -> None:
        cls._section = section

    def __post_init__(self) -> None:
        for known in fields(self):  # type: ignore[arg-type]
            value, section = getattr(self, known.name), known.default_factory
            key = f"{self._section}.{known.name}" if self._section else known.name
            if isinstance(value, Mapping) and isinstance(section, type) and issubclass(section, Checked):
                setattr(self, known.name, section(**value))
            elif "path" in known.metadata and isinstance(value, str):
                if not value:
                    raise SettingError(key, value, "a path")
                setattr(self, known.name, expanded(value, key))
            else:
                _check(key, value, known.metadata)


def _check(key: str, value: Any, allowed: Mapping[str, Any]) -> None:
    """Raise `SettingError` where a field does not allow a value; no number may be nan or infinite."""
    if "choices" in allowed:
        check_choice(key, value, allowed["choices"])
    elif "interval" in allowed:
        check_interval(key, value, allowed["low"], allowed["high"])
    elif "low" in allowed:
        check_range(key, value, allowed["low"], allowed["high"])
    if isinstance(value, list) and any(isinstance(part, (list, Mapping)) for part in value):
        raise SettingError(key, value, "a list of single values")
    for number in _numbers(value):
        if not math.isfinite(number):
            raise SettingError(key, value, "finite numbers")


def _numbers(value: Any) -> Iterator[float]:
    """Yield the fractional numbers of a value, its lists and its tables."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, (list, tuple, Mapping)):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _numbers(part)


def allowed_values(metadata: Any) -> str:
    """Return in words what a field with this metadata allows; empty where its type says it all."""
    if "choices" in metadata:
        return " | ".join(metadata["choices"])
    allowed = bounds(metadata.get("low"), metadata.get("high"))
    return f"an interval within {allowed}" if allowed and "interval" in metadata else allowed


def in_words(schema: type, name: str, key: str) -> str:
    """Return what a field allows, for people: its type, its bounds and, where it is a list, an example.

    Args:
        schema: A dataclass.
        name: One of its fields.
        key: How the field is typed, for the example.
    """
    hint, known = get_type_hints(schema)[name], next(part for part in fields(schema) if part.name == name)
    if dataclasses.is_dataclass(hint):
        return f"keys below it, such as {key}.{fields(hint)[0].name}="
    if "choices" in known.metadata:
        return "one of " + ", ".join(known.metadata["choices"])
    words = "a path" if "path" in known.metadata else _type_in_words(hint)
    if bound := allowed_values(known.metadata):
        words += f" of {bound}" if hint is int or hint is float else f", {bound}"
    factory = known.default_factory
    example = factory() if callable(factory) else None
    if example and get_origin(hint) is list:
        words += f", for example {key}=[{','.join(map(str, example))}]"
    return words


def _type_in_words(hint: Any) -> str:
    if get_origin(hint) in (Union, UnionType):
        kinds = [_type_in_words(kind) for kind in get_args(hint) if kind is not type(None)]
        return " or ".join([*kinds, *(["null"] if type(None) in get_args(hint) else [])])
    if get_origin(hint) is list:
        return f"a list of {SEVERAL.get(get_args(hint)[0], 'values')} in [ ]"
    if get_origin(hint) is dict:
        return "a table {name: value}"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "one of " + ", ".join(kind.name for kind in hint)
    return WORDS.get(hint, "another value")
