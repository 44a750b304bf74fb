"""`hydra/launcher=slurm`: sinfo is asked what the nodes can give before anything is submitted to them."""

import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelct.complaints import ConfigError
from labelct.errors import InputError, did_you_mean

LAUNCHER = "SlurmLauncher"
QUERY = ("sinfo", "--noheader", "--Node", "--format=%P|%c|%B|%m|%G|%l|%a|%T")
PATIENCE_S = 60  # a busy controller answers within; one that is not there does not after minutes
UNITS = {
    "cpus_per_task": "cores",
    "mem_gb": "GB",
    "gpus_per_node": "GPUs",
    "timeout_min": "minutes at most",
}
MB_PER_GB = 1024  # Slurm's
SECONDS = (86400, 3600, 60, 1)
OUT_OF_USE = ("down", "drain", "fail", "unknown", "not_responding")


@dataclass(frozen=True)
class Node:
    """What one node gives a job in one partition.

    Attributes:
        partition: Its name.
        default: Whether jobs that name no partition go there.
        cores: How many a job gets there at most.
        memory_gb: Of the whole node.
        gpus: Of the whole node.
        minutes: The partition's time limit; infinite where it has none.
        in_use: Whether partition and node take jobs at present.
    """

    partition: str
    default: bool
    cores: int
    memory_gb: int
    gpus: int
    minutes: float
    in_use: bool


@dataclass(frozen=True)
class JobRequest:
    """What each job of a sweep asks one node for.

    Attributes:
        tasks: `tasks_per_node`.
        cores: `cpus_per_task` of one of them.
        memory_gb: `mem_gb`.
        gpus: `gpus_per_node`.
        minutes: `timeout_min`.
        nodes: How many such nodes.
        partitions: Those that the job may go to; none: the default one.
    """

    tasks: int
    cores: int
    memory_gb: int
    gpus: int
    minutes: int
    nodes: int
    partitions: tuple[str, ...]

    def lacks(self, node: Node) -> dict[str, tuple[float, float]]:
        """Return what a node cannot give: the key of the launcher, what is asked, what there is."""
        pairs = {
            "cpus_per_task": (self.cores, node.cores // self.tasks),
            "mem_gb": (self.memory_gb, node.memory_gb),
            "gpus_per_node": (self.gpus, node.gpus),
            "timeout_min": (self.minutes, node.minutes),
        }
        return {key: pair for key, pair in pairs.items() if pair[0] > pair[1]}


def is_chosen(launcher: Mapping[str, Any]) -> bool:
    """Return whether a launcher's configuration is one of Slurm."""
    return str(launcher.get("_target_")).endswith(f".{LAUNCHER}")


def check(launcher: Mapping[str, Any]) -> None:
    """Ask Slurm whether its nodes can give what the jobs of a sweep ask for, and say where none of them is in use.

    Args:
        launcher: `hydra.launcher`.

    Raises:
        ConfigError: No node can, and what to type.
        InputError: Slurm is not there or does not answer.
    """
    asked = wanted(launcher, os.environ.get("SBATCH_PARTITION", ""))
    if waits := told(asked, nodes(_sinfo())):
        print(f"labelct run: {waits}", file=sys.stderr)


def wanted(launcher: Mapping[str, Any], default_partition: str = "") -> JobRequest:
    """Return what a launcher's configuration asks for.

    Args:
        launcher: `hydra.launcher`.
        default_partition: What sbatch takes where the configuration names none.
    """
    given = {key: launcher.get(key) for key in ("cpus_per_task", "tasks_per_node", "nodes")}
    count = {key: int(value or 1) for key, value in given.items()}
    partitions = str(launcher.get("partition") or default_partition)
    return JobRequest(
        tasks=count["tasks_per_node"],
        cores=count["cpus_per_task"],
        memory_gb=int(launcher.get("mem_gb") or 0),
        gpus=int(launcher.get("gpus_per_node") or 0),
        minutes=int(launcher.get("timeout_min") or 0),
        nodes=count["nodes"],
        partitions=tuple(name for name in partitions.split(",") if name),
    )


def nodes(answer: str) -> list[Node]:
    """Return the nodes that `QUERY` answered, once for each partition that they are in."""
    rows = (line.split("|") for line in answer.splitlines())
    return [_node(*row) for row in rows if len(row) == QUERY[-1].count("|") + 1]


def told(asked: JobRequest, found: Sequence[Node]) -> str:
    """Return what jobs wait for, empty where nothing is in their way.

    Args:
        asked: What each job asks for.
        found: The nodes of all partitions.

    Raises:
        ConfigError: Fewer nodes of the partition can give it than a job asks for, or there is no such partition.
    """
    there = _of_partitions(asked, found)
    able = [node for node in there if not asked.lacks(node)]
    if not able:
        raise ConfigError(_lacking(asked, there, found))
    if len(able) < asked.nodes:
        have = f"Slurm has {len(able)} in partition {able[0].partition} that can give what a job asks for"
        raise ConfigError(f"hydra.launcher.nodes={asked.nodes}: {have}; type hydra.launcher.nodes={len(able)}")
    if not any(node.in_use for node in able):
        return "the nodes that can give what a job asks for are down or drained (sinfo); the jobs wait for one of them"
    return ""


def _sinfo() -> str:
    """Return what sinfo says of every node.

    Raises:
        InputError: It is not there or does not answer.
    """
    if shutil.which(QUERY[0]) is None:
        remedy = "start the sweep on a machine from which jobs are submitted, or take hydra/launcher=joblib"
        raise InputError("hydra/launcher=slurm", "there is no Slurm on this machine (no sinfo)", remedy)
    remedy = "try again, or ask those who run it"
    try:
        done = subprocess.run(QUERY, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise InputError("hydra/launcher=slurm", f"sinfo does not answer within {PATIENCE_S} s", remedy) from error
    if done.returncode or not done.stdout.strip():
        said = (done.stderr.strip().splitlines() or ["no node"])[-1]
        raise InputError("hydra/launcher=slurm", f"sinfo says {said!r}", remedy)
    return done.stdout


def _node(*row: str) -> Node:
    """Return the node of one row of `QUERY`'s answer."""
    partition, cores, most, memory_mb, gres, limit, available, state = row
    gpus = sum(int(count or 1) for count in re.findall(r"\bgpu(?::[^:,(]+)??(?::(\d+))?(?=[,(]|$)", gres))
    return Node(
        partition=partition.rstrip("*"),
        default=partition.endswith("*"),
        cores=min(_whole(cores), _whole(most)) if most.isdigit() else _whole(cores),
        memory_gb=_whole(memory_mb) // MB_PER_GB,
        gpus=gpus,
        minutes=_minutes(limit),
        in_use=available == "up" and not any(word in state for word in OUT_OF_USE),
    )


def _whole(text: str) -> int:
    """Return a number of sinfo, which marks one that further nodes exceed by a plus."""
    return int(text.rstrip("+") or 0)


def _minutes(limit: str) -> float:
    """Return a time limit of sinfo, `days-hours:minutes:seconds` or a word, in minutes."""
    days, _, clock = limit.rpartition("-")
    if not clock.replace(":", "").isdigit():
        return math.inf
    parts = [int(part) for part in (days or "0", *["0", "0", *clock.split(":")][-3:])]
    return sum(part * seconds for part, seconds in zip(parts, SECONDS, strict=True)) / 60


def _of_partitions(asked: JobRequest, found: Sequence[Node]) -> list[Node]:
    """Return the nodes that a job may go to.

    Raises:
        ConfigError: There is no such partition, or none is the default and none was named.
    """
    known = list(dict.fromkeys(node.partition for node in found))
    allowed = f"allowed is {', '.join(known)}"
    for name in asked.partitions:
        if name not in known:
            raise ConfigError(f"hydra.launcher.partition={name}: {allowed}; {did_you_mean(name, known)}".rstrip("; "))
    there = [node for node in found if (node.partition in asked.partitions if asked.partitions else node.default)]
    if not there:
        raise ConfigError(f"hydra.launcher.partition=null: Slurm has no default partition; {allowed}")
    return there


def _lacking(asked: JobRequest, there: Sequence[Node], found: Sequence[Node]) -> str:
    """Return what the node that comes nearest cannot give, and what to type."""
    nearest = min(there, key=lambda node: (len(asked.lacks(node)), -node.gpus, -node.cores, -node.memory_gb))
    lacks = asked.lacks(nearest)
    asks = " ".join(f"hydra.launcher.{key}={asks}" for key, (asks, _) in lacks.items())
    has = " and ".join(f"{has:g} {UNITS[key]}" for key, (_, has) in lacks.items())
    other = next((node.partition for node in found if not asked.lacks(node)), None)
    remedy = f"hydra.launcher.partition={other}" if other else _remedy(asked, nearest)
    where = " or ".join(dict.fromkeys(node.partition for node in there))
    return f"{asks}: the best node of partition {where} has {has}, and the jobs would wait for ever; type {remedy}"


def _remedy(asked: JobRequest, nearest: Node) -> str:
    """Return what to type for jobs that fit on a node."""
    fewer = "device=cpu" if not nearest.gpus else f"device.devices={nearest.gpus}"
    typed = {"gpus_per_node": fewer, "cpus_per_task": f"hydra.launcher.cpus_per_task={nearest.cores // asked.tasks}"}
    values = {key: typed.get(key, f"hydra.launcher.{key}={has:.0f}") for key, (_, has) in asked.lacks(nearest).items()}
    return " ".join(values.values())
