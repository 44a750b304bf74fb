"""What a user types, as Hydra's grammar reads it: paths, tables and names need no quotes of a second kind."""

import os
import re
from collections.abc import Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from labelct.commands.groups import groups
from labelct.complaints import ConfigError
from labelct.config import PLAIN, option_names
from labelct.errors import rename

HOME = re.compile(r"(?<=[=,\[])~[\w.-]*(?=[/,\]]|$)")
KEY = re.compile(r"(\+{0,2}[\w./@-]+)=(.*)", re.DOTALL)
UNQUOTED = re.compile(r"[,'\"\\]|\$\{|^[\[({]|^\w+\(")  # lists, tables, functions, and what has quotes already
# Of these the last would drop the one before in silence; how both are asked for, where both can be.
ALONE = {
    "experiment": ", or -m experiment={} for both",
    "test": ", or test=[{}] for both",
    "sweep": "",
    "hparams_search": "",
}
YAML = re.compile(r"\.ya?ml(?=[,\]]|$)")  # of an option's file: Hydra takes it, and reports would call the arm so
PAIR = re.compile(r"[^:/{\[\"']+:[^/]")  # `1:liver`, what a shell leaves of a table; not `tcp://host`


def understood(given: Sequence[str]) -> list[str]:
    """Return overrides as Hydra reads them.

    `~` at the front of a path is the home folder; an option is called by its name, without `.yaml`; a value that the
    grammar has no letters for (`/data/Müller`) gets quotes; a table (`drop.labels={liver: 0.2}`) adds to the one that
    is there, and is a list of one as `targets`.

    Args:
        given: The overrides as they were typed.

    Raises:
        ConfigError: The shell took a table apart, an empty table says nothing, there are two experiments, or bytes that
            are no UTF-8, which a file's name may have and a configuration cannot hold.
    """
    for override in given:
        if override != (shown := override.encode(errors="backslashreplace").decode()):
            raise ConfigError(f"{shown}: is no text in UTF-8; {rename()}")
    _check_repeated(given)
    return [_understood(HOME.sub(lambda found: os.path.expanduser(found[0]), override)) for override in given]


def parsed(overrides: Sequence[str], parser: OverridesParser | None = None) -> list[Override]:
    """Return what Hydra's grammar makes of overrides.

    Raises:
        ConfigError: One cannot be read.
    """
    grammar, found = parser or OverridesParser.create(), []
    for override in overrides:
        try:
            found += grammar.parse_overrides([override])
        except HydraException as error:
            raise ConfigError(_unreadable(override, str(error))) from error
    return found


def _understood(override: str) -> str:
    fit = KEY.fullmatch(override)
    if not fit:
        return override
    key, value = fit.groups()
    group = key.lstrip("+").partition("@")[0]
    if group in groups() or group.startswith("hydra/"):
        value = YAML.sub("", value)
        override = f"{key}={value}"
    if re.fullmatch(r"\{\s*\}", value) and key in (*groups(), *PLAIN):
        known = option_names(key)
        raise ConfigError(f"{override}: says nothing; " + (f"allowed is one of {', '.join(known)}" if known else ""))
    if value.startswith("{") and _is_readable(override):
        if key == "targets":
            return f"targets=[{value}]"
        return f"++{override}" if "." in key and not key.startswith("+") else override
    quoted = f"{key}='{value}'"
    if value and not UNQUOTED.search(value) and not _is_readable(override) and _is_readable(quoted):
        return quoted
    return override


def _is_readable(override: str) -> bool:
    try:
        OverridesParser.create().parse_override(override)
    except HydraException:
        return False
    return True


def _check_repeated(given: Sequence[str]) -> None:
    """Raise where a shell made several overrides of `KEY={A,B}`, or where two experiments are asked for at once."""
    values: dict[str, list[str]] = {}
    for key, _, value in (override.partition("=") for override in given):
        values.setdefault(key, []).append(value)
    for key, parts in values.items():
        if len(parts) > 1 and any(PAIR.match(part) or part.count("[") != part.count("]") for part in parts):
            table = f"{{{','.join(parts)}}}" if all(PAIR.match(part) for part in parts) else "..."
            told = " ".join(f"{key}={part}" for part in parts)
            raise ConfigError(f"{told}: the shell took the braces apart; put quotes round it: '{key}={table}'")
        if key not in ALONE:
            continue
        names = parts if key == "test" else [name for part in parts for name in _names(part)]
        if len(set(names)) > 1:
            both = ALONE[key].format(",".join(names))
            raise ConfigError(f"{key}: {' and '.join(names)} are given; choose one{both}")


def _names(value: str) -> list[str]:
    """Return the options that a value names: `[a,b]` is two, where a group takes but one."""
    listed = re.fullmatch(r"\[(.*)\]", value)
    return [name.strip() for name in listed[1].split(",")] if listed else [value]


def _unreadable(override: str, complaint: str) -> str:
    """Return why an override cannot be read, in one line."""
    key, sign, value = override.partition("=")
    if re.fullmatch(r"[+~]*[\w./@]*\s+|", key) or not (sign or key.startswith("~")):
        return f"{override!r}: is no setting; write KEY=VALUE, without blanks round the ="
    if found := re.search(r"while evaluating '.*?': (.*)", complaint):
        return f"{override}: {found[1].strip()}"
    if not KEY.fullmatch(override) and sign:
        return f"{override}: {key!r} is no key; see --cfg job for those that exist"
    if "'" in value or '"' in value:
        return f"{override}: the value cannot be read; its quotes do not match"
    if value.endswith(","):
        return f"{override}: the value cannot be read; it ends in a comma"
    if value.startswith("("):
        return f"{override}: the value cannot be read; write {key}=[{value.strip('()')}]"
    return f"{override}: the value cannot be read; put it in quotes, as in '{key}=\"{value or 'VALUE'}\"'"
