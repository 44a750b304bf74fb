"""Where jobs lie: those at or below a folder, those that used the stages of one, and what each of them refers to."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from labelct import job_status, journal
from labelct.errors import InputError, unreadable
from labelct.filenames import natural_order
from labelct.folders import matching
from labelct.job_status import PLACES, SCORES, SWEEP
from labelct.texts import read_json

NOWHERE = "give the folder of a job, of a sweep, or the one that paths.outputs= named"


class JobsAndSweeps(NamedTuple):
    """Folders of jobs and of sweeps, job 10 behind job 9."""

    jobs: list[Path]
    sweeps: list[Path]


@dataclass(frozen=True)
class Job:
    """A job that used stages.

    Attributes:
        folder: Its folder.
        keys: The keys of the stages that it used, or began to.
        running: Whether it still runs.
        used: When it was last heard of, in seconds since 1970.
    """

    folder: Path
    keys: frozenset[str]
    running: bool
    used: float


def jobs(root: Path, further: Iterable[Path] = ()) -> list[Job]:
    """Return the jobs that used stages: those below the outputs, and those that lie elsewhere and said so.

    Args:
        root: The folder of all stages.
        further: Folders that hold more jobs, such as an archive of runs.

    Raises:
        InputError: A job's record cannot be read, so that it is not known what it used.
    """
    places = set(job_folders(root))
    for folder in further:
        places.update(below(folder).jobs)
    known = {folder.resolve(): folder for folder in sorted(places) if folder.is_dir()}
    return [job for folder in known.values() if (job := _job(folder))]


def below(folder: Path, deepest: int | None = None) -> JobsAndSweeps:
    """Return what lies at or below a folder; what is hidden, and stages, which have scores too, is no job.

    Args:
        folder: Any that a user has typed.
        deepest: How many folders below it are looked through; None: all.

    Raises:
        InputError: It does not exist, or one below it cannot be listed.
    """
    if not folder.is_dir():
        problem = "is a file, and no folder" if folder.exists() else "there is no such folder"
        raise InputError(folder, problem, NOWHERE)
    found = JobsAndSweeps([], [])
    for name, folders, files in os.walk(folder, onerror=_refuse):
        place = Path(name)
        deeper = deepest is None or len(place.relative_to(folder).parts) < deepest
        folders[:] = [name for name in folders if deeper and not name.startswith(".") and name != "stages"]
        if job_status.FILE in files or SCORES in files:
            found.jobs.append(place)
        if SWEEP in files:
            found.sweeps.append(place)
    return JobsAndSweeps(*(sorted(places, key=natural_order) for places in found))


def _refuse(error: OSError) -> None:
    """Raise what a folder is refused by, but for one that went away meanwhile: it is no empty one."""
    if isinstance(error, FileNotFoundError):
        return
    raise unreadable(error, Path(error.filename)) from None


def job_folders(root: Path) -> list[Path]:
    """Return the folders of jobs: below the outputs that `root` is in, and elsewhere where they said so."""
    places = {path for pattern in PLACES for path in matching(root.parent, pattern)}
    places |= {Path(line) for line in journal.elsewhere(root)}
    return sorted(path for path in places if path.is_dir())


def _job(folder: Path) -> Job | None:
    """Return the job of a folder; None where it holds none."""
    marks = [path for name in (job_status.FILE, SCORES, journal.STAGES) if (path := folder / name).is_file()]
    if not marks:
        return None
    state = job_status.read(folder / job_status.FILE)["state"] if (folder / job_status.FILE).is_file() else "finished"
    keys = journal.keys(folder) | _scored(folder / SCORES)
    return Job(folder, frozenset(keys), state == "running", max(path.stat().st_mtime for path in marks))


def _scored(path: Path) -> set[str]:
    """Return the keys that a job's scores name."""
    if not path.is_file():
        return set()
    remedy = "mend it or delete the folder of the job: which stages it uses is not known"
    try:
        named = read_json(path, remedy)["keys"]
        return {str(key) for _, key in (named.items() if isinstance(named, dict) else named)}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(path, "is no record of scores", remedy) from None
