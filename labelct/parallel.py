"""Cases in parallel with a progress bar; the result never depends on the number of workers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from labelct.errors import check_choice, check_range

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass
class ParallelSettings:
    """How cases spread over processes: `workers` 0 takes every core; backends are joblib's."""

    workers: int = 0
    backend: str = "loky"
    scheduler: str | None = None

    def __post_init__(self) -> None:
        check_range("workers", self.workers, 0)
        check_choice("backend", self.backend, ("loky", "threading", "multiprocessing", "sequential", "dask", "ray"))


def cores() -> int:
    """Return the number of CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def track(items: Iterable[Item], description: str, total: int | None = None) -> Iterable[Item]:
    """Yield `items` under a rich progress bar named `description`."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as progress:
        yield from progress.track(items, total=total, description=description)


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
    from joblib import Parallel, delayed

    workers = min(settings.workers or cores(), max(len(items), 1))
    if not items:
        return []
    if workers == 1 or settings.backend == "sequential":
        return [function(item) for item in track(items, description, len(items))]
    jobs = Parallel(n_jobs=workers, backend=settings.backend, return_as="generator")(
        delayed(function)(item) for item in items
    )
    return list(track(jobs, description, len(items)))
