"""The jobs that used the stages of a folder: where they lie, and what each of them refers to."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from labelct import job_status, journal
from labelct.errors import InputError
from labelct.folders import matching
from labelct.job_status import PLACES, SCORES
from labelct.texts import read_json


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
        if not folder.is_dir():
            raise InputError(folder, "there is no such folder", "give a folder that holds jobs")
        places |= {path.parent for name in (job_status.FILE, SCORES) for path in matching(folder, f"**/{name}")}
    known = {folder.resolve(): folder for folder in sorted(places) if folder.is_dir()}
    return [job for folder in known.values() if (job := _job(folder))]


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
