"""`labelct status [FOLDER]`: what became of jobs, how far the running ones are, and which never began."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from labelct import job_status, journal
from labelct.commands.arguments import Parser
from labelct.errors import InputError
from labelct.filenames import natural_order
from labelct.job_status import SCORES
from labelct.jobs import NOWHERE, below, job_folders

OVERRIDES = Path(".hydra") / "overrides.yaml"
SILENT_S = 120.0  # a job that says nothing for longer may hang; a case of a large cohort takes less
DEEPEST = 6  # folders below what was typed: PROJECT/outputs/sweeps/DATE/TIME/NUMBER is five
ORDER = ("running", "waiting", "failed", "stopped", "never started", "finished")
GOOD = ("running", "waiting", "finished")


@dataclass(frozen=True)
class Line:
    """What is said of a job, or of those of a sweep that have not begun.

    Attributes:
        state: One of `ORDER`, or what a job of another version says.
        folder: Of the job, or of the sweep.
        typed: What was typed for it.
        detail: How far it is, its Dice, or why it failed.
        count: How many jobs it stands for.
        settled: Whether the same was typed again and finished since.
    """

    state: str
    folder: Path
    typed: tuple[str, ...] = ()
    detail: str = ""
    count: int = 1
    settled: bool = False


def parser() -> Parser:
    """Return the parser of the command line."""
    command = Parser(
        prog="labelct status",
        description="Say which jobs run, wait, have finished or failed, and why.",
        epilog="The exit code is 1 where a job failed, was stopped or killed, or never began.",
    )
    add = command.add_argument
    add("folder", nargs="?", type=Path, default=Path("outputs"), help="a job, a sweep, or what holds them (outputs)")
    add("--open", action="store_true", help="leave out what has finished")
    return command


def main(arguments: Sequence[str]) -> int:
    """Print a line for every job at or below a folder, and how many there are of each state.

    Args:
        arguments: What stands behind `labelct status`.

    Returns:
        1 where a job failed, was stopped or never began, and none like it has finished since; else 0.

    Raises:
        InputError: There is no job.
    """
    given = parser().parse_args(arguments)
    lines = _settled(found(given.folder))
    if not lines:
        raise InputError(given.folder, "no job lies there", NOWHERE)
    for line in lines:
        if not (given.open and (line.state == "finished" or line.settled)):
            print(_text(line, given.folder))
    counts: Counter[str] = Counter()
    for line in lines:
        counts[line.state] += line.count
    known = sorted(counts, key=lambda state: ORDER.index(state) if state in ORDER else len(ORDER))
    print(f"{', '.join(f'{counts[state]} {state}' for state in known)}: {given.folder}")
    return int(any(line.state not in GOOD and not line.settled for line in lines))


def found(folder: Path) -> list[Line]:
    """Return what is to be said of the jobs at or below a folder, in the order of their folders.

    Raises:
        InputError: There is no such folder, or one below it cannot be listed.
    """
    places, sweeps = below(folder, DEEPEST)
    if (folder / "stages").is_dir():
        places += job_folders(folder / "stages")  # those that lie elsewhere with them
    jobs = sorted({path for path in places if _is_job(path)}, key=natural_order)
    return [_line(job) for job in jobs] + [line for sweep in sweeps if (line := _missing(sweep))]


def _is_job(folder: Path) -> bool:
    """Return whether a folder is a job's: a stage of scores has no configuration beside them."""
    scored = (folder / SCORES).is_file() and (folder / "config.yaml").is_file()
    return scored or (folder / job_status.FILE).is_file()


def _line(folder: Path) -> Line:
    path = folder / job_status.FILE
    status = job_status.read(path) if path.is_file() else {"state": "finished"}
    state, typed = str(status["state"]), _typed(folder)
    if state == "running":
        return Line(state, folder, typed, _progress(folder, str(status.get("host", ""))))
    if state == "finished":
        dice = status.get("dice")
        return Line(state, folder, typed, "" if dice is None else f"Dice {dice:.3f}")
    return Line(state, folder, typed, " ".join(str(status.get("reason") or job_status.STOPPED).split()))


def _progress(folder: Path, host: str) -> str:
    """Return how far a running job is, and when it was heard of last where that is a while ago."""
    note = journal.progress(folder)
    if note is None:
        return f"has just begun on {host}"
    silent = time.time() - note["at"]
    late = f"; last heard of {journal.duration(silent)} ago" if silent > SILENT_S else ""
    return journal.sentence(note) + late


def _missing(sweep: Path) -> Line | None:
    """Return what is to be said of the jobs of a sweep that have not begun; None where all have."""
    count, alive = job_status.unstarted(sweep)
    if not count:
        return None
    detail = "for those before them" if alive else "the sweep was killed or stopped; the same command again does them"
    jobs = f"{count} job{'' if count == 1 else 's'}"
    return Line("waiting" if alive else "never started", sweep, (jobs,), detail, count)


def _settled(lines: Iterable[Line]) -> list[Line]:
    """Return the lines, those of failed jobs settled where the same was typed in a later job that finished."""
    known = list(lines)
    done = [(line.typed, _time(line.folder)) for line in known if line.state == "finished"]
    return [
        line
        if line.state in GOOD or line.count > 1
        else Line(line.state, line.folder, line.typed, line.detail, 1, _is_done(line, done))
        for line in known
    ]


def _is_done(line: Line, done: Iterable[tuple[tuple[str, ...], float]]) -> bool:
    began = _time(line.folder)
    return (line.folder / OVERRIDES).is_file() and any(typed == line.typed and time > began for typed, time in done)


def _time(folder: Path) -> float:
    with suppress(OSError):
        return (folder / OVERRIDES).stat().st_mtime
    return 0.0


def _typed(folder: Path) -> tuple[str, ...]:
    """Return what was typed for a job, as Hydra has written it: a list in YAML, an item a line."""
    with suppress(OSError, UnicodeDecodeError):
        lines = (folder / OVERRIDES).read_text(encoding="utf-8").splitlines()
        return tuple(line[2:].strip("'\"") for line in lines if line.startswith("- "))
    return ()


def _text(line: Line, above: Path) -> str:
    name = str(line.folder.relative_to(above)) if line.folder.is_relative_to(above) else str(line.folder)
    what = " ".join(line.typed)
    since = " (finished since in another job)" if line.settled else ""
    return "  ".join(part for part in (f"{line.state:<13}", name, what, line.detail + since) if part)
