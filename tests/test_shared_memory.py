"""Shared memory is freed of what dead processes of labelct claimed, and of nothing else."""

import json
import subprocess
import sys

import pytest

from labelct import shared_memory

CLAIM = """
import json, os, sys
from pathlib import Path
from labelct import shared_memory
shared_memory.FOLDER = Path(sys.argv[1])
shared_memory.claim()
for name in (f"sem.loky-{os.getpid()}-abc", f"sem.loky-{os.getpid()}1-abc", "torch_1"):
    (shared_memory.FOLDER / name).touch()
(shared_memory.FOLDER / f"joblib_memmapping_folder_{os.getpid()}_1_2").mkdir()
print(json.dumps(sorted(path.name for path in shared_memory.FOLDER.iterdir())))
sys.stdout.flush()
if sys.argv[2] == "dies":
    os._exit(9)
"""


def process(folder, end):
    done = subprocess.run([sys.executable, "-c", CLAIM, str(folder), end], capture_output=True, text=True)
    return json.loads(done.stdout)


@pytest.fixture
def shm(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_memory, "FOLDER", tmp_path)
    monkeypatch.setattr(shared_memory.atexit, "register", lambda *_: None)
    return tmp_path


def test_what_a_killed_process_left_is_removed_at_the_next_start(shm):
    left = process(shm, "dies")
    assert len(left) == 5
    shared_memory.claim()
    others = [path.name for path in shm.iterdir() if not path.name.startswith("labelct-")]
    assert sorted(name.partition("-")[0] for name in others) == ["sem.loky", "torch_1"]
    assert others[others.index("torch_1") - 1].endswith("1-abc"), "another process's, whose number begins alike"


def test_a_process_that_ends_well_takes_its_claim_back_and_those_without_one_are_left_alone(shm):
    process(shm, "ends")
    (shm / "sem.loky-4194305-abc").touch()
    before = {path.name for path in shm.iterdir()}
    assert not any(name.startswith("labelct-") for name in before)
    shared_memory.claim()
    assert before < {path.name for path in shm.iterdir()}


def test_a_claim_is_made_once(shm):
    shared_memory.claim()
    shared_memory.claim()
    assert len(list(shm.iterdir())) == 1
