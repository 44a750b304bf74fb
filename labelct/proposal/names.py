"""Structures as people call them, brought to the names that the priors' table has."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from labelct.errors import nearest
from labelct.priors import load_priors
from labelct.proposal.synonyms import BEHIND_A_SIDE, LESIONS, SYNONYMS
from labelct.sides import SIDE

PART = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")  # a word of `LeftKidney`, `kidney_L`, `vertebraeL1`
VERTEBRA = re.compile(r"[ctls]\d{1,2}")
SPINE = {"vertebra", "vertebrae", "vert", "vb", "spine", "wirbel"}
NO_NAME = re.compile(r"[^\w.-]+")
BACKGROUND = ("background", "bg", "hintergrund", "clear label", "unlabeled", "unlabelled", "none", "empty", "exterior")


class Renamed(NamedTuple):
    """What becomes of the names that people gave.

    Attributes:
        names: `{as it was given: name in the experiment}`.
        near: Of those that the table does not know: names of it that are like theirs, or that theirs hold.
    """

    names: dict[str, str]
    near: dict[str, list[str]]


def rename(given: Iterable[str]) -> Renamed:
    """Return the names that structures get: those of the priors' table where it is sure what is meant, else their own.

    Args:
        given: As they were given, each once.
    """
    names: dict[str, str] = {}
    given = list(given)
    sure = {name: found for name in given if (found := known_name(name))}
    for name in given:
        meant = sure.get(name)
        if meant is None or meant in names.values() or (meant != name and meant in given):
            meant = _apart(NO_NAME.sub("_", name).strip("_") or "label", names.values())
        names[name] = meant
    return Renamed(names, {name: like(name) for name in given if names[name] not in load_priors().table})


def known_name(name: str) -> str | None:
    """Return the name in the priors' table that a structure's name stands for, None where that is not sure.

    `Kidney (L)`, `left kidney`, `LKID` and `Niere links` are `kidney_left`; `T12` is `vertebrae_T12`.
    """
    table = load_priors().table
    if name in table:
        return name
    words = _words(name)
    sides = {SIDE[word] for word in words if word in SIDE}
    core = [word for word in words if word not in SIDE]
    levels = [word for word in core if VERTEBRA.fullmatch(word)]
    if len(levels) == 1 and not sides and {*core} - {*levels} <= SPINE:
        meant = f"vertebrae_{levels[0].upper()}"
    elif len(sides) < 2 and (found := _core(core)):
        meant = f"{found}_{next(iter(sides))}" if sides else found
    else:
        meant = _joined(words[0]) if len(words) == 1 else ""
    return meant if meant in table else None


def _joined(word: str) -> str:
    """Return the name that a word with its side joined to it stands for: `leftkidney`, `lkid`, `rag`; else nothing."""
    for side in ("left", "right", "l", "r"):
        rest = word.removeprefix(side)
        short = BEHIND_A_SIDE.get(rest) if len(side) == 1 else None
        if rest != word and (found := short or (_core([rest]) if len(rest) > 2 else None)):
            return f"{found}_{SIDE[side]}"
    return ""


def like(name: str) -> list[str]:
    """Return names of the priors' table that are like a name, or that it holds, the nearest first."""
    table = load_priors().table
    words = _words(name)
    held = [found for word in words if (found := _cores().get(_singular(word)))]
    if _is_lesion(words):
        return []
    side = next((SIDE[word] for word in words if word in SIDE), None)
    held = [full for core in held for full in ([f"{core}_{side}"] if side else [core]) if full in table]
    return list(dict.fromkeys([*held, *nearest(NO_NAME.sub("_", name), table, 2)]))[:3]


def is_background(name: str) -> bool:
    """Return whether a name is that of what no label covers."""
    return name.strip().lower() in BACKGROUND


def pairs(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return the pairs of a left and a right structure by what both are: `{"kidney": (left, right)}`."""
    known = list(names)
    found = {}
    for name in known:
        for ending in ("_left", "-left"):
            other = name.removesuffix(ending) + ending.replace("left", "right")
            if name.endswith(ending) and other in known:
                found[name.removesuffix(ending)] = (name, other)
    return found


def _is_lesion(words: Iterable[str]) -> bool:
    return any(_singular(word) in LESIONS or word in LESIONS for word in words)


def _apart(name: str, taken: Iterable[str]) -> str:
    """Return a name that is not taken."""
    others, number, chosen = set(taken), 2, name
    while chosen in others:
        chosen, number = f"{name}_{number}", number + 1
    return chosen


def _words(name: str) -> list[str]:
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return [word.lower() for word in PART.findall(plain.replace("ß", "ss"))]


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "as", "is")) and len(word) > 3 else word


def _core(words: list[str]) -> str | None:
    if not words:
        return None
    found: str | None = _cores().get("".join(_singular(word) for word in words)) or _cores().get("".join(words))
    return found


@lru_cache(maxsize=1)
def _cores() -> Mapping[str, str]:
    """Return every way to write a structure without its side, in one word, and the structure."""
    cores: dict[str, str] = {}
    for name in load_priors().table:
        core = re.sub(r"_(left|right)(?=_|$)", "", name)
        if not name.startswith("_"):
            cores["".join(_singular(word) for word in _words(core))] = core
    for name, words in SYNONYMS.items():
        cores |= {word.replace("_", ""): name for word in words.split()}
    return cores
