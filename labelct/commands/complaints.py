"""What Hydra says about a command line, in one line: the key, the value, what is allowed and the nearest name."""

import dataclasses
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, get_type_hints

from hydra import compose
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.errors import HydraException, MissingConfigException
from omegaconf import OmegaConf
from omegaconf.errors import ConfigKeyError, OmegaConfBaseException, ValidationError

from labelct.commands.groups import NAME, groups
from labelct.complaints import no_such_key, shown, unknown_key, wrong_type
from labelct.config import PLAIN, Config, option_names
from labelct.errors import did_you_mean, first_line
from labelct.kinds import KINDS

# A number, null, or a list or table that begins with one, where the name of an option should stand.
NO_NAME = r"[\[{\s]*(null|true|false|[-+\d.e]+)\b.*|\[\s*[\[{].*"
# A value of a sweep, put where those of `conf/sweep/` stand; Hydra has nothing there to put it to without `sweep=`.
SWEEPER = re.compile(r"\+*hydra\.sweeper\.params(?:\.([\w.@/]+)=|=\{\s*['\"]?([\w.@/]+)['\"]?\s*:)")
MOST_MEANT = 3  # keys of one name in one line
# What Hydra raises where a command line does not fit: behind the first two, its own slips at values not foreseen.
REFUSALS = (HydraException, OmegaConfBaseException, ValueError, AssertionError, TypeError, AttributeError)


def told(error: Exception, overrides: Sequence[str]) -> str:
    """Return what to say of an error that Hydra raised.

    Args:
        error: One of `REFUSALS`.
        overrides: What was typed.
    """
    text = str(error).split("\nSee https")[0]
    if isinstance(error, MissingConfigException) and (found := re.search(r"Could not (?:load|find) '(.+)/(.*)'", text)):
        return no_option(found[1], found[2], error.options)
    if of_sweeper := next((found for override in overrides if (found := SWEEPER.match(override))), None):
        return _null_params(of_sweeper)
    if "Config group override must be" in text or isinstance(error, (TypeError, AttributeError)):
        return _no_name(overrides)
    if word := re.search(r"invalid literal for int\(\) with base 10: '(.*)'", text):
        return _below_a_list(word[1], overrides)
    if "Unexpected type for root" in text:
        return _below_a_value(overrides)
    for pattern, say in PATTERNS:
        if found := re.search(pattern, text, re.DOTALL):
            return say(found, error)
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def no_option(group: str, option: str, options: Sequence[str] | None = None) -> str:
    """Return what to say of an option that a group does not have.

    Args:
        group: As it was typed.
        option: As it was typed.
        options: Those that Hydra found; None: those that ship.
    """
    first, slash, rest = group.partition("/")
    if slash and first in groups():
        return no_option(first, f"{rest}/{option}")
    known = [name for name in options or () if not name.startswith("_")] or option_names(group)
    return _join(f"{group}={option}: allowed is one of {', '.join(known)}", did_you_mean(option, known))


def no_value(override: str) -> str:
    """Return what to say of a sweep over nothing."""
    group = override.partition("=")[0]
    allowed = f"allowed is one or more of {', '.join(option_names(group))}" if option_names(group) else "give values"
    return f"{override}: stands for no value at all; {allowed}"


def _no_name(overrides: Sequence[str]) -> str:
    """Return what to say where the option of a group is a number or null."""
    for override in reversed(overrides):
        group, _, value = override.lstrip("+").partition("=")
        if group == "":
            return f"{override!r}: is no setting; write KEY=VALUE"
        if option_names(group) and re.fullmatch(NO_NAME, value, re.IGNORECASE):
            known = ", ".join(option_names(group))
            return f"{group}={value}: allowed is one of {known}; leave {group}= out for its default"
    return f"{' '.join(overrides)}: an option of a group has to be a name"


def _below_a_list(word: str, overrides: Sequence[str]) -> str:
    """Return what to say where a word is typed as the number of a list's part."""
    keys = [override.lstrip("+~").partition("=")[0] for override in overrides]
    key = next((key for key in keys if key.endswith(f".{word}")), word)
    parent = key.rpartition(".")[0] or "KEY"
    return f"{key}: {parent} is a list, and {word!r} is no number of one of its parts; write {parent}=[...]"


def _null_params(found: re.Match[str]) -> str:
    name = found[1] or found[2]
    return f"hydra.sweeper.params: is null without sweep=NAME; write the values of a sweep as -m {name}=VALUE,VALUE"


def _below_a_value(overrides: Sequence[str]) -> str:
    """Return what to say of a key below one that is null or a single value."""
    whole: Any = OmegaConf.to_container(compose(NAME, overrides=[], return_hydra_config=True), resolve=False)
    for override in reversed(overrides):
        key = override.lstrip("+~").partition("=")[0]
        node, above = whole, key.split(".")[:-1]
        for depth, part in enumerate(above, start=1):
            node = node.get(part, {})
            if not isinstance(node, dict):
                parent = ".".join(above[:depth])
                return f"{key}: {parent} is {shown(node)} and has no keys below it; write {parent}=VALUE"
    return f"{' '.join(overrides)}: a key below one that has none"


def _not_merged(found: re.Match[str], error: Exception) -> str:
    """Return what to say of a value that does not fit where it is put."""
    override, cause = found[1].strip(), error.__cause__
    key, _, value = override.lstrip("+~").partition("=")
    if override.startswith("~"):
        return f"{override}: {key} cannot be left out; take it away for its default"
    if isinstance(cause, ValidationError):
        return wrong_type(key, cause, value)
    if isinstance(cause, ConfigKeyError) and dataclasses.is_dataclass(cause.object_type):
        return unknown_key(str(cause.full_key), cause.object_type)
    reason = first_line(cause or error)
    if reason.startswith("Cannot merge DictConfig with ListConfig"):
        table = f"a table {{name: value}}, or keys below it as in {key}.NAME=VALUE"
        return f"{key}={value}: allowed is {'a list in [ ]' if value.startswith('{') else table}"
    return f"{override.lstrip('+')}: {reason}; mend the value"


def _no_key(found: re.Match[str], error: Exception) -> str:
    """Return what to say of a dotted key that is not there."""
    key, cause = found[1].partition("@")[0], error.__cause__
    schema = getattr(cause, "object_type", None)
    parent = key.rpartition(".")[0]
    if not parent or "No match in the defaults list" in str(error):
        return _no_group(key)
    if schema is None or schema is dict:
        return _no_place(key)
    if remedy := _elsewhere(key, str(cause.full_key), schema):  # type: ignore[union-attr]
        return remedy
    chosen_by_kind = parent in ("cohort", "trainer") or re.fullmatch(r"test\.\w+", parent)
    return unknown_key(key, schema, parent, KINDS[parent.partition(".")[0]] if chosen_by_kind else None)


def _in_file(found: re.Match[str], error: Exception) -> str:
    """Return what to say of a key that an option's file sets and that is not there beside what else is chosen."""
    file, option, kind, key = found.groups()
    parents = key.split(".")[:-1]
    depth = 2 if parents[0] == "test" or ".".join(parents[:2]) in KINDS else 1  # names before those of fields
    group, between = ".".join(parents[:depth]), parents[depth:]
    kinds = KINDS.get(group, KINDS.get(parents[0], {}))
    for schema in kinds.values() if kinds else (PLAIN.get(group),):
        for name in between:
            schema = get_type_hints(schema).get(name) if dataclasses.is_dataclass(schema) else None
        if getattr(schema, "__name__", "") == kind:
            return f"{file}={option} sets {unknown_key(key, schema, group, None if between else kinds)}"
    return f"{file}={option} sets {_no_place(key)}"


def _elsewhere(key: str, missing: str, schema: Any) -> str:
    """Return what to say of a key that is there at another level, or has a level too many; empty for others.

    Args:
        key: As it was typed.
        missing: The part of it that is not there, from its start.
        schema: The dataclass that it lies in.
    """
    parent, name = missing.rpartition(".")[0], key.rpartition(".")[2]
    if missing == key:
        return f"{key}: no such key here; did you mean {name!r}?" if name in Config.__dataclass_fields__ else ""
    if name in {part.name for part in dataclasses.fields(schema)}:
        return f"{missing}: no such key; did you mean '{parent}.{name}'?"
    return unknown_key(missing, schema)


def _no_group(key: str) -> str:
    known = [*Config.__dataclass_fields__, *groups()]
    bare = key.partition("=")[0]
    if bare.startswith("hydra/"):
        return no_such_key(key, _groups_of_hydra())
    if bare in groups() and "=" in key:
        return no_option(*key.split("=", 1))
    if bare in known:
        return f"{key}: is there already; write {bare}=VALUE without + or ~"
    if below := [name for name in _keys() if name.rpartition(".")[2] == bare]:
        return f"{key}: no such key; did you mean {' or '.join(map(repr, below[:MOST_MEANT]))}?"
    return no_such_key(key, list(dict.fromkeys(known)))


def _groups_of_hydra() -> list[str]:
    loader = GlobalHydra.instance().config_loader()
    return [f"hydra/{name}" for name in loader.get_group_options("hydra", ObjectType.GROUP)]


def _no_place(key: str) -> str:
    """Return what to say of a key in a section that is not there."""
    first, *rest = key.split(".")
    if first == "test" and len(rest) > 1 and rest[0] in option_names("test"):
        return f"{key}: test={rest[0]} is not chosen; add test={rest[0]}, or test=[own,{rest[0]}] for both"
    known = _keys()
    beside = [name for name in known if name.rpartition(".")[0] == key.rpartition(".")[0]]
    allowed = f"allowed is {', '.join(beside)}" if beside else "see --cfg job for those that exist"
    return _join(f"{key}: no such key", allowed, did_you_mean(key, known))


def _several(found: re.Match[str], error: Exception) -> str:
    key, _, values = found[1].partition("=")
    if option_names(key) and key != "test":
        return f"{key}={values}: several options; choose one, or put -m in front for a job of each"
    return f"{key}={values}: several values; write {key}=[{values}] for a list, or put -m in front for a job of each"


PATTERNS: tuple[tuple[str, Callable[[re.Match[str], Exception], str]], ...] = (
    (r"Ambiguous value for argument '(.*?)'\n", _several),
    (r"Sweep parameters '(.*)' requires", lambda found, _: f"{found[1]}: is a sweep; put -m in front"),
    (r"Error merging override (.*)", _not_merged),
    (r"Could not (?:override|append|delete|find)\b.*?'([^']+)'", _no_key),
    (r"In '(\w+)/([^']+)': ConfigKeyError .*Key '[^']+' (?:is )?not in '?(\w+)'?\s+full_key: ([\w.]+)", _in_file),
    (r"Key '([^']+)' (?:is )?not in '?\w+", _no_key),
    (
        r"schema@(\w+)(?:\.(\w+))? appears more than once",
        lambda found, _: f"{found[1]}: {found[2] or 'an option'} is chosen twice; write {found[1]}=NAME, without a +",
    ),
    (
        r"Multiple values for (hydra/\w+)",
        lambda found, _: f"{found[1]}: is chosen twice; write {found[1]}=NAME, without a +",
    ),
    (
        r"Multiple values for (?:schema@)?(\w+)",
        lambda found, _: f"{found[1]}: has several options; allowed is one of {', '.join(option_names(found[1]))}",
    ),
)


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


@cache
def _keys() -> tuple[str, ...]:
    """Return every dotted key of the default configuration."""

    def below(node: Any, front: str) -> list[str]:
        items = node.items() if isinstance(node, dict) else ()
        return [name for key, child in items for name in (f"{front}{key}", *below(child, f"{front}{key}."))]

    return tuple(below(OmegaConf.to_container(compose(NAME, overrides=[]), resolve=False), ""))
