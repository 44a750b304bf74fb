import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest

from labelct import threads


@pytest.fixture(autouse=True)
def _threads_as_before():
    before = numba.get_num_threads()
    yield
    numba.set_num_threads(before)


def squares(count: int) -> np.ndarray:
    result = np.zeros(count)

    def task(number: int) -> None:
        result[number] += number**2

    threads.over(task, count)
    return result


@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_every_task_runs_once_whatever_the_number_of_threads(count):
    for number in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(number)
        np.testing.assert_array_equal(squares(count), np.arange(count) ** 2)


def test_a_single_thread_keeps_the_order_of_the_tasks():
    numba.set_num_threads(1)
    done: list[int] = []
    threads.over(done.append, 50)
    assert done == list(range(50))


def test_threads_are_those_that_numba_was_given():
    numba.set_num_threads(1)
    assert threads.thread_count() == 1
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    assert threads.thread_count() == numba.config.NUMBA_NUM_THREADS


@pytest.mark.parametrize("number", [1, numba.config.NUMBA_NUM_THREADS])
def test_what_a_task_raises_is_raised(number):
    def task(number: int) -> None:
        if number == 3:
            raise ValueError("task 3")

    numba.set_num_threads(number)
    with pytest.raises(ValueError, match="task 3"):
        threads.over(task, 5)


def _count(answer: "multiprocessing.SimpleQueue[int]") -> None:
    answer.put(threads.thread_count())


def test_a_daemon_process_has_one_thread():
    context = multiprocessing.get_context("spawn")
    answer = context.SimpleQueue()
    process = context.Process(target=_count, args=(answer,), daemon=True)
    process.start()
    process.join(60)
    assert answer.get() == 1


def test_threads_may_be_used_from_several_threads():
    with ThreadPoolExecutor(3) as pool:
        for found in pool.map(squares, [20, 30, 40]):
            np.testing.assert_array_equal(found, np.arange(len(found)) ** 2)
