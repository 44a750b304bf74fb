"""The folder of a job that holds the results of an earlier one: told apart by what both were asked for."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from labelct.config import Config, plain
from labelct.errors import InputError
from labelct.job_status import SCORES
from labelct.report.configuration import read_configuration

# Sections and keys that change no result: a job that was stopped may go on elsewhere, or by another name.
ANYHOW = ("parallel", "paths", "device", "logger", "name", "group", "tags", "dry_run")
REMEDY = "give another folder, or delete this one"


def check(folder: Path, config: Config) -> None:
    """Refuse a folder with results of another configuration, which would stand beside this one's until it ends.

    Args:
        folder: Where the job is going to run; it need not be there.
        config: The job.

    Raises:
        InputError: It holds such results, or a configuration that cannot be read.
    """
    if not (folder / SCORES).is_file():
        return
    wanted: Any = OmegaConf.to_container(OmegaConf.create(OmegaConf.to_yaml(OmegaConf.create(plain(config)))))
    there = read_configuration(folder, REMEDY)
    for key, old, new in _differences(there, wanted):
        if key.partition(".")[0] not in ANYHOW:
            problem = f"holds the results of another configuration ({key}={old}, which is {new} here)"
            raise InputError(folder, problem, REMEDY)


def _differences(there: Any, wanted: Any, front: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the dotted keys whose values differ, with both values; `nothing` where one side has no such key."""
    for name in dict.fromkeys([*there, *wanted]):
        old, new = there.get(name, "nothing"), wanted.get(name, "nothing")
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new, f"{front}{name}.")
        elif old != new:
            yield f"{front}{name}", old, new
