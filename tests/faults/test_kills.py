"""Whatever is killed and whenever: nothing is lost, nothing is torn, no orphan lives on, the status is true."""

import random
import time
from pathlib import Path

import pytest

from tests.faults.chain import until

pytestmark = pytest.mark.ci

ORPHAN_S = 2.0
MOST_FILES = 9  # of the 10 cases that the stages make: behind them there is little to kill
MEMORY = Path("/dev/shm")


def test_a_killed_chain_goes_on_where_it_was(chain, unharmed, kills):
    moments, killed = random.Random(7), []
    for number, kill in enumerate(kills):
        killed.append(kill_somewhere(chain, kill, moments))
        if len(chain.files()) >= MOST_FILES:
            finish(chain, unharmed)
            (chain.folder / "outputs").rename(chain.folder / f"done_{number}")
    finish(chain, unharmed)
    assert left_in_shared_memory(killed) == [], "the next command frees what dead ones left"


def kill_somewhere(chain, kill, moments):
    """Start the chain, kill it a while after it has made some more files, check what is left, return its number."""
    process, begun = chain.start(), chain.files()
    wanted = len(begun) + moments.randint(0, 2)
    until(lambda: len(chain.files()) >= wanted or process.poll() is not None)
    time.sleep(moments.uniform(0, 0.2))
    kill(chain, process)
    told = process.communicate(timeout=240)[0]
    assert until(lambda: not chain.processes(), ORPHAN_S), f"alive after {ORPHAN_S} s: {chain.processes()}"
    assert "running" not in chain.states()
    assert "Traceback" not in told
    if process.returncode > 0:
        assert "parallel.workers=2: a worker was killed" in told
    assert begun.items() <= chain.files().items(), "a case was made twice"
    return process.pid


def finish(chain, unharmed):
    """Let the chain end, and compare what it made with one that nothing happened to."""
    files = chain.files()
    code, told = chain.run()
    assert code == 0, told
    assert files.items() <= chain.files().items(), "a case was made twice"
    assert chain.contents() == unharmed
    assert chain.states()[-1] == "finished"
    assert set(chain.states()) <= {"failed", "finished"}


def left_in_shared_memory(pids):
    """Return what processes have left there, by their numbers: other commands use it at the same time."""
    names = [path.name for path in MEMORY.glob("*")]
    return [name for name in names for pid in pids if str(pid) in name.replace("_", "-").split("-")]
