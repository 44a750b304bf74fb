"""What became of the jobs of one command line, read from the files that they left."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

STOPPED = "it was stopped before its end"


class JobFolders(Callback):
    """Remembers where this process sends its jobs, whichever launcher runs them."""

    folder: ClassVar[Path | None] = None
    multirun: ClassVar[bool] = False

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Remember the folder of a single job."""
        JobFolders.folder, JobFolders.multirun = Path(config.hydra.run.dir), False

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Remember the folder of a sweep."""
        JobFolders.folder, JobFolders.multirun = Path(config.hydra.sweep.dir), True


def failures(folder: Path) -> list[tuple[Path, str]]:
    """Return the job folders at or below `folder` whose `status.json` is not `finished`, with the reason."""
    found = []
    for path in status_files(folder):
        status = json.loads(path.read_text(encoding="utf-8"))
        if status["state"] != "finished":
            found.append((path.parent, status.get("reason") or STOPPED))
    return found


def status_files(folder: Path) -> list[Path]:
    """Return the `status.json` of every job at or below `folder`, job 10 behind job 9."""
    return sorted(folder.rglob("status.json"), key=lambda path: (len(path.parent.name), path))


def sweep_ended(folder: Path, expected: int) -> tuple[Sequence[str], int]:
    """Return what to say at the end of a sweep, and how many of its jobs are missing.

    Args:
        folder: The sweep's folder.
        expected: How many jobs the command line stands for; a sweeper that draws its jobs may run more.

    Returns:
        A line for each failed job, with its reason and its log, and one where jobs never started; the number of both.
    """
    failed, started = failures(folder), len(status_files(folder))
    lines = [f"failed: {job}: {reason}; log: {job / 'labelct.log'}" for job, reason in failed]
    unstarted = max(expected - started, 0)
    if unstarted:
        lines.append(f"{unstarted} of {expected} jobs never started")
    if lines:
        lines.append("the same command again does only what is missing")
    return lines, len(failed) + unstarted
