"""`labelct run`: Hydra's command line around the pipeline."""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from labelct.commands import compose
from labelct.commands.jobs import JobFolders, failures
from labelct.config import configuration_folder, typed
from labelct.errors import LabelctError
from labelct.store import write_json, write_text

log = logging.getLogger(__name__)

GROUPS = {
    "cohort": "where the label maps come from",
    "test": "the CT that a model is scored on; several at once: test=[own,folder]",
    "data": "the recipe that makes training volumes",
    "fill": "the distribution that an organ's HU are drawn from",
    "texture": "what moves inside an organ",
    "drop": "how often a label is left out",
    "scanner": "the simulated acquisition",
    "dose": "photons, hence image noise",
    "trainer": "the network and its training",
    "device": "what it trains on",
    "evaluation": "scores and figures",
    "logger": "where curves, tables and figures go beside CSV",
    "debug": "the whole chain in seconds",
    "experiment": "one table row or figure of the paper",
    "sweep": "one ablation, all its jobs",
}

EXAMPLES = """examples
  labelct run                                     label maps to Dice on the embedded cohort
  labelct run data=synth3 -m dose=low,full        two jobs, one network each
  labelct run cohort=folder cohort.root=MAPS test=totalsegmentator test.totalsegmentator.root=CT
  labelct run debug=smoke                         any configuration in under a minute
  labelct run data=synth1 --cfg job               the configuration, without running it"""


def main(arguments: Sequence[str]) -> int:
    """Run the jobs of one command line.

    Args:
        arguments: What stands behind `labelct run`; overrides and flags in any order.

    Returns:
        The exit code: 0 when every job finished, 1 otherwise.
    """
    try:
        sys.argv[1:] = compose.intermixed(arguments)
        flags = get_args_parser().parse_args()
    except SystemExit as error:
        return int(error.code or 0)
    if flags.help:
        print(help_text())
        return 0
    if not (flags.hydra_help or flags.shell_completion) and (code := _refuse(flags)):
        return code
    try:
        return _run(flags)
    except KeyboardInterrupt:
        print("labelct run: stopped; the same command goes on where it was", file=sys.stderr)
        return 130


def _refuse(flags: argparse.Namespace) -> int:
    try:
        compose.check(flags.overrides, flags.multirun, flags.config_dir)
    except LabelctError as error:
        print(f"labelct run: {error}", file=sys.stderr)
        return 1
    return 0


def _run(flags: argparse.Namespace) -> int:
    hydra.main(version_base="1.3", config_path=str(configuration_folder().absolute()), config_name=compose.NAME)(job)()
    if JobFolders.folder is None:
        return 0
    failed = failures(JobFolders.folder)
    if JobFolders.multirun:
        print(f"\nlabelct report {JobFolders.folder}    gathers the sweep in one table")
        for folder, reason in failed:
            print(f"failed: {folder}: {reason}", file=sys.stderr)
    return 1 if failed else 0


def job(composed: DictConfig) -> float | None:
    """Run one job in the folder that Hydra gave it; its end, good or bad, lands in `status.json`.

    Args:
        composed: The composed configuration.

    Returns:
        The mean Dice over cases and targets, for sweepers that optimise it; None when the job failed.
    """
    hydra_config = HydraConfig.get()
    folder = Path(hydra_config.runtime.output_dir)
    write_json(folder / "status.json", {"state": "running"})
    try:
        score = _pipeline(composed, folder, dict(hydra_config.runtime.choices), list(hydra_config.overrides.task))
    except LabelctError as error:
        log.error("%s", error)
        write_json(folder / "status.json", {"state": "failed", "reason": str(error)})
        return None
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        write_text(folder / "traceback.txt", traceback.format_exc())
        log.error("%s (a fault of labelct, not of the input: see %s)", reason, folder / "traceback.txt")
        write_json(folder / "status.json", {"state": "failed", "reason": reason})
        return None
    write_json(folder / "status.json", {"state": "finished", "dice": score})
    return score


def _pipeline(composed: DictConfig, folder: Path, choices: dict[str, Any], overrides: list[str]) -> float | None:
    from labelct import pipeline

    arm = {str(group): str(option) for group, option in choices.items() if not str(group).startswith("hydra")}
    return pipeline.run(typed(composed), folder, arm, overrides)


def help_text() -> str:
    """Return what `labelct run --help` prints: the groups with their options, a line each."""
    lines = ["usage: labelct run [group=option] [key=value] [-m group=option,option]", "", "groups"]
    for group in [name for name in GROUPS if name in compose.groups()]:
        lines.append(f"  {group:<11} {GROUPS[group]}")
        lines += [f"    {option:<16} {line}" for option, line in compose.options(group).items()]
    lines += [
        "",
        "keys        targets=[liver] seed=0 name= group= tags=[] limit.train= parallel.workers= paths.outputs=",
        "flags       -m sweep over comma-separated values · --cfg job shows the configuration · --hydra-help Hydra's",
        "",
        EXAMPLES,
    ]
    return "\n".join(lines)
