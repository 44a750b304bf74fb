"""What lies in the folder of all stages, and how it is taken away without breaking the jobs that refer to it."""

import re
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import Timeout

from labelct import inventory
from labelct.errors import InputError, refused
from labelct.folders import matching
from labelct.jobs import Job, jobs
from labelct.store import KEY_LENGTH, PARTIAL, RECIPE, Stage, differences, foreign_recipe, key_of, lock_of, new_partial
from labelct.texts import read_json

PROJECTIONS = "projections"
KEY = re.compile(rf"[0-9a-f]{{{KEY_LENGTH}}}")
NAME = re.compile(rf"{KEY.pattern}(\..*{re.escape(PARTIAL)})?")  # of a stage's folder


@dataclass(frozen=True)
class Entry:
    """A stage on disk.

    Attributes:
        stage: Its name.
        key: Its key.
        folder: Its folder.
        recipe: Its recipe; empty where it cannot be read, or is not that of the folder's name.
        files: Size in bytes and the number of the file itself, which others may be links to, of each of its files.
        made: When it was made, in seconds since 1970.
        jobs: The jobs that refer to it, or to a stage that was made from it.
    """

    stage: str
    key: str
    folder: Path
    recipe: Mapping[str, Any]
    files: Mapping[tuple[int, int], tuple[int, int]]
    made: float
    jobs: Sequence[Job]

    @property
    def finished(self) -> bool:
        """Whether it is whole, and not what an interrupted job left."""
        return self.folder.suffix != PARTIAL

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(size for size, _ in self.files.values())

    @property
    def used(self) -> float:
        """When it was made, or last used by a job that refers to it."""
        return max([self.made, *(job.used for job in self.jobs)])


def root_of(folder: Path) -> Path:
    """Return the folder of all stages below, or at, a folder that was typed.

    Raises:
        InputError: There is none, or what lies there is not labelct's.
    """
    remedy = "give the folder that paths.outputs= named"
    for root in (folder / "stages", folder):
        if root.is_dir() and root.name == "stages":
            marked = (path / name for found in folders(root) for path in found for name in (RECIPE, inventory.FILE))
            if any(root.iterdir()) and not any(path.is_file() for path in marked):
                raise InputError(root, "holds no stages of labelct", remedy)
            return root
    raise InputError(folder, "there are no stages below it", remedy)


def folders(root: Path) -> tuple[list[Path], list[Path]]:
    """Return the folders of the finished and of the unfinished stages below the folder of all stages."""
    found = [path for path in matching(root, "*/*") if NAME.fullmatch(path.name) and path.is_dir()]
    unfinished = [path for path in found if path.suffix == PARTIAL]
    return [path for path in found if path.suffix != PARTIAL], unfinished


def damage(folder: Path) -> str:
    """Return what is wrong with a finished stage: its recipe, its name, its files; empty where nothing is."""
    try:
        if other := foreign_recipe(folder):
            return f"its recipe is that of {other}"
    except InputError as error:
        return f"{RECIPE} {'is missing' if not (folder / RECIPE).exists() else error.problem}"
    return inventory.sentence(differences(folder, contents=True))


def harmed(path: Path) -> Path | None:
    """Return the folder of the stage that `path` lies in, or is, where the file is not as it was made, else None."""
    for folder in (path.absolute(), *path.absolute().parents):
        if (folder / inventory.FILE).is_file():
            wrong = differences(folder, True)
            whole = folder == path.absolute() and any(what != inventory.FOREIGN for what in wrong.values())
            return folder if whole or path.absolute().relative_to(folder).as_posix() in wrong else None
    return None


def entries(root: Path, known: Sequence[Job]) -> list[Entry]:
    """Return the stages of a folder, each with the jobs that refer to it; what is no stage is left out.

    Args:
        root: The folder of all stages.
        known: What `jobs` returned.
    """
    stages = [path for found in folders(root) for path in found]
    recipes = {folder: _recipe(folder) for folder in stages}
    parents: dict[str, set[str]] = {}
    for folder in stages:
        parents.setdefault(_key(folder), set()).update(_keys_in(recipes[folder]))
    users: dict[str, list[Job]] = {}
    for job in known:
        for key in _with_ancestors(job.keys, parents):
            users.setdefault(key, []).append(job)
    return [
        Entry(path.parent.name, _key(path), path, recipes[path], _files(path), _made(path), users.get(_key(path), ()))
        for path in stages
    ]


def lineage(folders: Iterable[Path]) -> list[Path]:
    """Return folders of stages and of all that they were made from, as far as these are still there; parents first.

    Args:
        folders: Below the folder of all stages, each once or more.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        if folder not in found:
            keys = dict.fromkeys(_keys_in(_recipe(folder)))
            before = [path for key in keys for path in sorted(folder.parent.parent.glob(f"*/{key}"))]
            found |= dict.fromkeys([*lineage(before), folder])
    return list(found)


def _key(folder: Path) -> str:
    return folder.name[:KEY_LENGTH]


def _recipe(folder: Path) -> Mapping[str, Any]:
    """Return the recipe of a stage; empty where it has none, or that of another stage."""
    try:
        recipe = read_json(folder / RECIPE, "")
        return recipe if (recipe["stage"], key_of(recipe)) == (folder.parent.name, _key(folder)) else {}
    except (InputError, KeyError, TypeError, ValueError):
        return {}


def _keys_in(value: Any) -> Iterator[str]:
    """Yield everything in a recipe that may be the key of another stage: of its parents, of a fold's volumes."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _keys_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys_in(item)
    elif isinstance(value, str) and KEY.fullmatch(value):
        yield value


def _with_ancestors(keys: Iterable[str], parents: Mapping[str, set[str]]) -> set[str]:
    """Return keys and those of all stages that theirs were made from."""
    found, left = set(), list(keys)
    while left:
        if (key := left.pop()) not in found:
            found.add(key)
            left += parents.get(key, ())
    return found


def _files(folder: Path) -> dict[tuple[int, int], tuple[int, int]]:
    """Return size and number of links of each file by device and inode."""
    found = {}
    for path in folder.rglob("*"):
        with suppress(OSError):  # another process is at work there
            if path.is_file() and not path.is_symlink():
                state = path.stat()
                found[state.st_dev, state.st_ino] = (state.st_size, state.st_nlink)
    return found


def _made(folder: Path) -> float:
    for name in (inventory.FILE, RECIPE, "."):
        with suppress(OSError):
            return (folder / name).stat().st_mtime
    return 0.0


def remark(used: Iterable[Path], root: Path) -> str:
    """Return how much disk the projections that a job leaves take, and what removes them; empty where there are none.

    Args:
        used: The folders of the stages that it used.
        root: The folder of all stages.
    """
    there = [folder for folder in used if folder.parent.name == PROJECTIONS and folder.is_dir()]
    total = sum(number for folder in there for number, _ in _files(folder).values())
    if not total:
        return ""
    command = f"labelct store clean --projections {shlex.quote(str(root.parent))}"
    return f"projections: {size(total)} are kept for other doses of the same volumes; {command} removes them"


def size(number: float) -> str:
    """Return a number of bytes in the unit that fits."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if number >= 10 or unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def freed(taken: Sequence[Entry]) -> int:
    """Return the bytes that taking stages away gives back: a file that another stage links to stays."""
    links: dict[tuple[int, int], tuple[int, int, int]] = {}
    for entry in taken:
        for number, (size, total) in entry.files.items():
            links[number] = (size, total, links.get(number, (0, 0, 0))[2] + 1)
    return sum(size for size, total, seen in links.values() if seen >= total)


def remove(entry: Entry, root: Path, further: Iterable[Path] = ()) -> str:
    """Take a stage away, unless a job makes it or has begun to use it.

    The stage's lock is held meanwhile, so that a job that wants it waits, and makes it anew. A job notes what it wants
    before it looks whether that is there: jobs are asked once more when the folder has lost its name.

    Args:
        entry: The stage.
        root: The folder of all stages.
        further: As of `jobs`.

    Returns:
        Why it stays; empty where it is gone.

    Raises:
        InputError: It cannot be deleted.
    """
    stage = Stage(entry.stage, entry.key, entry.folder)
    lock = lock_of(stage)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return "a job makes it"
    try:
        if entry.finished:
            aside = new_partial(stage)
            entry.folder.replace(aside)
            if any(entry.key in job.keys for job in jobs(root, further) if job.running):
                aside.replace(entry.folder)
                return "a job has begun to use it"
        else:
            aside = entry.folder
        (aside / RECIPE).unlink(missing_ok=True)  # without it nobody goes on with what is half deleted
        shutil.rmtree(aside)
    except OSError as error:
        raise refused(error, entry.folder, "deleted", "delete it by hand") from None
    finally:
        lock.release()
    return ""
