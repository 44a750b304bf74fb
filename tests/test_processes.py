"""Who is alive, and workers that end with their parent."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labelct.processes import describe, is_alive

PARENT = """
import os, subprocess, sys, time
worker = "import os, sys, time; from labelct.processes import EndingWithParent; " \\
         "EndingWithParent(time.sleep, int(sys.argv[1]))(60)"
child = subprocess.Popen([sys.executable, "-c", worker, str(os.getpid())])
print(child.pid, flush=True)
time.sleep(60)
"""


def test_this_process_is_alive_and_an_ended_one_is_not():
    assert describe()["pid"] == os.getpid()
    assert is_alive(describe())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        process = describe(other.pid)
        assert is_alive(process)
        other.kill()
        while is_alive(process):  # a zombie, for nobody has asked for its end, is dead
            time.sleep(0.01)
    assert not is_alive(process)


def test_one_number_may_stand_for_two_processes():
    assert not is_alive({**describe(), "started": describe()["started"] - 1})


def test_a_worker_ends_with_its_parent():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        worker = describe(int(parent.stdout.readline()))
        time.sleep(0.5)
        assert is_alive(worker)
        parent.kill()
    deadline = time.monotonic() + 2
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(worker)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are not files here")
def test_workers_end_with_a_training_that_is_killed() -> None:
    script = """
import multiprocessing, os, time
from labelct.processes import end_children_with_this
def work():
    print(os.getpid(), flush=True)
    time.sleep(60)
end_children_with_this()
multiprocessing.get_context("fork").Process(target=work, daemon=True).start()
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as training:
        assert training.stdout is not None
        state = Path("/proc") / training.stdout.readline().strip() / "stat"
        training.kill()
    for _ in range(100):
        if not state.exists() or ") Z" in state.read_text():
            return
        time.sleep(0.1)
    raise AssertionError("the worker is still there")
