"""What stands for the files that a stage is made of: names and sizes, and the content of those that were rewritten.

Names and sizes cost no reading and stay on another machine. They stand for the content that a file had when they were
first met, which is noted beside the stages; a file with other content of the same size gets its digest beside them, so
that what is made of it is made anew. A file is read for its digest once, and again when its size or its times change.
"""

import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from labelct import inventory
from labelct.cohort.base import Cohort, Subject
from labelct.errors import InputError, unreadable
from labelct.io.itk import parts
from labelct.store import key_of, planning
from labelct.texts import read_json
from labelct.upkeep import size
from labelct.writing import write_json, write_text

log = logging.getLogger(__name__)
FOLDER = "inputs"  # beside the stages
DIGESTS = "digests.json"
MANY = 2 * 10**9  # bytes, which take a disk some seconds: it is said then what takes them
UNSETTLED = 2 * 10**9  # ns; a file that was written so short a time ago may change once more under the same times
MEND = "delete it if no input was rewritten since it was made, else the stages beside it as well"

Row = list[Any]


def fingerprint(cohort: Cohort, root: Path, used: Iterable[Subject] | None = None) -> list[Row]:
    """Return what stands for the files of a cohort in a recipe.

    Args:
        cohort: Its rows of names and sizes are returned, those of rewritten files with their digest.
        root: The folder of all stages.
        used: The subjects whose files are looked into; None: all.

    Raises:
        InputError: A file cannot be read.
    """
    looked = None if used is None else {subject.case for subject in used}
    paths = [path if looked is None or case in looked else None for _, case, path in cohort.files()]
    return identified(cohort.fingerprint(), paths, root)


def identified(rows: Sequence[Row], paths: Sequence[Path | None], root: Path) -> list[Row]:
    """Return rows of names and sizes, those of files with another content than they stand for with its digest.

    Args:
        rows: One a file, and any more behind.
        paths: The file of each row; None for one that is not looked into.
        root: The folder of all stages.

    Raises:
        InputError: A file, or what is noted of the rows, cannot be read.
    """
    record = root / FOLDER / f"{key_of({'files': rows})}.json"
    known = read_json(record, MEND) if record.exists() else {}
    if not isinstance(known, dict):
        raise InputError(record, "is no table of digests", MEND)
    looked = {str(number): path for number, path in enumerate(paths) if path is not None}
    found = dict(zip(looked, digests(list(looked.values()), root), strict=True))
    if not planning() and found.keys() - known.keys():
        write_json(record, {**found, **known})
    changed = {int(number): digest for number, digest in found.items() if known.get(number, digest) != digest}
    if changed:
        _tell(inventory.sentence({str(paths[number]): "was rewritten" for number in changed}))
    return [[*row, changed[number]] if number in changed else list(row) for number, row in enumerate(rows)]


@lru_cache(maxsize=16)
def _tell(rewritten: str) -> None:
    """Say once which files are others than those that their names and sizes stood for."""
    log.info("%s: what was made of it is made anew", rewritten)


def digests(paths: Sequence[Path], root: Path) -> list[str]:
    """Return the SHA-256 of each file, and behind it that of its voxels where they lie in a file of their own.

    Args:
        paths: The files.
        root: The folder of all stages, which keeps digests.

    Raises:
        InputError: A file cannot be read.
    """
    whole = [parts(path) for path in paths]
    found = _digests(dict.fromkeys(part for several in whole for part in several), root)
    return ["".join(found[part] for part in several) for several in whole]


_READ: dict[str, Any] = {}  # what this process has read: it may be asked before anything may be written


def _digests(paths: Iterable[Path], root: Path) -> dict[Path, str]:
    path_of_notes, before = root / FOLDER / DIGESTS, time.time_ns()
    states = {path: _state(path) for path in paths}
    notes = _noted(path_of_notes)
    known = {**notes, **_READ}
    found = {path: digest for path, state in states.items() if (digest := _known(known, path, state))}
    new = [path for path in states if path not in found]
    if (total := sum(states[path][0] for path in new)) > MANY:
        log.info("reading %d input files (%s), once, to know them by their content", len(new), size(total))
    found |= zip(new, _read(new), strict=True)
    settled = {
        str(path.absolute()): [state, found[path]] for path, state in states.items() if state[-1] < before - UNSETTLED
    }
    _READ.update(settled)
    if not planning() and any(notes.get(name) != entry for name, entry in settled.items()):
        write_text(path_of_notes, json.dumps({**_noted(path_of_notes), **settled}))
    return found


def _known(notes: Mapping[str, Any], path: Path, state: list[int]) -> str:
    """Return the digest that is noted of a file in its present state; empty where there is none."""
    match notes.get(str(path.absolute())):
        case [then, str(digest)] if then == state:
            return digest
    return ""


def _state(path: Path) -> list[int]:
    """Return the size of a file, which file it is, and when it was changed: by who writes, and by who only says so."""
    found = path.stat()
    return [found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns]


def _noted(path: Path) -> dict[str, Any]:
    """Return what is noted of files that were read; where that cannot be read, they are read anew."""
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def _read(paths: Sequence[Path]) -> list[str]:
    try:
        return inventory.digests(paths)
    except OSError as error:
        raise unreadable(error, error.filename) from None
