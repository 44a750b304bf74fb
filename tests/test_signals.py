"""Signals that end a command as Ctrl-C does, from its first moment, with its number and without waiting."""

import signal
import subprocess
import sys
import time

import pytest

INTERRUPTED = """
import os, signal, sys, time
from labelct.signals import interrupt_on_signals, interrupted_code
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_a_command_with_its_number_and_a_forked_process_at_once(number):
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True) as command:
        assert int(command.stdout.readline()) == signal.SIGTERM
        command.send_signal(number)
        assert command.wait(10) == 128 + number


LOST = """
import os, signal, sys
from labelct.signals import interrupt_on_signals, interrupted_code
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
from labelct.signals import interrupt_on_signals, interrupted_code, leave
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
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); from labelct.signals import *; "
    code += "interrupt_on_signals(); print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


HEAVY = {"numpy", "hydra", "omegaconf", "torch", "labelct.errors", "labelct.processes", "asyncio", "socket"}


def test_what_handles_signals_first_loads_nothing_that_takes_long():
    code = "import sys, labelct.__main__; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_at_the_first_moment_of_a_command_is_one_line(number):
    code = "import os, sys, labelct.__main__ as command; sys.argv = ['labelct', 'run']; "
    code += f"command.HOME = type('', (), {{'sub': lambda *_: os.kill(os.getpid(), {int(number)})}}); command.main()"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stderr) == (128 + number, "labelct: stopped\n")


LAST = """
import atexit, sys, threading, time
from labelct.signals import leave
class TakenApart:
    def __del__(self):
        print("taken apart", flush=True)
kept = TakenApart()
atexit.register(print, "at exit")
def late():
    time.sleep(0.2)
    print("thread")
threading.Thread(target=late).start()
print("said")
leave(3)
"""


def test_a_command_ends_its_threads_and_what_is_done_at_exit_and_takes_nothing_apart():
    ended = subprocess.run([sys.executable, "-c", LAST], capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stderr) == (3, "")
    assert ended.stdout.split("\n") == ["said", "thread", "at exit", ""]


def test_output_that_is_lost_at_the_end_of_a_command_is_no_success():
    with open("/dev/full", "w") as full:
        lost = "from labelct.signals import leave; print('said'); leave(0)"
        assert subprocess.run([sys.executable, "-c", lost], stdout=full, stderr=subprocess.DEVNULL).returncode


def test_a_command_that_is_stopped_while_it_waits_at_its_end_ends_with_the_signal():
    waiting = "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); print(flush=True)"
    program = f"from labelct.signals import *; interrupt_on_signals(); {waiting}; leave(0)"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        command.stdout.readline()
        time.sleep(0.5)
        command.send_signal(signal.SIGTERM)
        assert (command.wait(10), command.stderr.read()) == (128 + signal.SIGTERM, "")


def test_a_profiler_tells_what_it_saw_of_a_command(tmp_path):
    (tmp_path / "command.py").write_text("from labelct.signals import leave\nleave(0)\n")
    ended = subprocess.run([sys.executable, "-m", "cProfile", tmp_path / "command.py"], capture_output=True, text=True)
    assert "function calls" in ended.stdout
