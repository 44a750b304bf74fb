"""Jobs: the chain and the end of one, in a sweep in a process of its own, and what became of all of a command line."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from hydra.core.utils import configure_log
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from labelct.config import study, typed
from labelct.errors import LabelctError
from labelct.store import write_json, write_text

log = logging.getLogger(__name__)
LOG = "labelct.log"
STOPPED = "it was stopped before its end"


def run(composed: DictConfig, folder: Path, choices: Mapping[str, Any], overrides: Sequence[str]) -> float | None:
    """Run one job in `folder`; its end, good or bad, lands in `status.json`.

    Args:
        composed: The composed configuration.
        folder: The job's folder.
        choices: The option chosen in each configuration group.
        overrides: What was typed.

    Returns:
        The mean Dice over cases and targets; None when the job failed.
    """
    write_json(folder / "status.json", {"state": "running", "pid": os.getpid()})
    try:
        score = _chain(composed, folder, choices, overrides)
    except LabelctError as error:
        log.error("%s", error)
        _fail(folder, str(error))
        return None
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        write_text(folder / "traceback.txt", traceback.format_exc())
        log.error("%s (a fault of labelct, not of the input: see %s)", reason, folder / "traceback.txt")
        _fail(folder, reason)
        return None
    write_json(folder / "status.json", {"state": "finished", "dice": score})
    return score


def run_apart(folder: Path, launched_from: Path) -> float | None:
    """Run the job that Hydra described in `folder/.hydra` in a process of its own and wait for its end.

    Basic and joblib launchers lose every job that is left when one is killed or exits; here the job alone is lost. The
    process reads a pipe that this one holds open, so that it ends when this one does, killed or not, together with the
    workers that it started, which share its session.

    Args:
        folder: The job's folder.
        launched_from: The folder that relative paths start from.

    Returns:
        As `run`.
    """
    write_json(folder / "status.json", {"state": "running"})
    command = [sys.executable, "-m", "labelct.commands.job", str(folder)]
    with subprocess.Popen(command, cwd=launched_from, stdin=subprocess.PIPE, start_new_session=True) as process:
        code = process.wait()
    _end_group(process.pid)
    status = json.loads((folder / "status.json").read_text(encoding="utf-8"))
    if status["state"] == "running":
        reason = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        log.error("%s", reason)
        _fail(folder, reason + (" (out of memory, or by hand)" if code == -signal.SIGKILL else ""))
    return status.get("dice")


def main() -> None:
    """Run the job of the folder that is the first argument."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    folder = Path(sys.argv[1])
    described = folder / ".hydra"
    settings = OmegaConf.load(described / "hydra.yaml")
    configure_log(settings.hydra.job_logging, settings.hydra.verbose)
    composed, overrides = OmegaConf.load(described / "config.yaml"), OmegaConf.load(described / "overrides.yaml")
    assert isinstance(composed, DictConfig)
    given = [str(override) for override in overrides]
    composed.group = composed.group or study(given) or " ".join(folder.absolute().parts[-3:-1])
    run(composed, folder, dict(settings.hydra.runtime.choices), given)


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
    lines = [f"failed: {job}: {reason}; log: {job / LOG}" for job, reason in failed]
    unstarted = max(expected - started, 0)
    if unstarted:
        lines.append(f"{unstarted} of {expected} jobs never started")
    if lines:
        lines.append("the same command again does only what is missing")
    return lines, len(failed) + unstarted


def _chain(composed: DictConfig, folder: Path, choices: Mapping[str, Any], overrides: Sequence[str]) -> float | None:
    from labelct import pipeline

    arm = {str(group): str(option) for group, option in choices.items() if not str(group).startswith("hydra")}
    composed.group = composed.group or study(overrides) or None
    return pipeline.run(typed(composed), folder, arm, overrides)


def _fail(folder: Path, reason: str) -> None:
    write_json(folder / "status.json", {"state": "failed", "reason": reason, "log": str(folder / LOG)})


def _end_with_parent() -> None:
    """End this process and its workers when the other end of its standard input is closed."""
    while os.read(0, 1):
        pass
    _end_group(os.getpid())
    os._exit(1)


def _end_group(leader: int) -> None:
    """Kill what is left of the processes that `leader` started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


if __name__ == "__main__":
    main()
