"""nnU-Net that is killed goes on, and ends as one that nothing happened to: model, curves and scores."""

import csv

import pytest
import torch

from tests.faults.chain import Chain, interrupt, kill_all, kill_main, terminate, until
from tests.faults.test_kills import ORPHAN_S

pytestmark = pytest.mark.ci

NNUNET = ["cohort.spacing=14", "trainer=nnunet", "device.workers=0"]
FINISHED = "training/*/results/*/*/fold_0/checkpoint_final.pth"
# What has to be there before a command is killed, and how.  A stage's folder that is not finished has another name.
MOMENTS = [
    ("plans/*/work", kill_main),
    ("preprocessed/*/work", terminate),
    ("training/*/targets.json", kill_all),
    ("training/*/results/*/*/fold_0/checkpoint_latest.pth", interrupt),
    (FINISHED, kill_all),
    ("segmentation/*", terminate),
]
BETWEEN_CHECKPOINTS = MOMENTS[3:5]  # all with --long


@pytest.fixture
def chains(tmp_path):
    """Return two whole chains, of which no process is left at the end."""
    for name in ("harmed", "unharmed"):
        (tmp_path / name).mkdir()
    chains = [Chain(tmp_path / name, whole=True) for name in ("harmed", "unharmed")]
    yield chains
    for process in (process for chain in chains for process in chain.processes()):
        process.kill()


def is_there(chain, pattern):
    return any((chain.outputs / "stages").glob(pattern))


def result(chain):
    """Return what a chain has come to: weights, names of files, curves and scores without their times."""
    stages, job = chain.outputs / "stages", sorted(chain.outputs.glob("runs/*/*"))[-1]
    (folder,) = (path.parent for path in stages.glob(FINISHED))
    saved = {n: torch.load(folder / f"checkpoint_{n}.pth", weights_only=False) for n in ("final", "best")}
    weights = {f"{n} {key}": value for n in saved for key, value in saved[n]["network_weights"].items()}
    names = {path.relative_to(stages) for path in stages.rglob("*") if path.is_file() and path.suffix != ".lock"}
    names = {path for path in names if "training_log" not in path.name}  # one of nnU-Net's own for each start
    names = {path for path in names if path.parts[0] != "inputs"}  # notes of what was read, no stage
    with (job / "curves.csv").open() as file:
        curves = [tuple(row.values()) for row in csv.DictReader(file) if "seconds" not in row["metric"]]
    return weights, names, curves, (job / "scores.csv").read_text()


def test_nnunet_that_is_killed_at_any_stage_ends_as_one_that_was_not(chains, request):
    harmed, unharmed = chains
    assert unharmed.run(*NNUNET)[0] == 0
    for pattern, kill in MOMENTS if request.config.getoption("--long") else BETWEEN_CHECKPOINTS:
        process = harmed.start(*NNUNET)
        until(lambda: is_there(harmed, pattern) or process.poll() is not None, 300)  # noqa: B023
        assert process.poll() is None, f"ended before there was {pattern}"
        kill(harmed, process)
        told = process.communicate(timeout=240)[0]
        assert until(lambda: not harmed.processes(), ORPHAN_S), f"alive after {ORPHAN_S} s: {harmed.processes()}"
        assert "running" not in harmed.states()
        assert "Traceback" not in told
    assert harmed.run(*NNUNET)[0] == 0
    wanted, found = result(unharmed), result(harmed)
    assert wanted[1] ^ found[1] == set()
    assert wanted[2:] == found[2:]
    assert all(torch.equal(value, found[0][name]) for name, value in wanted[0].items())
