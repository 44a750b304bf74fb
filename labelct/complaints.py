"""What is wrong with a configuration, in one line: the key, the value, what is allowed and the remedy."""

import dataclasses
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import InterpolationResolutionError, OmegaConfBaseException

from labelct.errors import LabelctError, did_you_mean, first_line
from labelct.option_files import option_names
from labelct.settings import in_words

# How OmegaConf cites the value that it refuses.
CITED = (
    r"Value '(.*)' of type '",
    r"Value '(.*)' is not a valid",
    r"^Invalid value '(.*)', expected",
    r"^Invalid type assigned: .* value: (.*)$",
)


class ConfigError(LabelctError):
    """A configuration that cannot run: names the key, the value, what is allowed and the remedy."""


def wrong_type(key: str, error: OmegaConfBaseException, given: str | None = None) -> str:
    """Return what to say of a value that has the wrong type.

    Args:
        key: Dotted, as it is typed.
        error: What OmegaConf says.
        given: The value as it was typed; None: as OmegaConf cites it.
    """
    text = first_line(error)
    cited = next((repr(found[1]) for pattern in CITED if (found := re.search(pattern, text))), None)
    schema, name, value = error.object_type, str(error.key), given or cited
    if _has(schema, name):
        allowed = in_words(schema, name, key)  # type: ignore[arg-type]
        return f"{key}={value}: allowed is {allowed}" if value else f"{key}: {text}; allowed is {allowed}"
    whole = re.search(r"(?:could not be converted to|is not a subclass of) (\w+)", text)
    words = {"Integer": "whole numbers", "Float": "numbers", "Boolean": "true or false", "String": "texts"}
    words |= {"int": "whole numbers", "float": "numbers", "str": "texts"}
    if value and whole and whole[1] in words:
        return f"{key}={value}: allowed is {words[whole[1]]}"
    return f"{key}{f'={given}' if given else ''}: {text}; mend the value"


def unknown_key(key: str, schema: Any, group: str = "", kinds: Mapping[str, Any] | None = None) -> str:
    """Return what to say of a key that is no field of the schema that it lies in.

    Args:
        key: Dotted, as it is typed.
        schema: The dataclass.
        group: The group that the schema was chosen in, as `cohort` or `test.folder`.
        kinds: The other schemas that may be chosen there, by name.
    """
    name = key.rpartition(".")[2]
    owners = [kind for kind, other in (kinds or {}).items() if _has(other, name)]
    if group.startswith("test."):  # a test group has the name of its option
        group = "test"
        owners = [kind for kind in owners if kind in option_names(group)]
    if owners:
        return f"{key}: no such key here; it is one of {group}={', '.join(owners)}; choose it with {group}={owners[0]}"
    return no_such_key(key, [part.name for part in dataclasses.fields(schema)])


def no_such_key(key: str, known: Sequence[str]) -> str:
    """Return what to say of a key that is none of those known beside it, which go by their last names."""
    parent = key.rpartition(".")[0]
    remedy = did_you_mean(key, [f"{parent}.{name}" if parent else name for name in known])
    return f"{key}: no such key; allowed is {', '.join(known)}" + (f"; {remedy}" if remedy else "")


def left_out(section: str, options: Iterable[str]) -> str:
    """Return what to say of a section that `~section` took away.

    Args:
        section: Its name.
        options: What may be chosen there; none where it is no group.
    """
    known = list(options)
    if not known:
        return f"{section} cannot be left out: take ~{section} away for its default, or set {section}="
    remedy = f"; switch it off with {section}=none" if "none" in known else ""
    return f"{section} cannot be left out; allowed is one of {', '.join(known)}{remedy}"


def interpolation(error: OmegaConfBaseException) -> str:
    """Return what to say of a `${...}` that stands for nothing."""
    text = first_line(error)
    key = error.full_key or "a value"
    if (found := re.search(r"Interpolation key '(\w+)' not found", text)) and found[1] in os.environ:
        return f"{key}: ${{{found[1]}}} is no key; write ${found[1]} or ${{oc.env:{found[1]}}} for the environment's"
    if isinstance(error, InterpolationResolutionError) and "HydraConfig was not set" in text:
        return f"{key}: what Hydra finds out itself cannot be used here; write the value"
    return f"{key}: {text}; quote it, or name a key that --cfg job shows"


def _has(schema: Any, name: str) -> bool:
    return dataclasses.is_dataclass(schema) and name in {part.name for part in dataclasses.fields(schema)}


def shown(value: Any) -> str:
    """Return a value as it is typed."""
    plain = OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
    return str(plain).lower() if isinstance(plain, bool) else "null" if plain is None else str(plain)
