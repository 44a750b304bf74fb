"""Folders named by the recipe that made them: what is there already is never made again."""

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from labelct import events, inventory
from labelct.errors import InputError, refused
from labelct.folders import TEMPORARY, temporary_name, writer
from labelct.signals import check_interrupted
from labelct.texts import read_json
from labelct.writing import write_json

log = logging.getLogger(__name__)
RECIPE = "recipe.json"
KEY_LENGTH = 12  # 48 bits: a clash among a million stages has a chance of 1 in 500, and names stay readable
PARTIAL = ".partial"
REMADE = "delete the folder of the stage that it lies in: the same command makes it again"
OTHER_OUTPUTS = "choose another paths.outputs="
REMAKE = "rm -r {} lets the same command make it again"
_PLANS: ContextVar[bool] = ContextVar("plans", default=False)


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


def build(root: Path, recipe: Mapping[str, Any], make: Callable[[Path], None]) -> Stage:
    """Return the stage of `recipe`, making it first when it is not there, or what is missing of it.

    The work goes to the sibling `<key>.<writer>.partial`, which survives a kill: the next writer gives it a name of its
    own, so that `make` finds what was finished and no one else still writes there. The folder gets its name only when
    `make` has returned and `files.json` lists what it holds. A file lock keeps two processes from the same stage.

    Args:
        root: The folder of all stages; the result lies in `root/<stage>/<key>`.
        recipe: What `recipe_of` returned.
        make: Fills the folder it is given and skips what lies there finished.

    Returns:
        The stage, `fresh` when this call made it.

    Raises:
        InputError: The folder cannot be written, or the stage lacks what `make` does not make again.
    """
    check_interrupted()
    stage = stage_of(root, recipe)
    tell = partial(_tell, stage, recipe)
    tell(events.WANTED)  # before it is looked at: who removes stages asks who wants them
    if is_finished(stage):
        tell(events.REUSED)
        return stage
    if _PLANS.get():
        tell(events.PLANNED)
        return stage
    _make_folder(stage.folder.parent)
    with _locked(stage):
        began = time.monotonic()
        if os.path.lexists(stage.folder):
            _mend(stage, recipe, make)
            tell(events.REUSED)
            return stage
        unfinished = _take_over(stage)
        write_json(unfinished / RECIPE, recipe)
        make(unfinished)
        write_json(unfinished / inventory.FILE, inventory.take(unfinished))
        unfinished.replace(stage.folder)
        for stray in _partials(stage):  # what an orphan of an earlier writer made after its folder was taken over
            shutil.rmtree(stray, ignore_errors=True)
    tell(events.MADE, time.monotonic() - began)
    return replace(stage, fresh=True)


def stage_of(root: Path, recipe: Mapping[str, Any]) -> Stage:
    """Return the stage that a recipe stands for, made or not."""
    name, key = str(recipe["stage"]), key_of(recipe)
    return Stage(name, key, root / name / key)


def is_finished(stage: Stage) -> bool:
    """Return whether a stage is made, and lacks none of its files."""
    return stage.folder.is_dir() and not differences(stage.folder) and not foreign_recipe(stage.folder)


@contextmanager
def planned() -> Iterator[None]:
    """Let `build` make and write nothing until the end of the block, and return the stages that there would be."""
    token = _PLANS.set(True)
    try:
        yield
    finally:
        _PLANS.reset(token)


def planning() -> bool:
    """Return whether `build` makes nothing at present; worker processes know nothing of it."""
    return _PLANS.get()


def mention(stages: Iterable[Stage]) -> None:
    """Tell this process's listeners of stages that its workers have asked for."""
    for stage in stages:
        for state in (events.WANTED, events.REUSED):
            _tell(stage, {}, state)


def _tell(stage: Stage, recipe: Mapping[str, Any], state: str, seconds: float = 0.0) -> None:
    events.tell(events.StageEvent(stage.name, stage.key, stage.folder, state, seconds, recipe))


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it; `InputError` where they cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(error, folder, "made", OTHER_OUTPUTS) from error


@contextmanager
def _locked(stage: Stage) -> Iterator[None]:
    """Hold the lock of a stage, which its process alone holds and no file that lies about."""
    lock = lock_of(stage)
    try:
        try:
            held = lock.acquire(timeout=0)
        except Timeout:
            log.info("waiting for another process that makes %s %s", stage.name, stage.key)
            held = lock.acquire()
    except OSError as error:
        remedy = f"change the permissions of the folder or {OTHER_OUTPUTS}"
        raise InputError(lock.lock_file, f"cannot be locked ({error.strerror})", remedy) from None
    with held:
        yield


def lock_of(stage: Stage) -> FileLock:
    """Return the lock that whoever makes a stage, or removes it, holds."""
    parent = stage.folder.parent
    # whoever may write in the folder may take the lock, also where the first user's umask forbids it
    return FileLock(parent / f"{stage.key}.lock", mode=parent.stat().st_mode & 0o666 | 0o600)


def _take_over(stage: Stage) -> Path:
    """Return the folder to work in: an unfinished one under a new name, without what was half written, or a new one."""
    own = new_partial(stage)
    for left in _partials(stage):
        if (left / RECIPE).is_file():
            _check_recipe(left, stage.folder)
            try:
                left.replace(own)
            except OSError as error:
                raise InputError(left, f"cannot be gone on with ({error.strerror})", f"delete {left}") from None
            for temporary in own.rglob(f"{TEMPORARY}*"):
                temporary.unlink(missing_ok=True)
            return own
    _make_folder(own)
    return own


def new_partial(stage: Stage) -> Path:
    """Return a folder of this process's own for a stage that is unfinished, or is being taken away."""
    return stage.folder.with_name(f"{stage.key}.{writer()}{PARTIAL}")


def _partials(stage: Stage) -> list[Path]:
    return sorted(stage.folder.parent.glob(f"{stage.key}*{PARTIAL}"))


def _mend(stage: Stage, recipe: Mapping[str, Any], make: Callable[[Path], None]) -> None:
    """Make again what is missing of a finished stage, or was changed, and list what has been made with it."""
    folder = stage.folder
    if not folder.is_dir():
        raise InputError(folder, "has the place of a stage, and is no folder", REMAKE.format(folder))
    wrong = differences(folder)
    if RECIPE not in wrong:
        _check_recipe(folder, folder)
    if not wrong:
        return
    log.warning("%s: %s; made again", folder, inventory.sentence(wrong))
    made = _made_again(folder, wrong, recipe, make)
    listed = {} if inventory.FILE in wrong else read_json(folder / inventory.FILE, f"delete {folder}")
    if made - {RECIPE} or not listed:
        fresh = {path: entry for path, entry in inventory.take(folder).items() if path in made or not listed}
        if any(listed.get(path) != entry for path, entry in fresh.items()):
            write_json(folder / inventory.FILE, {**listed, **fresh})
    if left := differences(folder):
        remedy = f"{REMAKE.format(folder)}, rm {folder / inventory.FILE} takes it as it is"
        raise InputError(folder, inventory.sentence(left), remedy)


def _made_again(
    folder: Path, wrong: Iterable[str], recipe: Mapping[str, Any], make: Callable[[Path], None]
) -> set[str]:
    """Put aside what is wrong in a folder, make it again, and return the files that were made."""
    if inventory.FILE in wrong and os.path.lexists(folder / inventory.FILE):
        _remove(folder / inventory.FILE)
    changed = {folder / path: folder / temporary_name() for path in wrong if (folder / path).exists()}
    for path, aside in changed.items():
        path.replace(aside)
    before = inventory.times(folder)
    try:
        write_json(folder / RECIPE, recipe)
        make(folder)
        return {path for path, time in inventory.times(folder).items() if before.get(path) != time}
    finally:
        for path, aside in changed.items():  # what is not made again is better changed than lost
            _remove(aside) if path.exists() else aside.replace(path)


def _check_recipe(folder: Path, finished: Path) -> None:
    if other := foreign_recipe(folder, finished):
        raise InputError(folder, f"its recipe is that of {other}", REMAKE.format(folder))


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def foreign_recipe(folder: Path, finished: Path | None = None) -> str:
    """Return `stage/key` of the recipe in a stage's folder where it is that of another stage, else an empty text.

    Args:
        folder: Of the stage.
        finished: What it is called once it is finished; None: as it is.

    Raises:
        InputError: It is missing, or cannot be read.
    """
    recipe = read_json(folder / RECIPE, REMAKE.format(folder))
    try:
        name, key = recipe["stage"], key_of(recipe)
    except (KeyError, TypeError, ValueError):
        raise InputError(folder / RECIPE, "is no recipe", REMAKE.format(folder)) from None
    wanted = finished or folder
    return "" if (name, key) == (wanted.parent.name, wanted.name) else f"{name}/{key}"


def differences(folder: Path, contents: bool = False) -> dict[str, str]:
    """Return what is wrong with the files of a finished stage, by path.

    Args:
        folder: The stage.
        contents: Whether every file is read and compared with its digest, and those that are not its own are named.
    """
    path = folder / inventory.FILE
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(listed, dict) or RECIPE not in listed:
            return {inventory.FILE: inventory.DAMAGED}
        return inventory.differences(folder, listed, contents)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {inventory.FILE: inventory.DAMAGED if path.exists() else inventory.MISSING}
