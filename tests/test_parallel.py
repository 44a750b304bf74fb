"""Results keep the order of the cases, whatever runs them, and a worker's error arrives as it was raised."""

import os
import signal
import subprocess
import sys
import time
import warnings

import pytest

from labelct.errors import InputError, SettingError
from labelct.parallel import ParallelSettings, bounded, check_threads, cores, map_cases, openmp_wait_policy


def square(number):
    return number * number


def fail_at_three(number):
    if number == 3:
        raise InputError(f"case_{number}", "is broken", "mend it")
    return number


@pytest.mark.parametrize("settings", [ParallelSettings(1), ParallelSettings(2), ParallelSettings(2, "threading")])
def test_order_of_results(settings):
    assert map_cases(square, list(range(7)), settings, "squares") == [n * n for n in range(7)]


def leave(number):
    warnings.warn("A worker stopped while some jobs were given to the executor. ...", stacklevel=1)
    return number


def test_a_worker_that_joblib_replaces_is_no_news():
    assert map_cases(leave, [0, 1], ParallelSettings(1), "cases") == [0, 1]


def test_no_cases_no_work():
    assert map_cases(square, [], ParallelSettings(2), "squares") == []


def test_error_of_a_worker_keeps_its_line():
    with pytest.raises(InputError, match="case_3: is broken; mend it"):
        map_cases(fail_at_three, list(range(5)), ParallelSettings(2), "cases")


def test_unknown_backend_is_refused():
    with pytest.raises(SettingError, match="loky"):
        ParallelSettings(backend="lokky")


def test_a_pool_that_forks_is_refused():
    with pytest.raises(SettingError, match="one of loky, threading, sequential, dask, ray"):
        ParallelSettings(backend="multiprocessing")


def end_at_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_killed_worker_is_one_line():
    with pytest.raises(InputError, match=r"parallel\.workers=2: a worker was killed") as error:
        map_cases(end_at_three, list(range(6)), ParallelSettings(2), "cases")
    assert "\n" not in str(error.value)
    assert map_cases(square, [1, 2, 3], ParallelSettings(2), "squares") == [1, 4, 9], "the next ones find new workers"


def test_dask_needs_a_scheduler():
    with pytest.raises(SettingError, match="tcp://"):
        ParallelSettings(backend="dask")


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_one_line():
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match="no dask scheduler answers"):
        map_cases(square, [1, 2], ParallelSettings(backend="dask", scheduler="tcp://127.0.0.1:9"), "squares")


@pytest.fixture(scope="module")
def scheduler():
    """Return the address of two dask workers, each a process of its own, on the loopback."""
    distributed = pytest.importorskip("distributed")
    options = {"host": "127.0.0.1", "dashboard_address": None, "threads_per_worker": 1}
    with distributed.LocalCluster(n_workers=2, processes=True, **options) as cluster:
        yield cluster.scheduler_address


def process_of(number):
    time.sleep(0.05)
    return number, os.getpid()


def test_cases_spread_over_two_dask_workers_in_order(scheduler):
    results = map_cases(process_of, list(range(12)), ParallelSettings(backend="dask", scheduler=scheduler), "cases")
    assert [number for number, _ in results] == list(range(12))
    processes = {process for _, process in results}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_error_of_a_dask_worker_keeps_its_line(scheduler):
    with pytest.raises(InputError, match="case_3: is broken; mend it"):
        map_cases(fail_at_three, list(range(5)), ParallelSettings(backend="dask", scheduler=scheduler), "cases")


@pytest.mark.slow
def test_cases_spread_over_ray():
    pytest.importorskip("ray")
    results = map_cases(process_of, list(range(6)), ParallelSettings(2, backend="ray"), "cases")
    assert [number for number, _ in results] == list(range(6))
    assert os.getpid() not in {process for _, process in results}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("PASSIVE", "1000")),
        ({"GOMP_SPINCOUNT": "7"}, ("PASSIVE", "7")),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, ("ACTIVE", None)),
    ],
)
def test_how_threads_wait_is_set_unless_the_environment_says(given, expected, monkeypatch):
    names = "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"
    for name in names:
        monkeypatch.setenv(name, "")  # so that it is put back whatever happens to it
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    openmp_wait_policy()
    assert tuple(os.environ.get(name) for name in names) == expected


def test_how_threads_wait_is_set_before_anything_loads_openmp():
    code = "import sys, labelct.parallel; print({'torch', 'numba', 'sklearn'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "set()"


@pytest.mark.parametrize(("given", "expected"), [("1", 1), ("4096", None), ("", None)])
def test_a_job_of_slurm_takes_no_more_cores_than_it_was_given(given, expected, monkeypatch):
    monkeypatch.delenv("SLURM_CPUS_PER_TASK", raising=False)
    here = cores()
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", given)
    assert cores() == (expected or here)


@pytest.mark.parametrize(
    ("variable", "given"),
    [
        ("OMP_NUM_THREADS", "abc"),
        ("OMP_NUM_THREADS", "4,x"),
        ("OMP_NUM_THREADS", "99999999999"),
        ("OMP_NUM_THREADS", "0"),
        ("NUMBA_NUM_THREADS", "-1"),
        ("NUMEXPR_NUM_THREADS", "2,2"),
        ("NUMEXPR_MAX_THREADS", "all"),
    ],
)
def test_a_bound_of_threads_that_is_no_number_is_refused(variable, given, monkeypatch):
    monkeypatch.setenv(variable, given)
    with pytest.raises(SettingError, match=f"{variable}='{given}': allowed is a number of threads, 1 to 4096"):
        check_threads()


def test_nested_bounds_of_openmp_are_read_by_their_first(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3, 2")
    monkeypatch.setenv("NUMEXPR_NUM_THREADS", "to be restored")
    monkeypatch.delenv("NUMEXPR_NUM_THREADS")
    check_threads()
    assert os.environ["NUMEXPR_NUM_THREADS"] == "3"
    assert [bounded(count, "OMP_NUM_THREADS") for count in (1, 8)] == [1, 3]


def test_an_empty_bound_is_none(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "")
    check_threads()
    assert bounded(8, "OMP_NUM_THREADS") == 8


def test_one_by_one_is_the_work_of_this_process():
    alone = ParallelSettings(workers=4, backend="loky").one_by_one()
    assert map_cases(lambda _: os.getpid(), range(3), alone, "cases") == [os.getpid()] * 3
