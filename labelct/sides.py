"""Left and right in the names of structures, however they are spelled."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator

LEFT, RIGHT = "left", "right"
PAIRS = (
    *((LEFT, RIGHT), ("l", "r"), ("lt", "rt"), ("lft", "rgt"), ("lh", "rh")),
    *(("links", "rechts"), ("linke", "rechte"), ("linker", "rechter"), ("linkes", "rechtes"), ("gauche", "droite")),
    *(("gauche", "droit"), ("izquierdo", "derecho"), ("izquierda", "derecha"), ("esquerdo", "direito")),
    *(("esquerda", "direita"), ("sinistro", "destro"), ("sinistra", "destra"), ("sinister", "dexter")),
    *(("sinistra", "dextra"), ("sinistrum", "dextrum"), ("sin", "dex"), ("sx", "dx"), ("左", "右")),
)
SIDE = {word: side for pair in PAIRS for word, side in zip(pair, (LEFT, RIGHT), strict=True)}
OTHERS = {word: [next(iter({*pair} - {word})) for pair in PAIRS if word in pair] for word in SIDE}
# A word between separators, or between the capitals of `LeftKidney` and `kidneyL`, whatever the case of a side's.
WHOLE = r"(?<![A-Za-z])(?i:left|right)(?![A-Za-z])"
WORD = re.compile(rf"{WHOLE}|(?:LEFT|RIGHT)(?=[a-z]{{3}})|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+|[左右]")
JOINED = re.compile(r"^(left|right)(?=[a-z]{3})|(?<=[a-z]{3})(left|right)$")  # leftkidney, kidneyright
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
    words = (_plain(name[start:stop]).lower() for name in given for start, stop in _places(name, known))
    return frozenset(SIDE[word] for word in words)


def other_side(name: str, known: Collection[str] = ()) -> str:
    """Return a name with left and right exchanged, spelled as it is; a name without a side as it is.

    Args:
        name: A structure's.
        known: Names beside it, as of `sides`.
    """
    for start, stop in reversed(list(_places(name, known))):
        word = name[start:stop]
        others = [_exchanged(name, start, stop, other) for other in OTHERS[_plain(word).lower()]]
        name = next((other for other in others if other in known), others[0])
    return name


def _places(name: str, known: Collection[str]) -> Iterator[tuple[int, int]]:
    """Yield where the words of a side begin and end."""
    plain = _plain(name)
    for word in WORD.finditer(plain):
        text, start = word[0].lower(), word.start()
        # `L1` is a vertebra: a letter is a side where no digit touches it
        digits = plain[word.end() : word.end() + 1].isdigit() and len(text) == 1
        if text in SIDE and not digits:
            yield word.span()
        elif (joined := JOINED.search(text)) and not NO_SIDE.fullmatch(text):
            yield start + joined.start(), start + joined.end()
        elif text[0] in SIDE and any(_exchanged(name, start, start + 1, letter) in known for letter in OTHERS[text[0]]):
            yield start, start + 1


def _plain(name: str) -> str:
    """Return a name letter by letter without accents, so that `Läsion` and `lésion` hold no letter by itself."""
    return "".join(map(_letter, name))


def _letter(sign: str) -> str:
    base = unicodedata.normalize("NFKD", sign)[0]
    if base.isascii() or base in SIDE:
        return base
    return "x" if base.islower() else "X" if base.isupper() else base


def _exchanged(name: str, start: int, stop: int, word: str) -> str:
    """Return a name with another word at a place, spelled like the one there."""
    return name[:start] + _spelled(word, name[start:stop]) + name[stop:]


def _spelled(word: str, like: str) -> str:
    return word.upper() if like.isupper() else word.capitalize() if like[0].isupper() else word
