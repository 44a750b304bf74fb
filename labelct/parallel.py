"""Cases spread over processes or machines; the result never depends on the number of workers."""

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

from labelct import shared_memory
from labelct.errors import InputError, SettingError, check_installed
from labelct.processes import EndingWithParent
from labelct.progress import track
from labelct.settings import Checked, choice, ranged
from labelct.signals import check_interrupted

Item = TypeVar("Item")
Result = TypeVar("Result")
PACKAGES = {"dask": "distributed", "ray": "ray"}  # of the clusters
BACKENDS = ("loky", "threading", "sequential", *PACKAGES)
# Variables that libraries read as they load, and end a process with a traceback where they are no such number.
THREADS = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMEXPR_MAX_THREADS")
MOST_THREADS = 4096  # far above any machine, and within what the libraries hold
MOST_WORKERS = 4096  # of one job, also on a cluster
SPINS = 1000  # turns of a waiting thread, some microseconds: see `openmp_wait_policy`


@dataclass
class ParallelSettings(Checked):
    """How cases spread over processes.

    Attributes:
        workers: Processes on this machine; 0 takes every core. A cluster decides for itself.
        backend: joblib's: `loky`, `threading`, `sequential`; `dask` and `ray` reach other machines, which must see the
            same files under the same absolute paths.
        scheduler: Where the cluster listens: `tcp://HOST:8786` for `dask`, `HOST:6379` or `auto` for `ray` (null starts
            Ray here).
    """

    workers: int = ranged(0, 0, MOST_WORKERS)
    backend: str = choice("loky", BACKENDS)
    scheduler: str | None = None
    read_with: ClassVar = {"scheduler": ("backend", tuple(PACKAGES))}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.backend == "dask" and not self.scheduler:
            raise SettingError(
                "scheduler", self.scheduler, "the address of a dask scheduler, for example tcp://host:8786"
            )

    def one_by_one(self) -> "ParallelSettings":
        """Return the settings of work that this process does alone, case by case."""
        return replace(self, workers=1, backend="sequential")


def check_backend(settings: ParallelSettings) -> None:
    """Raise `InputError` where the package of the settings' cluster is not installed."""
    if settings.backend in PACKAGES:
        check_installed(PACKAGES[settings.backend])


def openmp_wait_policy() -> None:
    """Let OpenMP's threads spin for some microseconds before they sleep, where the environment does not say otherwise.

    To be called before anything loads OpenMP. Threads that spin for long slow a busy machine down by half or more;
    threads that sleep at once slow an idle one by an eighth (`benchmarks/waiting.py`).
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))


def check_threads() -> None:
    """Raise where a variable that bounds threads holds no number; to be called before numerical libraries load.

    `OMP_NUM_THREADS=4,2` bounds nested regions one by one; numexpr, which cannot read that, gets the first.

    Raises:
        SettingError: One holds something else.
    """
    for variable in THREADS:
        given = os.environ.get(variable, "")
        counts = given.split(",") if variable == "OMP_NUM_THREADS" else [given]
        if given and not all(count.strip().isdecimal() and 0 < int(count) <= MOST_THREADS for count in counts):
            raise SettingError(variable, given, f"a number of threads, 1 to {MOST_THREADS}", f"or unset {variable}")
        if len(counts) > 1:
            os.environ.setdefault("NUMEXPR_NUM_THREADS", counts[0].strip())


def cores() -> int:
    """Return the number of CPU cores this process may use, no more than Slurm gave its job."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return bounded(here, "SLURM_CPUS_PER_TASK")


def bounded(count: int, variable: str) -> int:
    """Return a count, no more than a variable of the environment says where it holds a number above 0."""
    given = os.environ.get(variable, "").partition(",")[0].strip()
    return min(count, int(given)) if given.isdecimal() and int(given) else count


def map_cases(
    function: Callable[[Item], Result], items: Sequence[Item], settings: ParallelSettings, description: str
) -> list[Result]:
    """Return `[function(item) for item in items]`, computed on `settings.workers` processes.

    Args:
        function: A picklable function of one case.
        items: The cases.
        settings: Workers and backend.
        description: What the progress bar says.

    Returns:
        The results in the order of `items`.
    """
    if not items:
        return []
    if settings.backend not in PACKAGES:
        with workers_killed_on_interrupt(), warnings.catch_warnings():
            # joblib takes the first import of torch for a leak, replaces the worker, and says so
            warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
            return list(track(_on_this_machine(function, items, settings), description, len(items)))
    from joblib import Parallel, delayed

    with _cluster(settings) as options:
        return list(track(Parallel(**options)(map(delayed(function), items)), description, len(items)))


def _on_this_machine(
    function: Callable[[Item], Result], items: Sequence[Item], settings: ParallelSettings
) -> Iterator[Result]:
    """Yield the results of workers of this machine, which end when this process does; one worker is the process itself.

    Raises:
        InputError: One of them was killed.
    """
    workers = min(settings.workers or cores(), len(items))
    if workers == 1 or settings.backend == "sequential":
        yield from map(function, items)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import BrokenProcessPool

    if settings.backend == "loky":
        shared_memory.claim()
        function = EndingWithParent(function, os.getpid())
    try:
        yield from Parallel(workers, backend=settings.backend, return_as="generator")(map(delayed(function), items))
    except BrokenProcessPool as error:
        remedy = "take fewer; the same command goes on with the cases that are left"
        raise InputError(
            f"parallel.workers={workers}", "a worker was killed (out of memory, or by hand)", remedy
        ) from error
    except RuntimeError:  # of joblib, whose workers a signal met before the thread that ends them had begun
        check_interrupted()
        raise


@contextmanager
def workers_killed_on_interrupt() -> Iterator[None]:
    """Kill loky's workers on Ctrl-C or a signal: those that are just starting would each end with a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        import psutil

        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if "popen_loky" in " ".join(child.cmdline()):
                    child.kill()
        raise


@contextmanager
def _cluster(settings: ParallelSettings) -> Iterator[dict[str, Any]]:
    """Connect to the cluster of the settings and yield joblib's options for it.

    Raises:
        InputError: Its package is missing, or nothing answers.
    """
    check_backend(settings)
    if settings.backend == "dask":
        yield from _dask(settings)
    else:
        yield from _ray(settings)


def _dask(settings: ParallelSettings) -> Iterator[dict[str, Any]]:
    from distributed import Client
    from joblib import parallel_config

    try:
        client = Client(settings.scheduler, timeout=10)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(f"parallel.scheduler={settings.scheduler}", "no dask scheduler answers", str(error)) from error
    with client, parallel_config(backend="dask"):
        yield {"n_jobs": settings.workers or -1}


def _ray(settings: ParallelSettings) -> Iterator[dict[str, Any]]:
    import ray
    from joblib import parallel_config
    from ray.util.joblib import register_ray

    try:
        ray.init(address=settings.scheduler, ignore_reinit_error=True, include_dashboard=False, log_to_driver=False)
    except (OSError, ConnectionError, RuntimeError) as error:
        raise InputError(f"parallel.scheduler={settings.scheduler}", "no Ray answers", str(error)) from error
    register_ray()
    try:
        with parallel_config(backend="ray"):
            yield {"n_jobs": settings.workers or -1}
    finally:
        ray.shutdown()
