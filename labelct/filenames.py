"""Names of files: those that files bring along, which become one part of a path here, and the order of numbers."""

import re
from pathlib import Path

from labelct.errors import InputError

LONGEST_NAME = 220  # bytes; file systems take 255: endings follow
LONGEST_CASE = 200  # `_r12` behind it is the name of a volume
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # Windows opens these wherever they lie
REMEDY = "correct the file, or take no file from there"


def check_name(source: object, what: str, name: object) -> str:
    """Return a name that is one plain part of a path.

    Args:
        source: The file that says it, which is named.
        what: What it names there: `case`.
        name: What stands there.

    Raises:
        InputError: It is no text, empty, of two parts, absolute, `..`, reserved, too long, or holds control characters.
    """
    if not isinstance(name, str) or not name.strip():
        raise InputError(source, f"its {what} {name!r} is no name", REMEDY)
    if re.search(r"[/\\\x00-\x1f\x7f]", name) or name.strip() in (".", "..") or re.match(r"[A-Za-z]:", name):
        raise InputError(source, f"its {what} {name!r} is no plain name but leads elsewhere", REMEDY)
    if DEVICES.fullmatch(name.strip()):
        raise InputError(source, f"its {what} {name!r} is a device on Windows", REMEDY)
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise InputError(source, f"its {what} {name!r} is no name", REMEDY) from None
    if length > LONGEST_NAME:
        raise InputError(source, f"its {what} {name[:40]!r}... is longer than {LONGEST_NAME} bytes", REMEDY)
    return name


def natural_order(path: Path) -> list[tuple[int, str]]:
    """Return a sorting key that puts job 10 of a sweep behind job 9."""
    return [(int(part) if part.isdigit() else -1, part) for part in path.parts]
