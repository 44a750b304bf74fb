"""Work over threads whose result never depends on how many there are.

The kernels are compiled without the interpreter lock and write disjoint parts of their output, so plain threads
serve; numba's own thread pools may not be used from several threads or after a fork, as workers do.
"""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

CHUNK = 16  # planes: enough work to outweigh a thread's start, few enough to share a small volume out evenly


def thread_count() -> int:
    """Return the threads to use: `numba.get_num_threads()`, which joblib sets for its workers, one in a daemon."""
    import numba

    return 1 if multiprocessing.current_process().daemon else int(numba.get_num_threads())


def over(task: Callable[[int], Result], count: int) -> list[Result]:
    """Return `[task(0), ..., task(count - 1)]`, computed on the threads."""
    threads = min(thread_count(), count)
    if threads <= 1:
        return [task(number) for number in range(count)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(task, range(count)))


def over_chunks(kernel: Callable[[int, int], Result], length: int) -> list[Result]:
    """Return `kernel(start, stop)` of consecutive chunks of planes, in order.

    Args:
        kernel: A function of the first and one past the last plane; compiled with `nogil`.
        length: Number of planes.
    """
    return over(lambda chunk: kernel(chunk * CHUNK, min((chunk + 1) * CHUNK, length)), -(-length // CHUNK))
