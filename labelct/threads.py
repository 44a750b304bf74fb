"""Work over threads whose result never depends on how many there are.

The kernels are compiled without the interpreter lock and write disjoint parts of their output, so plain threads
serve; numba's own thread pools may not be used from several threads or after a fork, as workers do.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def thread_count() -> int:
    """Return the threads to use: `numba.get_num_threads()`, which joblib sets for its workers, one in a daemon."""
    import numba

    return 1 if multiprocessing.current_process().daemon else int(numba.get_num_threads())


def over(task: Callable[[int], object], count: int) -> None:
    """Run `task(0) ... task(count - 1)` on the threads."""
    threads = min(thread_count(), count)
    if threads <= 1:
        for number in range(count):
            task(number)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(task, range(count)):
            pass
