"""What became of a job: `status.json` in its folder, true also where the job was killed and could not write it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from labelct.errors import InputError
from labelct.processes import describe, is_alive, wait_for_end_of
from labelct.texts import read_json
from labelct.writing import write_json, write_text

FILE, SWEEP, SCORES = "status.json", "sweep.json", "scores.json"
PLACES = ("runs/*/*", "sweeps/*/*/*")  # of jobs below the folder of all outputs
LOG = "labelct.log"
STOPPED = "it was stopped before its end"
KILLED = "it was killed (out of memory, or by hand)"
RUNNING = "it is still running"
ENDING_S = 2.0  # a job whose launcher is stopped ends within
ROOM = 1000  # bytes of a running job's file: what is said at its end must fit where the disk is full by then


def begin(folder: Path) -> None:
    """Say that the job of a folder is run by this process.

    Raises:
        InputError: The folder cannot be written.
    """
    text = json.dumps({"state": "running", **describe()})
    write_text(folder / FILE, text.ljust(ROOM) + "\n")


def begin_sweep(folder: Path, jobs: int) -> None:
    """Say that the jobs of a sweep are launched by this process.

    Args:
        folder: The sweep's folder.
        jobs: How many there are.

    Raises:
        InputError: The folder cannot be written.
    """
    write_json(folder / SWEEP, {"jobs": jobs, **describe()})


def unstarted(folder: Path) -> tuple[int, bool]:
    """Return how many jobs of a sweep have not begun, and whether its launcher lives, so that they still will."""
    try:
        sweep = read_json(folder / SWEEP, "delete the folder of the sweep")
        jobs, alive = int(sweep["jobs"]), is_alive(sweep)
    except (InputError, KeyError, TypeError, ValueError):
        return 0, False
    return max(0, jobs - len(list(folder.glob(f"*/{FILE}")))), alive


def finish(folder: Path, dice: float | None) -> None:
    """Say that a job ended well, with its mean Dice.

    Raises:
        InputError: The folder cannot be written.
    """
    write_json(folder / FILE, {"state": "finished", "dice": dice})


def fail(folder: Path, reason: str, state: str = "failed") -> None:
    """Say why a job has no scores; where the disk is full, in the room that `begin` has taken."""
    status = {"state": state, "reason": reason, "log": str(folder / LOG)}
    try:
        write_json(folder / FILE, status)
    except InputError:
        texts = (json.dumps(content) for content in (status, {"state": state, "reason": reason[: ROOM // 8]}))
        with suppress(OSError), (folder / FILE).open("r+", encoding="utf-8") as file:
            file.write(next(text for text in texts if len(text) <= ROOM).ljust(ROOM) + "\n")
            file.truncate()


def read(path: Path, reason: str = KILLED, state: str = "failed") -> dict[str, Any]:
    """Return what a `status.json` says; a job whose process is dead is not running, and the file is put right.

    Args:
        path: The file.
        reason: Why it is dead.
        state: What became of it.
    """
    try:
        status = read_json(path, "delete the folder of the job")
        alive = status["state"] != "running" or is_alive(status)
    except (InputError, KeyError, TypeError, ValueError):
        alive = False
    if alive:
        return dict(status)
    if path.is_file():
        fail(path.parent, reason, state)
    return {"state": state, "reason": reason}


def stop(folder: Path, reason: str) -> None:
    """Say of the jobs of a sweep that they were stopped, which a launcher may have killed before they could."""
    deadline = time.monotonic() + ENDING_S
    for path in files(folder):
        while read(path, reason, "stopped")["state"] == "running" and time.monotonic() < deadline:
            time.sleep(0.02)


def files(folder: Path) -> list[Path]:
    """Return the `status.json` of every job at or below `folder`, job 10 behind job 9."""
    return sorted(folder.rglob(FILE), key=lambda path: (len(path.parent.name), path))


def failures(folder: Path) -> list[tuple[Path, str]]:
    """Return the job folders at or below `folder` that did not finish, with the reason."""
    found = [(path.parent, read(path)) for path in files(folder)]
    return [(job, _reason(status)) for job, status in found if status["state"] != "finished"]


def unscored(path: Path) -> str:
    """Return why the job of a `status.json` has no scores: it runs, was stopped or killed, or failed of something."""
    return _reason(read(path))


def _reason(status: Mapping[str, Any]) -> str:
    return str(status.get("reason") or (RUNNING if status["state"] == "running" else STOPPED))


@contextmanager
def witnessed(folder: Path, outputs: Path) -> Iterator[None]:
    """Let a small process of its own see the end of this one and put the status of its job right.

    It puts right those of earlier jobs, too, of which all processes were killed at once.

    Args:
        folder: The job's folder.
        outputs: Holds earlier jobs in `runs` and `sweeps`.
    """
    command = [sys.executable, "-m", "labelct.job_status", str(folder), str(outputs), str(os.getpid())]
    quiet = subprocess.DEVNULL
    witness = None
    with suppress(OSError):  # no room for a process: the next command puts the status right
        witness = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        yield
    finally:
        if witness is not None:
            witness.kill()
            witness.wait()


def main(arguments: Sequence[str]) -> None:
    """Put earlier jobs right, wait for the end of the process that runs the job of a folder, and put that right.

    Args:
        arguments: The folder, the folder of all outputs, the process.
    """
    folder, outputs, parent = Path(arguments[0]), Path(arguments[1]), int(arguments[2])
    for pattern in PLACES:
        for path in outputs.glob(f"{pattern}/{FILE}"):
            read(path)
    wait_for_end_of(parent)
    read(folder / FILE)


if __name__ == "__main__":
    main(sys.argv[1:])
