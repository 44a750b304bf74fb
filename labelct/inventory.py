"""What a finished folder holds: its files with their sizes and digests, and what became of them since."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

FILE = "files.json"
SHOWN = 3  # files that a message names before it counts
MISSING, RESIZED, CHANGED = "is missing", "has another size", "has another content"
FOREIGN, DAMAGED = "is not one of its files", "cannot be read"
# Text has no checksum of its own, as images, archives and checkpoints have, and is small enough to be read each time.
TEXT = (".json", ".jsonl", ".csv", ".yaml", ".txt")

Inventory = dict[str, dict[str, Any]]


def take(folder: Path) -> Inventory:
    """Return `{path: {"bytes": size, "sha256": digest}}` of every file below `folder` that `differences` looks at."""
    paths = sorted(_files(folder))
    found = digests([folder / path for path in paths])
    return {
        path: {"bytes": (folder / path).stat().st_size, "sha256": digest}
        for path, digest in zip(paths, found, strict=True)
    }


def times(folder: Path) -> dict[str, int]:
    """Return when each file that `take` lists was last written, in nanoseconds."""
    return {path: (folder / path).stat().st_mtime_ns for path in _files(folder)}


def differences(folder: Path, listed: Mapping[str, Mapping[str, Any]], contents: bool = False) -> dict[str, str]:
    """Return what is wrong with the files that an inventory lists, by path; empty where all is as it was.

    Args:
        folder: The folder.
        listed: What `take` returned of it.
        contents: Whether every file is compared with its digest, and files that are not listed are named; without it
            files of text are, and of others the sizes.
    """
    sizes = {path: _size(folder / path) for path in listed}
    wrong = {
        path: MISSING if size is None else RESIZED for path, size in sizes.items() if size != listed[path]["bytes"]
    }
    whole = [path for path in listed if path not in wrong and (contents or path.endswith(TEXT))]
    found = zip(whole, digests([folder / path for path in whole]), strict=True)
    wrong |= {path: CHANGED for path, digest in found if digest != listed[path]["sha256"]}
    if contents:
        wrong |= dict.fromkeys(sorted(set(_files(folder)) - set(listed)), FOREIGN)
    return wrong


def sentence(wrong: Mapping[str, str]) -> str:
    """Return in words what `differences` found: the first files, and how many more there are."""
    first = ", ".join(f"{path} {what}" for path, what in list(wrong.items())[:SHOWN])
    return first + (f", and {len(wrong) - SHOWN} more files" if len(wrong) > SHOWN else "")


def _files(folder: Path) -> Iterator[str]:
    """Yield the files below `folder` but its inventory and its logs, which grow whenever a model is used."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path != folder / FILE and path.suffix != ".log":
            yield path.relative_to(folder).as_posix()


def _size(path: Path) -> int | None:
    """Return the bytes of a file; None where there is none, -1 where something else lies there."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else -1


def digests(paths: Sequence[Path]) -> list[str]:
    """Return the SHA-256 of files, several at a time: hashing leaves the interpreter to others."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(_digest, paths))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
