"""Text files that people write: regular and of a plausible size, so that none hangs a command or fills the memory."""

import csv
import io
import json
import stat
from pathlib import Path
from typing import Any

from labelct.errors import InputError

LARGEST_FILE = 2**26  # bytes: tables, names and splits of the largest cohorts take a hundredth of it


def read_text(path: Path, remedy: str) -> str:
    """Return what a text file holds, with or without a byte order mark.

    A pipe would wait or be empty the second time, and a device never ends: neither is opened.

    Args:
        path: The file.
        remedy: What to do where it cannot be read.

    Raises:
        InputError: It is not there, no regular file, larger than `LARGEST_FILE`, or no UTF-8.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise InputError(path, "is a folder", remedy)
        if not stat.S_ISREG(found.st_mode):
            raise InputError(path, "is no regular file", remedy)
        if found.st_size > LARGEST_FILE:
            raise InputError(path, f"has {found.st_size / 2**20:.0f} MB, too many for a file of text", remedy)
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problem = f"a link to {path.readlink()}, which is not there" if path.is_symlink() else "no such file"
        raise InputError(path, problem, remedy) from None
    except UnicodeDecodeError:
        raise InputError(path, "cannot be read as text in UTF-8", remedy) from None
    except (OSError, ValueError) as error:  # a name that no file can have is a ValueError
        raise InputError(path, f"cannot be read ({getattr(error, 'strerror', None) or error})", remedy) from None


def read_json(path: Path, remedy: str) -> Any:
    """Return what a JSON file holds, as `read_text` reads it.

    Raises:
        InputError: As `read_text`, it holds no JSON, or a name twice in a table, of which the first would be lost.
    """
    text = read_text(path, remedy)
    try:
        return json.loads(text, object_pairs_hook=_table)
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"cannot be read as JSON ({error})", remedy) from None


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice in a table")
    return table


def read_rows(text: str, source: object, remedy: str) -> list[dict[str, str]]:
    """Return the lines of a table in CSV by the names of its columns; what a short line lacks is an empty text.

    Args:
        text: CSV with commas, or with semicolons where the first line has one.
        source: What errors call the table.
        remedy: What to do where it is no table.

    Raises:
        InputError: It is no CSV, a column is there twice, or a line has more fields than there are columns.
    """
    table = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text.partition("\n")[0] else ",", restval="")
    try:
        rows = list(table)
    except csv.Error as error:
        raise InputError(source, f"cannot be read as CSV (line {table.line_num}: {error})", remedy) from None
    names = [name for name in table.fieldnames or () if name]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(source, f"the column {twice[0]!r} is there twice", remedy)
    if any(None in row for row in rows):
        raise InputError(source, "a line of it has more fields than it has columns", remedy)
    return rows
