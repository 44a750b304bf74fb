"""Tab completion: verbs, their flags, and after `labelct run` the groups, their options and the keys."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module

from labelct.commands.groups import groups as known_groups
from labelct.errors import SettingError, did_you_mean
from labelct.option_files import option_names

SCRIPTS = {
    # `=` parts words in bash, which replaces what stands behind the last one.
    "bash": """_labelct() {
    local line="${COMP_LINE:0:COMP_POINT}" words current before
    read -ra words <<< "$line"
    [[ "$line" == *[[:space:]] ]] && words+=("")
    current="${words[-1]}"
    before="${current%"${current##*=}"}"
    mapfile -t COMPREPLY < <(labelct --complete "${words[@]:1}" 2>/dev/null)
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
    [[ "${COMPREPLY[*]}" == *[=.] ]] && compopt -o nospace
    return 0
}
complete -o bashdefault -o default -F _labelct labelct""",
    # Words come as they were typed: quotes go, also one that is still open.
    "zsh": """_labelct() {
    local -a typed found
    typed=("${(@Q)words[2,CURRENT]}")
    typed[-1]="${typed[-1]#[\\'\\"]}"
    found=("${(@f)$(labelct --complete "${(@)typed}" 2>/dev/null)}")
    if [[ -z "$found" ]]; then _files; return; fi
    compadd -S '' -- ${(M)found:#*[=.]}
    compadd -- ${found:#*[=.]}
    return 0
}
compdef _labelct labelct""",
    "fish": """function _labelct
    set -l found (labelct --complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
    if test -n "$found"
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c labelct -f -a '(_labelct)'""",
}
LOADED = {
    "bash": 'eval "$(labelct --completion bash)"    # in ~/.bashrc',
    "zsh": 'eval "$(labelct --completion zsh)"    # in ~/.zshrc, behind compinit',
    "fish": "labelct --completion fish | source    # in ~/.config/fish/config.fish",
}
# Flags of Hydra's that `labelct run` takes, and the keys that lie in no group.
RUN_FLAGS = ("--cfg", "--config-dir", "--help", "--hydra-help", "--info", "--multirun", "--package", "-m")
TOP_KEYS = (
    "dry_run=", "group=", "limit.", "name=", "parallel.", "paths.outputs=", "seed=", "tags=", "targets=",
    "hydra/launcher=",
)  # fmt: skip
LAUNCHERS = "hydra/launcher"


def main(arguments: Sequence[str], verbs: Iterable[str]) -> int:
    """Print a shell's script (`--completion bash`), or what may stand for the last of some words (`--complete ...`).

    Args:
        arguments: The flag and what stands behind it.
        verbs: The verbs.

    Returns:
        The exit code, 0; 2 for a shell that is not known.
    """
    flag, *rest = arguments
    if flag == "--complete":
        print("\n".join(candidates(rest or [""], list(verbs))))
        return 0
    if len(rest) != 1 or rest[0] not in SCRIPTS:
        given = " ".join(rest)
        error = SettingError("--completion", given, f"one of {', '.join(SCRIPTS)}", did_you_mean(given, SCRIPTS))
        print(f"labelct: {error}", file=sys.stderr)
        return 2
    print(f"# {LOADED[rest[0]]}\n{SCRIPTS[rest[0]]}")
    return 0


def candidates(words: Sequence[str], verbs: Sequence[str]) -> list[str]:
    """Return what the last of some words may become; nothing where that is the name of a file.

    Args:
        words: What stands behind `labelct`, the last one not finished.
        verbs: The verbs.
    """
    *before, word = words
    if not before:
        return [name for name in (*verbs, "--completion", "--help", "--version") if name.startswith(word)]
    verb, *given = before
    if verb == "--completion":
        return [name for name in SCRIPTS if name.startswith(word)]
    if verb not in verbs:
        return []
    return _of_run(given, word) if verb == "run" else _of_verb(verb, given, word)


def _of_run(given: Sequence[str], word: str) -> list[str]:
    """Return groups and keys, or the options of a group: the last one of a list, as in `dose=low,f`."""
    group, equals, value = word.partition("=")
    if equals:
        options = _options(group)
        front, comma, begun = value.rpartition(",")
        opened = "[" if begun.startswith("[") else ""
        return [f"{group}={front}{comma}{opened}{name}" for name in options if name.startswith(begun.removeprefix("["))]
    if word.startswith("-"):
        return [flag for flag in RUN_FLAGS if flag.startswith(word)]
    groups = known_groups()
    if "--help" in given:
        return [name for name in groups if name.startswith(word)]
    if "." in word:
        return _keys(word, groups)
    return [name for name in (*(f"{group}=" for group in groups), *TOP_KEYS) if name.startswith(word)]


def _options(group: str) -> list[str]:
    if group == "dry_run":
        return ["true", "false"]
    known = option_names(group.lstrip("+~").partition("@")[0])
    return [*known, "basic", "submitit_local"] if group == LAUNCHERS else known


def _keys(word: str, groups: Sequence[str]) -> list[str]:
    """Return the keys that begin with a word, to the end of their next part; the schemas are loaded for them."""
    from labelct.commands import keys

    group = word.partition(".")[0]
    if group not in groups and group not in keys.PLAIN:
        return []
    names = {key.name for found in keys.sections(group).values() for key in found}
    depth = word.count(".")
    parts = {".".join(name.split(".")[: depth + 1]) for name in names if name.startswith(word)}
    return sorted(f"{part}=" if part in names else f"{part}." for part in parts)


def _of_verb(verb: str, given: Sequence[str], word: str) -> list[str]:
    """Return the flags of a verb, its own verbs, or the values of the flag in front."""
    found: Callable[[], argparse.ArgumentParser] = import_module(f"labelct.commands.{verb}").parser
    parser, subverbs = found(), []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            chosen = next((name for name in given if name in action.choices), None)
            parser, subverbs = (action.choices[chosen], []) if chosen else (parser, list(action.choices))
            break
    last = parser._option_string_actions.get(given[-1]) if given else None
    if last is not None and last.nargs != 0:
        return [str(choice) for choice in last.choices or () if str(choice).startswith(word)]
    flags = sorted(flag for flag in parser._option_string_actions if flag.startswith("--"))
    return [name for name in (*subverbs, *(flags if word.startswith("-") or not subverbs else ())) if _fits(name, word)]


def _fits(name: str, word: str) -> bool:
    return name.startswith(word) and (bool(word) or not name.startswith("-"))
