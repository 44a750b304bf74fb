"""Jobs: the chain and the end of one, in a sweep in a process of its own, and what became of all of a command line."""

import logging
import multiprocessing
import os
import shutil
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
from rich.logging import RichHandler

from labelct import job_status as status
from labelct.commands import slurm, submission
from labelct.config import study, typed
from labelct.errors import SPACE, InputError, LabelctError, refusal
from labelct.folders import missing, remove_empty
from labelct.processes import end_with
from labelct.signals import interrupt_on_signals, interrupted_by, interrupted_code, leave
from labelct.streams import tell_any_name
from labelct.upkeep import harmed
from labelct.writing import write_text

log = logging.getLogger(__name__)
GRACE_S = 10  # a job that is stopped ends its workers and says so
DESCRIBED = ".hydra"  # where Hydra describes a job
FULL = 2**20  # bytes: a disk with less takes no file of ours


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
    try:
        status.begin(folder)
        score = _chain(composed, folder, choices, overrides)
        status.finish(folder, score)
    except KeyboardInterrupt:
        status.fail(folder, f"stopped by {interrupted_by().name}", state="stopped")
        raise
    except SystemExit as error:
        status.fail(folder, f"ended with exit code {error.code}")
        raise
    except Exception as error:
        reason = _reason(error, folder, str(OmegaConf.select(composed, "paths.outputs") or folder))
        log.error("%s", reason)
        status.fail(folder, reason)
        return None
    return score


def _reason(error: Exception, folder: Path, outputs: str) -> str:
    """Return why a job failed, in one line; the traceback of a fault of our own is kept in its folder."""
    if isinstance(error, InputError) and (stage := harmed(Path(str(error.path)))):
        return f"{error.path}: {error.problem}; rm -r {stage} lets the same command make it again"
    if isinstance(error, LabelctError):
        return str(error)
    if refused := refusal(error, place=outputs):
        return str(refused)
    if isinstance(error, MemoryError):
        return "out of memory; take fewer parallel.workers= or a coarser data.spacing="
    with suppress(OSError):  # torch tells of a full disk in words of its own
        if shutil.disk_usage(outputs).free < FULL:
            return f"{outputs}: the disk is full; {SPACE}"
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    with suppress(LabelctError):
        write_text(folder / "traceback.txt", traceback.format_exc())
    return f"{reason} (a fault of labelct, not of the input: see {folder / 'traceback.txt'})"


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

    Raises:
        InputError: The folder cannot be written: what is wrong with the disk is wrong for every other job.
    """
    if multiprocessing.current_process().name != "MainProcess":  # a worker of the joblib launcher
        end_with(os.getppid())
    status.begin(folder)
    command = [sys.executable, "-m", "labelct.commands.job", str(folder)]
    with subprocess.Popen(command, cwd=launched_from, stdin=subprocess.PIPE, start_new_session=True) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.send_signal(interrupted_by())
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_S)
            raise
        except SystemExit:  # submitit has put it into Slurm's queue again
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_S)
            raise
        finally:
            _end_group(process.pid)
    ended = status.read(folder / status.FILE)
    if ended["state"] == "stopped" and submission.on_slurm():
        raise SystemExit(code)  # Slurm stops it and may take it up again: a result would say that it is over
    if code and (code < 0 or ended.get("reason") in (None, status.KILLED)):
        reason = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        log.error("%s", reason)
        status.fail(folder, reason + (" (out of memory, or by hand)" if code == -signal.SIGKILL else ""))
    return ended.get("dice")


def main() -> None:
    """Run the job of the folder that is the first argument."""
    interrupt_on_signals()
    tell_any_name()
    submission.leave_time_limit_to_parent()
    folder = Path(sys.argv[1])
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    described = folder / DESCRIBED
    settings = OmegaConf.load(described / "hydra.yaml")
    configure_log(settings.hydra.job_logging, settings.hydra.verbose)
    composed, overrides = OmegaConf.load(described / "config.yaml"), OmegaConf.load(described / "overrides.yaml")
    assert isinstance(composed, DictConfig)
    given = [str(override) for override in overrides]
    composed.group = composed.group or study(given) or " ".join(folder.absolute().parts[-3:-1])
    try:
        run(composed, folder, dict(settings.hydra.runtime.choices), given)
    except KeyboardInterrupt:
        leave(interrupted_code())
    leave(0)


class Console(RichHandler):
    """A job's console, on which what ends the job is one line on standard error, however narrow a screen is."""

    told: ClassVar[list[str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record, unless it is for the log alone."""
        if getattr(record, "file_only", False):
            return
        if record.levelno < logging.ERROR:
            super().emit(record)
        else:
            Console.told.append(record.getMessage())
            print(f"labelct run: {record.getMessage()}", file=sys.stderr)


class LogFile(logging.FileHandler):
    """A job's log, which a full disk ends and which never ends its job.

    Why it ended is said on the console when the job is over, unless the same has ended the job, which has been said.
    """

    ended: str = ""
    problem: str = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            super().emit(record)
        except OSError:  # it is opened by the first record
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """End the log here."""
        error = sys.exc_info()[1]
        if error is not None and not self.ended:
            refused = refusal(error, self.baseFilename)
            self.ended = str(refused or f"{self.baseFilename}: {error}")
            self.problem = refused.problem if refused else str(error)
            self.setLevel(logging.CRITICAL + 1)
            with suppress(OSError):  # what it holds cannot be written either
                super().close()

    def close(self) -> None:
        """Close the file, and say why the log ended before its job did."""
        super().close()
        if self.ended and not any(self.problem in told for told in Console.told):
            print(f"labelct run: {self.ended}", file=sys.stderr)
            self.ended = ""


class JobFolders(Callback):
    """Remembers where this process sends its jobs, whichever launcher runs them."""

    folder: ClassVar[Path | None] = None
    multirun: ClassVar[bool] = False
    new: ClassVar[list[Path]] = []
    expected: ClassVar[int] = 0

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Remember the folder of a single job."""
        self._remember(Path(config.hydra.run.dir), False)

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Remember the folder of a sweep, say there who runs it and how many jobs it has, and follow those on Slurm."""
        folder = Path(config.hydra.sweep.dir)
        self._remember(folder, True)
        if JobFolders.expected:
            status.begin_sweep(folder, JobFolders.expected)
        if slurm.is_chosen(config.hydra.launcher):
            submission.follow_jobs()

    def _remember(self, folder: Path, multirun: bool) -> None:
        JobFolders.folder, JobFolders.multirun, JobFolders.new = folder, multirun, missing(folder)

    @classmethod
    def forget_unstarted(cls) -> None:
        """Remove what Hydra wrote of jobs that never began, where the disk took no more, and the folders it made."""
        if cls.folder is None or cls.folder not in cls.new:
            return
        for described in list(cls.folder.rglob(DESCRIBED)):
            if not (described.parent / status.FILE).exists():
                shutil.rmtree(described.parent, ignore_errors=True)
        if not status.files(cls.folder):
            shutil.rmtree(cls.folder, ignore_errors=True)
        remove_empty(cls.new)


def sweep_ended(folder: Path, expected: int) -> tuple[Sequence[str], int]:
    """Return what to say at the end of a sweep, and how many of its jobs are missing.

    Args:
        folder: The sweep's folder.
        expected: How many jobs the command line stands for; a sweeper that draws its jobs may run more.

    Returns:
        A line for each failed job, with its reason and its log, and one where jobs never started; the number of both.
    """
    failed, started = status.failures(folder), len(status.files(folder))
    lines = [f"failed: {job}: {reason}; log: {job / status.LOG}" for job, reason in failed]
    unstarted = max(expected - started, 0)
    if unstarted:
        lines.append(f"{unstarted} of {expected} jobs never started")
    if lines:
        lines.append("the same command again does only what is missing")
    return lines, len(failed) + unstarted


def _chain(composed: DictConfig, folder: Path, choices: Mapping[str, Any], overrides: Sequence[str]) -> float | None:
    from labelct import pipeline
    from labelct.processes import end_children_with_this

    end_children_with_this()
    arm = {str(group): str(option) for group, option in choices.items() if not str(group).startswith("hydra")}
    composed.group = composed.group or study(overrides) or None
    return pipeline.run(typed(composed), folder, arm, overrides)


def _end_with_parent(folder: Path) -> None:
    """End this process and its workers when the other end of its standard input is closed."""
    while os.read(0, 1):
        pass
    status.fail(folder, "the sweep that it belongs to was killed or stopped")
    _end_group(os.getpid())
    os._exit(1)


def _end_group(leader: int) -> None:
    """Kill what is left of the processes that `leader` started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


if __name__ == "__main__":
    main()
