"""Jobs that submitit hands to Slurm: followed by squeue, refused in one line."""

import logging
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from labelct.errors import InputError

log = logging.getLogger(__name__)
FOLLOWED_S = 60  # between two questions what became of jobs; the end of one that finishes is seen at once
ENDED = ("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "TIMEOUT")


def follow_jobs() -> None:
    """Let submitit ask squeue what became of jobs, which answers whether accounting is on or off.

    Without accounting submitit's own question fails each time, with three warnings, and a job that was cancelled counts
    as running for ever. One that ends without a result is told of and does not end the sweep, as with other launchers.
    """
    from hydra.core.utils import JobReturn, JobStatus
    from submitit.core.utils import UncompletedJobError
    from submitit.slurm import slurm

    class Watcher(slurm.SlurmInfoWatcher):
        def _make_command(self) -> list[str] | None:
            unfinished = self._registered - self._finished
            query = ["squeue", f"--user={os.getuid()}", "--noheader", "--array", "--states=all", "--format=%i|%T"]
            return query if unfinished else None

        def read_info(self, string: bytes | str) -> dict[str, dict[str, str]]:
            text = string if isinstance(string, str) else string.decode()
            return states(text, self._registered)

    class Job(slurm.SlurmJob):
        watcher = Watcher(delay_s=FOLLOWED_S)

        def results(self) -> list[Any]:
            try:
                return list(super().results())
            except UncompletedJobError:
                log.error("job %s of Slurm ended without a result; log: %s", self.job_id, self.paths.stdout)
                return [JobReturn(status=JobStatus.COMPLETED)]

    slurm.SlurmExecutor.job_class = Job
    slurm.SlurmJob = Job  # type: ignore[misc]  # which jobs of an array are made of


def on_slurm() -> bool:
    """Return whether this process, or the one that started it, is a job that submitit handed to Slurm."""
    return os.environ.get("SUBMITIT_EXECUTOR") == "slurm"


def leave_time_limit_to_parent() -> None:
    """Let the signal before a time limit, which Slurm sends to every process of a job, end none but by submitit's hand.

    submitit, in the process above, answers it: it puts the job into the queue again and stops the others in good order.
    """
    if on_slurm():
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)


def states(answer: str, jobs: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the state of each job in submitit's words; one that squeue no more lists has ended.

    Args:
        answer: Of squeue, a line each: the job, the state.
        jobs: Those that were submitted.
    """
    listed = dict(line.strip().split("|") for line in answer.splitlines() if line.count("|") == 1)
    found = {job: listed.get(job, "COMPLETED") for job in jobs}
    return {job: {"State": state if state in ENDED else "RUNNING"} for job, state in found.items()}


@contextmanager
def refusals_told() -> Iterator[None]:
    """Say in one line why Slurm takes no job.

    Raises:
        InputError: sbatch refused the jobs.
    """
    try:
        yield
    except RuntimeError as error:
        if not type(error).__module__.startswith("submitit"):
            raise
        problem = " ".join(str(error).split())
        raise InputError("sbatch", problem, "mend hydra.launcher, or ask those who run the cluster") from error
