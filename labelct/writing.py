"""Files that appear whole or not at all, whatever ends a process in the middle."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from labelct.errors import InputError, refused, rename
from labelct.folders import made, temporary_name

SHOWN = 80  # signs of a line that an error shows


@contextmanager
def written(path: Path, remedy: str = "") -> Iterator[IO[bytes]]:
    """Open a file that appears whole or not at all, through a temporary sibling; missing folders are made.

    Where it fails, the folders that were made for it go again.

    Args:
        path: The file.
        remedy: What to do where the disk refuses; empty: what `labelct.errors.refusal` says.

    Raises:
        InputError: The disk is full, the folder cannot be written, the name is too long.
    """
    temporary = path.with_name(temporary_name())
    try:
        with made(path.parent):
            try:
                with temporary.open("wb") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
            finally:
                with suppress(OSError):  # what is wrong with the name is wrong with this one, too, and has been said
                    temporary.unlink(missing_ok=True)
    except OSError as error:
        told = refused(error, path)
        raise InputError(path, told.problem, remedy or told.remedy) from None


def copy(source: Path, target: Path) -> None:
    """Copy a file; `target` appears whole or not at all.

    Raises:
        InputError: As `written`.
    """
    with source.open("rb") as content, written(target) as file:
        shutil.copyfileobj(content, file)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all.

    Raises:
        InputError: As `written`; or a name in the text, which a file system allows, has bytes that are no UTF-8.
    """
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        line = text[: error.start].rpartition("\n")[2] + text[error.start :].partition("\n")[0]
        raise InputError(path, f"would hold a name that is no UTF-8 ({line.strip()[:SHOWN]})", rename()) from None
    with written(path) as file:
        file.write(content)


def write_json(path: Path, value: Any, sort_keys: bool = True) -> None:
    """Write `value` as indented JSON to `path`, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, sort_keys=sort_keys) + "\n")
