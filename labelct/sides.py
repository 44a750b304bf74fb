"""Left and right in the names of structures, however they are spelled."""

import re
from collections.abc import Iterable

LEFT, RIGHT = "left", "right"
OTHER = {LEFT: RIGHT, RIGHT: LEFT, "l": "r", "r": "l", "lt": "rt", "rt": "lt"}
SIDE = {"l": LEFT, "lt": LEFT, LEFT: LEFT, "r": RIGHT, "rt": RIGHT, RIGHT: RIGHT}
# A word between separators, or between the capitals of `LeftKidney` and `kidneyL`.
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+")
JOINED = re.compile(
    r"(left|right)(?!over)(?=[a-z]{3})|(?<=[a-z]{3})(left|right)$", re.IGNORECASE
)  # leftkidney, kidneyright


def sides(names: Iterable[str]) -> frozenset[str]:
    """Return which of `left` and `right` occur in names: `kidney_left`, `Left-Kidney`, `kidney (L)`, `LeftKidney`."""
    return frozenset(SIDE[name[start:stop].lower()] for name in names for start, stop in _places(name))


def other_side(name: str) -> str:
    """Return a name with left and right exchanged, spelled as it is; a name without a side as it is."""
    for start, stop in reversed(_places(name)):
        name = name[:start] + _spelled(OTHER[name[start:stop].lower()], name[start:stop]) + name[stop:]
    return name


def _places(name: str) -> list[tuple[int, int]]:
    """Return where the words of a side begin and end."""
    places = []
    for word in WORD.finditer(name):
        text = word[0].lower()
        # `L1` is a vertebra: a letter is a side where no digit touches it
        digits = name[word.end() : word.end() + 1].isdigit() and len(text) == 1
        if text in SIDE and not digits:
            places.append(word.span())
        elif joined := JOINED.search(word[0]):
            places.append((word.start() + joined.start(), word.start() + joined.end()))
    return places


def _spelled(word: str, like: str) -> str:
    return word.upper() if like.isupper() else word.capitalize() if like[0].isupper() else word
