"""Left and right in the names of structures, however they are spelled."""

import re
from collections.abc import Collection, Iterable, Iterator

LEFT, RIGHT = "left", "right"
PAIRS = ((LEFT, RIGHT), ("l", "r"), ("lt", "rt"), ("lft", "rgt"))
OTHER = dict(PAIRS) | {right: left for left, right in PAIRS}
SIDE = {word: side for pair in PAIRS for word, side in zip(pair, (LEFT, RIGHT), strict=True)}
# A word between separators, or between the capitals of `LeftKidney` and `kidneyL`.
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+")
JOINED = re.compile(r"^(left|right)(?=[a-z]{3})|(?<=[a-z]{3})(left|right)$", re.IGNORECASE)  # leftkidney, kidneyright
# English words that begin or end as a joined name would.
NO_SIDE = re.compile(
    r"(left(over|ist)|right(eous|ful|ist))\w*|(copy|up|out|down|forth|birth|play|wheel|cart|ship|mill)(right|left)",
    re.IGNORECASE,
)


def sides(names: Iterable[str], known: Collection[str] = ()) -> frozenset[str]:
    """Return which of `left` and `right` occur in names: `kidney_left`, `Left-Kidney`, `kidney (L)`, `LeftKidney`.

    Args:
        names: Of structures.
        known: Names beside them: where both are known, `lkidney` and `rkidney` are a pair.
    """
    given = list(names)
    known = {*given, *known}
    return frozenset(SIDE[name[start:stop].lower()] for name in given for start, stop in _places(name, known))


def other_side(name: str, known: Collection[str] = ()) -> str:
    """Return a name with left and right exchanged, spelled as it is; a name without a side as it is.

    Args:
        name: A structure's.
        known: Names beside it, as of `sides`.
    """
    for start, stop in reversed(list(_places(name, known))):
        name = name[:start] + _spelled(OTHER[name[start:stop].lower()], name[start:stop]) + name[stop:]
    return name


def _places(name: str, known: Collection[str]) -> Iterator[tuple[int, int]]:
    """Yield where the words of a side begin and end."""
    for word in WORD.finditer(name):
        text, start = word[0].lower(), word.start()
        # `L1` is a vertebra: a letter is a side where no digit touches it
        digits = name[word.end() : word.end() + 1].isdigit() and len(text) == 1
        if text in SIDE and not digits:
            yield word.span()
        elif (joined := JOINED.search(text)) and not NO_SIDE.fullmatch(text):
            yield start + joined.start(), start + joined.end()
        elif len(text) > 1 and text[0] in SIDE:
            other = name[:start] + _spelled(OTHER[text[0]], name[start]) + name[start + 1 :]
            if other in known:
                yield start, start + 1


def _spelled(word: str, like: str) -> str:
    return word.upper() if like.isupper() else word.capitalize() if like[0].isupper() else word
