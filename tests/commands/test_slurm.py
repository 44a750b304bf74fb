"""What sinfo says of the nodes is held against what jobs ask for, before anything is submitted."""

import os

import pytest

from labelct.commands import compose, slurm
from labelct.commands.slurm import JobRequest, Node
from labelct.complaints import ConfigError
from labelct.errors import InputError

SMALL = "debug*|2|UNLIMITED|20000|(null)|2:00:00|up|idle"
GPU = "gpu|64|32|515000|gpu:a100:4(S:0-1),shard:8|2-00:00:00|up|mixed"
LONG = "long|40|UNLIMITED|192000|(null)|infinite|up|allocated"
CLUSTER = "\n".join((SMALL, GPU, LONG, LONG))


def asked(**given):
    values = {"tasks": 1, "cores": 8, "memory_gb": 48, "gpus": 0, "minutes": 1440, "nodes": 1, "partitions": ()}
    return JobRequest(**values | given)


def test_a_row_of_sinfo_is_a_node():
    small, gpu, long, _ = slurm.nodes(CLUSTER)
    assert small == Node("debug", True, cores=2, memory_gb=19, gpus=0, minutes=120, in_use=True)
    assert gpu == Node("gpu", False, cores=32, memory_gb=502, gpus=4, minutes=2880, in_use=True)
    assert long.minutes == float("inf")


@pytest.mark.parametrize(
    ("gres", "gpus"),
    [
        ("(null)", 0),
        ("gpu:2", 2),
        ("gpu", 1),
        ("gpu:tesla:1", 1),
        ("gpu:a100:2(S:0),gpu:v100:6(S:1)", 8),
        ("craynetwork:4,gpu:4", 4),
        ("shard:gpu_x:8", 0),
    ],
)
def test_gpus_are_counted(gres, gpus):
    (node,) = slurm.nodes(SMALL.replace("(null)", gres))
    assert node.gpus == gpus


@pytest.mark.parametrize(
    ("limit", "minutes"), [("30:00", 30), ("1:00:00", 60), ("1-12:30:00", 2190), ("n/a", float("inf")), ("45", 0.75)]
)
def test_time_limits_are_read(limit, minutes):
    (node,) = slurm.nodes(SMALL.replace("2:00:00", limit))
    assert node.minutes == minutes


def test_what_no_node_can_give_is_said_with_what_to_type():
    with pytest.raises(ConfigError) as told:
        slurm.told(asked(), slurm.nodes(SMALL))
    asks, _, remedy = str(told.value).partition("; type ")
    assert asks == (
        "hydra.launcher.cpus_per_task=8 hydra.launcher.mem_gb=48 hydra.launcher.timeout_min=1440: the best node of "
        "partition debug has 2 cores and 19 GB and 120 minutes at most, and the jobs would wait for ever"
    )
    values = dict(part.removeprefix("hydra.launcher.").split("=") for part in remedy.split())
    assert values == {"cpus_per_task": "2", "mem_gb": "19", "timeout_min": "120"}
    assert slurm.told(asked(cores=2, memory_gb=19, minutes=120), slurm.nodes(SMALL)) == "", "the remedy helps"


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({}, "hydra.launcher.partition=long"),  # the default partition cannot, though gpu and long can
        ({"partitions": ("long",), "gpus": 1}, "hydra.launcher.partition=gpu"),
        ({"partitions": ("long",), "gpus": 5}, "device=cpu"),
        ({"partitions": ("gpu",), "gpus": 5}, "device.devices=4"),
        (
            {"partitions": ("gpu",), "cores": 20, "tasks": 2, "memory_gb": 503},
            "cpus_per_task=16 hydra.launcher.mem_gb=502",
        ),
        ({"partitions": ("long",), "nodes": 3}, "hydra.launcher.nodes=2"),
        ({"partitions": ("lonk",)}, "allowed is debug, gpu, long; did you mean 'long'?"),
    ],
)
def test_the_remedy_is_what_fits(given, remedy):
    found = [node for node in slurm.nodes(CLUSTER) if given or node.partition != "gpu"]
    with pytest.raises(ConfigError) as told:
        slurm.told(asked(**given), found)
    assert str(told.value).endswith(remedy)
    assert "\n" not in str(told.value)


def test_jobs_that_fit_are_submitted_without_a_word():
    assert slurm.told(asked(partitions=("gpu",), gpus=4, cores=32), slurm.nodes(CLUSTER)) == ""
    assert slurm.told(asked(partitions=("debug", "long"), nodes=2), slurm.nodes(CLUSTER)) == ""


@pytest.mark.parametrize("state", ["down*", "drained", "draining", "failing"])
def test_nodes_that_may_come_back_are_waited_for(state):
    found = slurm.nodes(LONG.replace("allocated", state) + "\n" + SMALL)
    assert "down or drained" in slurm.told(asked(partitions=("long",)), found)


def test_a_partition_has_to_be_named_where_none_is_the_default():
    with pytest.raises(ConfigError, match=r"partition=null: Slurm has no default partition; allowed is gpu, long"):
        slurm.told(asked(), slurm.nodes(f"{GPU}\n{LONG}"))


def sinfo(folder, monkeypatch, script):
    (folder / "sinfo").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / "sinfo").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (
            "echo 'slurm_load_node: Unable to contact slurm controller' >&2; exit 1",
            "Unable to contact slurm controller",
        ),
        ("exit 0", "sinfo says 'no node'"),
    ],
)
def test_a_slurm_that_does_not_answer_is_one_line(tmp_path, monkeypatch, script, problem):
    sinfo(tmp_path, monkeypatch, script)
    with pytest.raises(InputError, match=problem):
        slurm.check({})


def test_no_slurm_is_one_line(monkeypatch):
    monkeypatch.setattr(slurm.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match=r"hydra/launcher=slurm: there is no Slurm on this machine \(no sinfo\); "):
        slurm.check({})


def test_a_sweep_asks_before_it_starts(tmp_path, monkeypatch):
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    sinfo(tmp_path, monkeypatch, f"echo '{SMALL}'")
    sweep = ["hydra/launcher=slurm", "data=synth1,synth2"]
    with pytest.raises(ConfigError, match=r"^hydra.launcher.cpus_per_task=8 .*type hydra.launcher.cpus_per_task=2 "):
        compose.check_jobs(sweep, multirun=True, starting=True)
    fitting = [f"hydra.launcher.{value}" for value in ("cpus_per_task=2", "mem_gb=19", "timeout_min=120")]
    assert compose.check_jobs([*sweep, *fitting], multirun=True, starting=True) == 2
    with pytest.raises(
        ConfigError, match=r"gpus_per_node=1: the best node of partition debug has 0 GPUs.*type device=cpu$"
    ):
        compose.check_jobs([*sweep, *fitting, "device=gpu"], multirun=True, starting=True)
