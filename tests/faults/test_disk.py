"""A disk that is full, read-only or takes no such name is one line, leaves nothing half written and loses nothing."""

import random
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from labelct.__main__ import run_verb
from labelct.io import nifti
from tests.faults.chain import Chain
from tests.faults.disk import files_no_larger_than
from tests.report.runs import write_sweep

pytestmark = pytest.mark.ci

NEEDED_KB = 740  # what the chain writes
LARGE = 1024  # kB, which the chain fits into
FULL = "the disk is full; free some space or write elsewhere"


def test_a_chain_on_a_full_disk_says_so_and_goes_on_where_there_is_room(disk, tmp_path, unharmed, tries):
    chain, sizes = Chain(tmp_path, "disk/outputs"), random.Random(3)
    room = 60
    for _ in tries(2, 8):
        room += sizes.randint(10, 80)
        disk.mount(room, "remount")
        files = chain.files()
        code, told = chain.run(f"paths.outputs={chain.outputs}")
        assert code == 1, told
        assert FULL in " ".join(told.split())
        assert "Traceback" not in told
        assert "Logging error" not in told
        assert not list(chain.outputs.rglob(".labelct-*"))
        assert files.items() <= chain.files().items()
        assert "running" not in chain.states()
    disk.mount(4 * NEEDED_KB, "remount")
    code, told = chain.run(f"paths.outputs={chain.outputs}")
    assert code == 0, told
    assert chain.contents() == unharmed


@pytest.fixture
def verbs(whole, tmp_path, monkeypatch):
    """Return the command line of each verb that writes, up to the folder of its output."""

    class Predictor:
        labels = {"liver": 1}  # noqa: RUF012

        def predict(self, volume):
            return np.ones(volume.array.shape, np.uint8)

    monkeypatch.setattr("labelct.trainer.table.open_model", lambda *_: Predictor())
    model, (ct,) = tmp_path / "model", whole.outputs.glob("stages/cohort/*/ct/test_000.nii.gz")
    model.mkdir()
    (model / "model.json").write_text('{"settings": {"kind": "unet"}, "labels": {"liver": 1}}', encoding="utf-8")
    (manifest,) = whole.outputs.glob("stages/dataset/*/manifest.jsonl")
    return {
        "scan": lambda out: ["scan", str(ct), "--scanner", "image", "-o", str(out / "scanned.nii.gz")],
        "segment": lambda out: ["segment", str(ct), "--model", str(model), "-o", str(out / "masks")],
        "replay": lambda out: ["replay", str(manifest), "1", "-o", str(out / "again")],
        "report": lambda out: ["report", str(write_sweep(tmp_path)), "-o", str(out / "report")],
    }


def one_line(capsys, command):
    """Run a verb that cannot write, and return what it says on standard error."""
    assert run_verb(command[0], command[1:]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"labelct {command[0]}: ")
    assert told.count("\n") == 1
    return told


def left(folder):
    return [path for path in folder.rglob("*") if path.name != "filler"]


@pytest.mark.parametrize("verb", ["scan", "segment", "replay", "report"])
def test_a_verb_on_a_full_disk(disk, verbs, capsys, verb):
    disk.fill()
    assert FULL in one_line(capsys, verbs[verb](disk.folder))
    assert left(disk.folder) == []


@pytest.mark.parametrize("verb", ["scan", "segment", "replay", "report"])
def test_a_verb_on_a_read_only_disk(disk, verbs, capsys, verb):
    disk.mount(64, "remount", "ro")
    told = one_line(capsys, verbs[verb](disk.folder)).lower()
    assert "read-only" in told or "may not be written to" in told


@pytest.mark.parametrize("verb", ["scan", "segment", "report"])
def test_a_verb_beyond_a_quota(tmp_path, verbs, capsys, verb):
    command = verbs[verb](tmp_path / "out")
    with files_no_larger_than(16):
        assert "larger than is allowed here" in one_line(capsys, command)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("verb", ["segment", "replay", "report"])
def test_what_fits_in_part_is_not_left(tmp_path, disk, verbs, capsys, verb):
    """The first of a verb's files fits, a later one does not."""
    command, room = verbs[verb](disk.folder), {"segment": 8, "replay": 16, "report": 48}[verb]
    disk.mount(room, "remount")
    assert FULL in one_line(capsys, command)
    assert left(disk.folder) == []


def test_a_disk_that_is_smaller_than_what_a_job_makes_is_told_before_anything_is_made(disk, tmp_path):
    chain = Chain(tmp_path, "disk/outputs")
    disk.mount(20, "remount")
    code, told = chain.run("seed=1", f"paths.outputs={chain.outputs}")
    assert code == 1
    assert told.count("of disk, which holds 20 kB; set ") == 1
    assert not list(chain.outputs.rglob("*.yaml")) or chain.states() == ["failed"]


@pytest.mark.parametrize("jobs", [["seed=1"], ["-m", "seed=1,2"]])
@pytest.mark.parametrize("room", [8, 20, 36])
def test_jobs_that_cannot_begin_say_so_once_and_leave_nothing(disk, tmp_path, jobs, room):
    chain = Chain(tmp_path, "disk/outputs")
    disk.mount(LARGE, "remount")  # large enough for the job, but for what lies there
    (disk.folder / "others").write_bytes(bytes((LARGE - room) << 10))
    code, told = chain.run(*jobs, f"paths.outputs={chain.outputs}")
    assert code == 1
    assert told.count(FULL.partition(";")[0]) == 1
    assert not list(chain.outputs.rglob("*.yaml")) or chain.states() == ["failed"]
    assert chain.states() or not chain.outputs.exists()


@pytest.mark.long
def test_a_chain_beyond_a_quota_says_so_and_goes_on_without_one(chain, unharmed):
    code, told = chain.run(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)))
    assert code == 1, told
    assert "would be larger than is allowed here" in told
    assert "Traceback" not in told
    assert chain.states() == ["failed"]
    assert not list(chain.outputs.rglob(".labelct-*"))
    code, told = chain.run()
    assert code == 0, told
    assert chain.contents() == unharmed


def test_a_chain_in_a_folder_that_is_read_only(disk, tmp_path):
    chain = Chain(tmp_path, "disk/outputs")
    disk.mount(64, "remount", "ro")
    code, told = chain.run(cwd=disk.folder)
    assert code == 1
    assert told.strip().count("\n") == 0
    assert told.startswith("labelct run: ")
    assert "read-only" in told


@pytest.mark.parametrize("length", [255, 256])
def test_a_long_name_is_written_or_refused(tmp_path, verbs, capsys, length):
    command = verbs["scan"](tmp_path)
    command[-1] = str(tmp_path / ("n" * (length - 7) + ".nii.gz"))
    if length == 255:
        assert run_verb(command[0], command[1:]) == 0
        assert nifti.read_volume(Path(command[-1])).array.size
    else:
        assert "the name is too long" in one_line(capsys, command)


@pytest.mark.parametrize(("arguments", "name"), [(["run", "--help"], "labelct run"), (["--help"], "labelct")])
def test_a_full_standard_output_is_one_line(arguments, name):
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "labelct", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == f"{name}: a file or standard output: {FULL}\n"
