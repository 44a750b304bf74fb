"""Who is alive, workers that end with their parent, and signals that end a command as Ctrl-C does."""

import os
import signal
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

INTERRUPTED = """
import os, signal, sys, time
from labelct.processes import interrupt_on_signals, interrupted_code
interrupt_on_signals()
child = os.fork()
if child == 0:
    time.sleep(60)
    os._exit(0)
time.sleep(0.2)  # Python forgets signals that come while it forks
os.kill(child, signal.SIGTERM)
ended = os.waitpid(child, 0)[1]
try:
    print(os.WTERMSIG(ended), flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(interrupted_code())
"""


def test_this_process_is_alive_and_an_ended_one_is_not():
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_a_command_with_its_number_and_a_forked_process_at_once(number):
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True) as command:
        assert int(command.stdout.readline()) == signal.SIGTERM
        command.send_signal(number)
        assert command.wait(10) == 128 + number


LOST = """
import os, signal, sys
from labelct.processes import interrupt_on_signals, interrupted_code
from labelct.progress import track
from labelct.store import build, recipe_of
interrupt_on_signals()
class Swallowing:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
Swallowing()
try:
    {work}
except KeyboardInterrupt:
    sys.exit(interrupted_code())
"""


@pytest.mark.parametrize(
    "work", ["list(track([1, 2], 'cases', 2))", "build(__import__('pathlib').Path('.'), recipe_of('a', 1, {}), print)"]
)
def test_a_signal_that_a_destructor_swallows_ends_the_command_at_the_next_case_or_stage(tmp_path, work):
    command = [sys.executable, "-c", LOST.replace("{work}", work)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 128 + signal.SIGINT
    assert "Exception ignored in" in ended.stderr


LEFT = """
import os, signal, threading, time
from labelct.processes import interrupt_on_signals, interrupted_code, leave
interrupt_on_signals()
threading.Thread(target=time.sleep, args=(60,)).start()
try:
    exec("os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)")
except KeyboardInterrupt:
    leave(interrupted_code())
"""


def test_a_command_that_is_interrupted_waits_for_no_thread_and_says_by_what():
    assert subprocess.run([sys.executable, "-c", LEFT], timeout=20).returncode == 128 + signal.SIGTERM


def test_a_signal_that_is_ignored_stays_so():
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); from labelct.processes import *; "
    code += "interrupt_on_signals(); print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
    assert os.getpid() == describe()["pid"]


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
