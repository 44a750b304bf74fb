"""Folders named by the recipe that made them: what is there already is never made again."""

import errno
import hashlib
import json
import logging
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from labelct.errors import InputError

log = logging.getLogger(__name__)
KEY_LENGTH = 12  # 48 bits: a clash among a million stages has a chance of 1 in 500, and names stay readable


@dataclass(frozen=True)
class Stage:
    """A finished stage: `folder` holds its files and the `recipe.json` that `key` is the digest of."""

    name: str
    key: str
    folder: Path
    fresh: bool = False


def canonical(recipe: Mapping[str, Any]) -> str:
    """Return `recipe` as JSON that is equal for equal recipes: sorted keys, no blanks, no NaN."""
    return json.dumps(recipe, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)


def ordered(mapping: Mapping[str, Any]) -> Mapping[str, Any] | list[tuple[str, Any]]:
    """Return `mapping` in a form whose order counts in a recipe, whose keys are sorted: targets are numbered by it."""
    return mapping if list(mapping) == sorted(mapping) else list(mapping.items())


def recipe_of(name: str, version: int, settings: Mapping[str, Any], parents: Iterable[Stage] = ()) -> dict[str, Any]:
    """Return what identifies a stage.

    Args:
        name: The stage's name.
        version: Grows when the code changes what the same settings make.
        settings: The resolved sub-configs that the stage reads; never paths, workers, devices or loggers.
        parents: The stages that it builds on.

    Returns:
        A JSON-able mapping, the input of `key_of`.
    """
    return {
        "stage": name,
        "version": version,
        "settings": dict(settings),
        "parents": {parent.name: parent.key for parent in parents},
    }


def key_of(recipe: Mapping[str, Any]) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 over the canonical JSON of `recipe`."""
    return hashlib.sha256(canonical(recipe).encode()).hexdigest()[:KEY_LENGTH]


@contextmanager
def written(path: Path, remedy: str = "free some space or write elsewhere") -> Iterator[IO[bytes]]:
    """Open a file that appears whole or not at all, through a temporary sibling; missing folders are made.

    Raises:
        InputError: The disk is full or the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise InputError(
            path, "the disk is full" if full else f"cannot be written ({error.strerror})", remedy
        ) from None
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all."""
    with written(path) as file:
        file.write(text.encode())


def write_json(path: Path, value: Any, sort_keys: bool = True) -> None:
    """Write `value` as indented JSON to `path`, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, sort_keys=sort_keys) + "\n")


def read_json(path: Path, remedy: str) -> Any:
    """Return what a JSON file holds, with or without a byte order mark.

    Raises:
        InputError: It is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(path, "no such file", remedy) from None
    except (OSError, ValueError) as error:
        raise InputError(path, f"cannot be read as JSON ({error})", remedy) from None


def build(root: Path, recipe: Mapping[str, Any], make: Callable[[Path], None]) -> Stage:
    """Return the stage of `recipe`, making it first when it is not there.

    The work goes to the sibling `<key>.partial`, which survives a kill, so that `make` finds what it had finished;
    the folder gets its name only when `make` has returned.  A file lock keeps two processes from the same stage.

    Args:
        root: The folder of all stages; the result lies in `root/<stage>/<key>`.
        recipe: What `recipe_of` returned.
        make: Fills the folder it is given and skips what lies there finished.

    Returns:
        The stage, `fresh` when this call made it.
    """
    name, key = str(recipe["stage"]), key_of(recipe)
    folder = root / name / key
    if folder.is_dir():
        return Stage(name, key, folder)
    _make_folder(folder.parent)
    lock = FileLock(folder.with_name(f"{key}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.info("waiting for another process that makes %s %s", name, key)
        lock.acquire()
    try:
        return _make(Stage(name, key, folder, fresh=True), recipe, make)
    finally:
        lock.release()


def _make(stage: Stage, recipe: Mapping[str, Any], make: Callable[[Path], None]) -> Stage:
    if stage.folder.is_dir():
        return Stage(stage.name, stage.key, stage.folder)
    partial = stage.folder.with_name(f"{stage.key}.partial")
    _make_folder(partial)
    write_json(partial / "recipe.json", recipe)
    make(partial)
    partial.replace(stage.folder)
    return stage


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(folder, f"cannot be made ({error.strerror})", "choose another paths.outputs=") from error
