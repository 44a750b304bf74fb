"""Folders of results: they appear with what is written into them, and what fails leaves none behind."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from labelct.errors import ELSEWHERE, InputError, refused, unreadable

Answer = TypeVar("Answer")

TEMPORARY_ROOM = "set TMPDIR to a folder with room"
TEMPORARY = ".labelct-"  # and the writer: what a killed process leaves


def writer() -> str:
    """Return what stands for this process in the names of what it writes, another text each time."""
    return f"{os.getpid()}-{uuid.uuid4().hex[:8]}"


def temporary_name() -> str:
    """Return a name of this process's own, short however long that of the file is which it stands for."""
    return f"{TEMPORARY}{writer()}"


def missing(folder: Path) -> list[Path]:
    """Return what has to be made for a folder to be there: itself and those above it, the deepest first."""
    return [path for path in (folder, *folder.parents) if not os.path.exists(path)]


def deepest_there(path: Path) -> Path:
    """Return the path, or the deepest of the folders above it, where something lies."""
    return next(place for place in (path, *path.absolute().parents) if os.path.lexists(place))


def remove_empty(folders: list[Path]) -> None:
    """Remove those of some folders, the deepest first, that hold nothing."""
    for path in folders:
        with suppress(OSError):
            path.rmdir()


def matching(folder: Path, pattern: str) -> list[Path]:
    """Return, sorted, what `folder.glob(pattern)` finds but for hidden parts; what may not be read is no empty folder.

    Args:
        folder: Where it is looked for.
        pattern: Names, with `*`, `?` or `[...]` in them; `**` stands for folders of any depth, none by a link.

    Raises:
        InputError: A folder on the way cannot be listed.
    """
    return sorted(set(_matching(folder, tuple(pattern.split("/")))))


def _matching(folder: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    if not parts:
        if _asked(os.lstat, folder):
            yield folder
        return
    first, rest = parts[0], parts[1:]
    if not any(sign in first for sign in "*?["):
        yield from _matching(folder / first, rest)
        return
    names = _asked(os.listdir, folder) or ()
    inside = [folder / name for name in names if first.startswith(".") or not name.startswith(".")]
    if first == "**":
        yield from _matching(folder, rest)
        for path in inside:
            if path.is_dir() and not path.is_symlink():
                yield from _matching(path, parts)
    else:
        for path in inside:
            if fnmatchcase(path.name, first):
                yield from _matching(path, rest)


def _asked(question: Callable[[Path], Answer], path: Path) -> Answer | None:
    """Return what the file system says of a path; None where there is none."""
    try:
        return question(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unreadable(error, path) from None


@contextmanager
def made(folder: Path) -> Iterator[None]:
    """Make a folder and those above it; where what follows fails, the new ones that hold nothing are removed.

    Raises:
        OSError: It cannot be made.
        InputError: The file system takes no folders at all.
    """
    new = missing(folder)
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError:  # a file system that takes no new folders, as /proc
            raise InputError(folder, "no folder can be made there", ELSEWHERE) from None
        yield
    except (OSError, InputError):
        remove_empty(new)
        raise


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a folder for temporary files, which goes again; where it takes none, the remedy is another place for it.

    Raises:
        InputError: It cannot be made, or a file in it cannot be written.
    """
    try:
        temporary = TemporaryDirectory()
    except OSError as error:
        raise InputError(
            "the folder for temporary files", f"cannot be made ({error.strerror})", TEMPORARY_ROOM
        ) from None
    with temporary as name:
        try:
            yield Path(name)
        except InputError as error:
            if ELSEWHERE not in error.remedy or not Path(str(error.path)).is_relative_to(name):
                raise
            raise InputError(error.path, error.problem, TEMPORARY_ROOM) from None


def check_launch_folder() -> None:
    """Raise `InputError` where the folder that a command is started in has been removed."""
    try:
        os.getcwd()
    except FileNotFoundError:
        raise InputError("the launch folder", "is not there any more", "change to one that is") from None


def check_takes_files(folder: Path) -> None:
    """Raise `InputError` where no file can be written to a folder, before the work for it is done.

    A missing folder is made for the trial and removed: permissions alone do not tell of /proc or of a full disk.
    """
    new, trial, there = missing(folder), folder / temporary_name(), deepest_there(folder)
    if not there.is_dir():
        raise InputError(folder, f"{there} is a file and no folder", ELSEWHERE)
    with _told(trial, folder), made(folder):
        trial.touch()
        trial.unlink()
    remove_empty(new)


def check_can_be_made(folder: Path) -> None:
    """Raise `InputError` where a folder, or files in one that is there, cannot be made; nothing is left of the trial.

    Other than `check_takes_files` it makes no folder, which a process beside this one may be about to fill.
    """
    there = deepest_there(folder)
    check_takes_files(there if there.is_dir() else folder)


def why_no_folder(path: Path) -> str:
    """Return what is wrong with a path that is to be a folder and is none."""
    return "is a file and no folder" if path.exists() else "no such folder"


def check_no_folder(paths: Iterable[Path]) -> None:
    """Raise `InputError` where a folder has the place of a file that is to be written."""
    for path in paths:
        if path.is_dir():
            raise InputError(path, "is a folder, and a file of that name is to be written", f"move it or {ELSEWHERE}")


@contextmanager
def together(folder: Path, last: str = "") -> Iterator[Path]:
    """Yield a folder whose files lie in `folder` in the end, or none of them where one cannot be written.

    Args:
        folder: Where they go.
        last: The name of the file that gets there last, and says that the others are there.

    Raises:
        InputError: The disk is full, `folder` cannot be written, or a folder has the place of a file.
    """
    aside = folder / temporary_name()
    with _told(aside, folder), made(folder), _removed(aside):
        aside.mkdir()
        yield aside
        files = sorted(aside.iterdir(), key=lambda path: (path.name == last, path.name))
        check_no_folder(folder / path.name for path in files if path.is_file())  # before the first of them is there
        for path in files:
            path.replace(folder / path.name)


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """Yield a folder that becomes `folder` in the end, in place of one that is there, or is gone where that fails.

    Args:
        folder: Its name; the temporary one lies beside it, on the same disk.

    Raises:
        InputError: The disk is full, or the folder cannot be made there.
    """
    aside, before = folder.with_name(temporary_name()), folder.with_name(temporary_name())
    with _told(aside, folder), made(folder.parent), _removed(aside), _removed(before):
        aside.mkdir()
        yield aside
        if folder.exists():
            folder.replace(before)
        aside.replace(folder)


@contextmanager
def _removed(folder: Path) -> Iterator[None]:
    """Remove what is left of a temporary folder."""
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _told(aside: Path, folder: Path) -> Iterator[None]:
    """Turn what a file system refuses into one line, with the place that a file was meant for."""
    try:
        yield
    except InputError as error:
        path = Path(str(error.path))
        shown = folder / path.relative_to(aside) if path.is_relative_to(aside) else error.path
        raise InputError(shown, error.problem, error.remedy) from None
    except OSError as error:
        raise refused(error, folder) from error
