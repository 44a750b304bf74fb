"""The reference of every key, made from the schemas' docstrings: `labelct run --help GROUP` and `docs/keys.md`."""

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

from omegaconf import MISSING, OmegaConf

from labelct.commands.groups import NAME, groups, options
from labelct.config import PLAIN, Config, configuration_folder
from labelct.errors import SettingError, did_you_mean
from labelct.kinds import COHORTS, TESTS, TRAINER_SCHEMAS
from labelct.settings import allowed_values, lies_within

TOP = "job"  # what the keys that lie in no group are listed under
OTHER_TESTS = "Every other test cohort has the keys that `labelct run --help cohort` lists, below test.NAME."
WIDTH = 100  # columns of the help, for terminals of any width
OPENING = """# Every key

Made from the schemas' docstrings by `python -m labelct.commands.keys > docs/keys.md`. `labelct run --help GROUP` prints
the same, `labelct run --help data.cylinder` a part of it. A default is what holds where neither the chosen option nor
the experiment sets another value; `labelct run ... --cfg job` shows the values of a command.
"""


@dataclass(frozen=True)
class Key:
    """One key of the configuration.

    Attributes:
        name: Dotted, as it is typed.
        kind: Its type.
        default: What holds where nothing else is said.
        text: What it does, and which values are allowed where its type does not say it.
    """

    name: str
    kind: str
    default: str
    text: str


def attributes(schema: type) -> dict[str, str]:
    """Return what the `Attributes:` of the docstrings of a schema and its bases say, by name and in one line each."""
    found: dict[str, str] = {}
    for base in reversed(schema.__mro__):
        section = inspect.cleandoc(base.__dict__.get("__doc__") or "").partition("\nAttributes:\n")[2]
        for name, text in re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", section, re.MULTILINE):
            found[name] = " ".join(text.split())
    return found


# What each group and section is.
LINES = attributes(Config) | {
    "experiment": "One table row or figure of the paper.",
    "sweep": "One ablation, all its jobs; narrow it with further overrides.",
    "hparams_search": "A search for settings of the trainer.",
    TOP: "What lies in no group.",
}


def keys_of(schema: type, prefix: str) -> Iterator[Key]:
    """Yield the keys of a schema below `prefix`, those of the schemas that it holds in their place."""
    hints, texts, defaults = get_type_hints(schema), attributes(schema), schema()
    for part in dataclasses.fields(schema):
        name = f"{prefix}.{part.name}" if prefix else part.name
        if dataclasses.is_dataclass(hints[part.name]):
            yield from keys_of(hints[part.name], name)
        else:
            allowed = allowed_values(part.metadata)
            text = texts.get(part.name, "") + (f" [{allowed}]" if allowed else "")
            yield Key(name, _type(hints[part.name]), _shown(getattr(defaults, part.name)), text)


def sections(group: str) -> dict[tuple[str, ...], list[Key]]:
    """Return the keys of a group by the kinds that have them, `()` where it has one kind only.

    Args:
        group: A group, a section of the configuration that has no options (`limit`), or `TOP`.
    """
    if group == TOP:
        return {(): _top()}
    if group in PLAIN:
        return {(): list(keys_of(PLAIN[group], group))}
    kinds = {
        "cohort": COHORTS,
        "trainer": TRAINER_SCHEMAS,
        "test": {name: TESTS[name] for name in TESTS if name not in COHORTS},
    }
    owners: dict[Key, list[str]] = {}
    for kind, schema in kinds.get(group, {}).items():
        for key in keys_of(schema, f"test.{kind}" if group == "test" else group):
            owners.setdefault(key, []).append(kind)
    found: dict[tuple[str, ...], list[Key]] = {}
    for key, names in owners.items():
        found.setdefault(tuple(names), []).append(key)
    return found


def all_sections() -> list[str]:
    """Return the name of everything that has keys or options: groups, sections without options, `TOP`."""
    known = groups()
    return [*(name for name in LINES if name in known), *(name for name in PLAIN if name not in known), TOP]


def help_of(name: str) -> str:
    """Return the help of a group, or of the keys below a dotted name.

    Args:
        name: `scanner`, `data.cylinder`, `trainer.steps` or `seed`; what stands behind `=` is left out.

    Raises:
        SettingError: There is no such group or key.
    """
    name = name.partition("=")[0]
    top = {key.name: key for key in _top()}
    group = name.partition(".")[0] if name not in top else TOP
    if group not in all_sections():
        known = [*all_sections(), *top]
        raise SettingError("--help", name, f"one of {', '.join(known)}", did_you_mean(name, known))
    wanted = "" if name == group else name
    found = {
        kinds: [key for key in keys if not wanted or lies_within(key.name, wanted)]
        for kinds, keys in sections(group).items()
    }
    if wanted and not any(found.values()):
        known = [key.name for keys in sections(group).values() for key in keys]
        raise SettingError(
            "--help", name, f"a key of {group}", did_you_mean(name, known) or f"labelct run --help {group}"
        )
    lines = [] if wanted else [f"{group}: {LINES[group]}", *_options(group)]
    for kinds, keys in found.items():
        lines += ["", f"keys of {_title(group, kinds)}"] if keys else []
        for key in keys:
            lines.append(f"  {key.name}   {key.kind} = {key.default}")
            lines += textwrap.wrap(key.text, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
    lines += ["", OTHER_TESTS] if group == "test" else []
    return "\n".join(lines).strip("\n")


def markdown() -> str:
    """Return `docs/keys.md`."""
    lines = [OPENING]
    for group in all_sections():
        lines += [f"## {group}", "", LINES[group], ""]
        if known := options(group):
            rows = (f"| `{group}={option}` | {_cell(line)} |" for option, line in known.items())
            lines += ["| option | |", "|---|---|", *rows, ""]
        for kinds, keys in sections(group).items():
            lines += [f"{_title(group, kinds)}:", ""] if kinds else []
            rows = (f"| `{key.name}` | {key.kind} | `{key.default}` | {_cell(key.text)} |" for key in keys)
            lines += ["| key | type | default | |", "|---|---|---|---|", *rows, ""]
        lines += [OTHER_TESTS, ""] if group == "test" else []
    return "\n".join(lines).rstrip("\n") + "\n"


def _cell(text: str) -> str:
    """Return a text as a cell of a table in Markdown, which a bare `|` would end."""
    return text.replace("|", "\\|")


def main() -> None:
    """Print `docs/keys.md`."""
    print(markdown(), end="")


def _top() -> list[Key]:
    """Return the keys that lie in no group, with the values of `conf/config.yaml`."""
    shipped: Any = OmegaConf.to_container(OmegaConf.load(configuration_folder() / f"{NAME}.yaml"), resolve=False)
    hints, held = get_type_hints(Config), {"cohort", "test", "trainer", *PLAIN}
    names = [part.name for part in dataclasses.fields(Config) if part.name not in held]
    kinds = {name: "list" if isinstance(shipped[name], list) else _type(hints[name]) for name in names}
    return [Key(name, kinds[name], _shown(shipped[name]), LINES[name]) for name in names]


def _title(group: str, kinds: Sequence[str]) -> str:
    return f"{group} of kind {', '.join(kinds)}" if kinds else group


def _options(group: str) -> list[str]:
    found = options(group)
    return ["", "options", *(f"  {option:<16} {line}" for option, line in found.items())] if found else []


def _type(hint: Any) -> str:
    """Return a type in words that a Markdown table can hold."""
    text = hint.__name__ if isinstance(hint, type) else str(hint)
    text = re.sub(r"labelct\.[\w.]+", "table", text)  # settings of their own: what the line of help says
    return text.replace("typing.", "").replace("Any", "any").replace("None", "null").replace(" | ", " or ")


def _shown(value: Any) -> str:
    """Return a value as it is written in YAML, on one line."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_shown(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_shown(item)}' for name, item in value.items())}}}"
    words = {None: "null", True: "true", False: "false", "": "''", MISSING: "must be given"}
    return words[value] if isinstance(value, (bool, str, type(None))) and value in words else str(value)


if __name__ == "__main__":
    main()
