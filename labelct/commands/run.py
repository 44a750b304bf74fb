"""`labelct run`: Hydra's command line around the pipeline."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from labelct.commands import compose, keys, status
from labelct.commands import job as single
from labelct.commands.job import JobFolders, sweep_ended
from labelct.config import configuration_folder
from labelct.errors import InputError, LabelctError, refusal
from labelct.processes import interrupted_code

EXAMPLES = """examples
  labelct run                                     label maps to Dice on the embedded cohort
  labelct run data=synth3 -m dose=low,full        two jobs, one network each
  labelct run sweep=table1 experiment=phantom     four recipes, three seeds, on the embedded cohort
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
    jobs = 0
    try:
        if flags.help:
            print("\n\n".join(keys.help_of(name) for name in flags.overrides) or help_text())
            return 0
        if not (flags.hydra_help or flags.shell_completion):
            jobs = compose.check_jobs(flags.overrides, flags.multirun, flags.config_dir)
    except LabelctError as error:
        print(f"labelct run: {error}", file=sys.stderr)
        return 1
    return _run(jobs)


def _run(jobs: int) -> int:
    """Let Hydra run the jobs, and report those that failed; a launcher that gives up is reported by what it left."""
    code = 0
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # let what a disk refuses Hydra reach the verb's own line
    start = hydra.main(version_base="1.3", config_path=str(configuration_folder().absolute()), config_name=compose.NAME)
    try:
        start(job)()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except OSError as error:  # of Hydra's own: a job tells its own errors
        path, problem = error.filename or JobFolders.folder, f"cannot be made ({error.strerror})"
        raise refusal(error, path) or InputError(path, problem, "choose another paths.outputs=") from error
    except KeyboardInterrupt:
        print("labelct run: stopped; the same command goes on where it was", file=sys.stderr)
        return interrupted_code()
    if JobFolders.folder is None:
        return code
    if not JobFolders.multirun:
        finished = status.files(JobFolders.folder) and not status.failures(JobFolders.folder)
        return code if finished else max(code, 1)
    lines, missing = sweep_ended(JobFolders.folder, jobs)
    print(f"\nlabelct report {JobFolders.folder}    gathers the sweep in one table")
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if missing else code


def job(composed: DictConfig) -> float | None:
    """Run one job in the folder that Hydra gave it: here, or in a process of its own where it is one of a sweep.

    Args:
        composed: The composed configuration.

    Returns:
        The mean Dice over cases and targets, for sweepers that optimise it; None when the job failed.
    """
    settings = HydraConfig.get()
    folder = Path(settings.runtime.output_dir)
    if settings.mode == RunMode.MULTIRUN and settings.output_subdir is not None:
        return single.run_apart(folder, Path(settings.runtime.cwd))
    with status.witnessed(folder, Path(composed.paths.outputs)):
        return single.run(composed, folder, settings.runtime.choices, list(settings.overrides.task))


def help_text() -> str:
    """Return what `labelct run --help` prints: the groups with their options, a line each."""
    lines = ["usage: labelct run [group=option] [key=value] [-m group=option,option]", "", "groups"]
    for group in [name for name in keys.LINES if name in compose.groups()]:
        lines.append(f"  {group:<11} {keys.LINES[group]}")
        lines += [f"    {option:<16} {line}" for option, line in compose.options(group).items()]
    lines += [
        "",
        "keys        targets=[liver] seed=0 name= group= tags=[] limit.train= parallel.workers= paths.outputs=",
        "            labelct run --help GROUP explains every key of a group, --help data.cylinder those below a key",
        "flags       -m sweep over comma-separated values · --cfg job shows the configuration · --hydra-help Hydra's",
        "",
        EXAMPLES,
    ]
    return "\n".join(lines)
