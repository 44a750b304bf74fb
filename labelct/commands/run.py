"""`labelct run`: Hydra's command line around the pipeline."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.errors import InstantiationException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from labelct import job_status as status
from labelct.caps import capped
from labelct.commands import compose, dry_run, keys, submission
from labelct.commands import job as single
from labelct.commands.groups import NAME, groups, options, own_folder
from labelct.commands.job import JobFolders, sweep_ended
from labelct.complaints import ConfigError
from labelct.config import configuration_folder, typed
from labelct.errors import InputError, LabelctError, first_line, refused
from labelct.parallel import workers_killed_on_interrupt
from labelct.signals import interrupted_by, interrupted_code
from labelct.store import OTHER_OUTPUTS

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
        if flags.config_dir is None and (own := own_folder()):
            flags.config_dir = str(own)
            sys.argv[1:1] = ["--config-dir", flags.config_dir]
        _check_flags(flags)
        if flags.help:
            print("\n\n".join(keys.help_of(name) for name in flags.overrides) or help_text())
            return 0
        if flags.cfg == "job":
            print("\n---\n".join(_configurations(flags)))
            return 0
        jobs = 0
        if not (flags.hydra_help or flags.shell_completion):
            starting = not (flags.cfg or flags.info)
            composed = list(compose.composed_jobs(flags.overrides, flags.multirun, flags.config_dir))
            jobs = compose.check(composed, starting)
            if starting and dry_run.asked(composed):
                dry_run.show(composed)
                return 0
    except SystemExit as error:
        return int(error.code or 0)
    except LabelctError as error:
        print(f"labelct run: {error}", file=sys.stderr)
        return 1
    return _run(jobs)


def _check_flags(flags: argparse.Namespace) -> None:
    """Refuse the flags of Hydra that lead past what is checked here, and two of which only one can be done.

    Raises:
        ConfigError: There is such a flag.
    """
    for name in ("config_name", "config_path", "experimental_rerun"):
        if getattr(flags, name) is not None:
            remedy = "put a file of settings into FOLDER/experiment/ and give --config-dir=FOLDER experiment=NAME"
            raise ConfigError(f"--{name.replace('_', '-')}: labelct has one configuration; {remedy}")
    asked = [name for name in ("run", "multirun", "cfg", "info", "shell_completion") if getattr(flags, name)]
    if len(asked) > 1 and not (asked == ["multirun", "cfg"] and flags.cfg == "job"):
        flagged = " and ".join("--" + name.replace("_", "-") for name in asked)
        raise ConfigError(f"{flagged}: give one of them")
    if flags.shell_completion and len(flags.overrides) != 1:
        raise ConfigError("--shell-completion: give one of install=bash, query=bash, uninstall=bash (or fish, zsh)")


def _configurations(flags: argparse.Namespace) -> Iterator[str]:
    """Yield the configuration of each job in YAML, with the values that it is going to use.

    Raises:
        ConfigError: A job cannot run, or has no such part.
    """
    for composed in compose.composed_jobs(flags.overrides, flags.multirun, flags.config_dir):
        typed(composed.node)
        shown: Any = capped(composed.node)
        if flags.package and flags.package != "_global_":
            shown = OmegaConf.select(shown, flags.package)
        if shown is None:
            raise ConfigError(
                f"--package={flags.package}: no such part; allowed is {', '.join(map(str, composed.node))}"
            )
        head = [f"# {' '.join(composed.overrides)}"] if flags.multirun else []
        head += [f"# @package {flags.package}"] if flags.package else []
        body = OmegaConf.to_yaml(shown).rstrip() if OmegaConf.is_config(shown) else str(shown)
        yield "\n".join([*head, body])


def _run(jobs: int) -> int:
    """Let Hydra run the jobs, and report those that failed; a launcher that gives up is reported by what it left."""
    code, JobFolders.expected = 0, jobs
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # let what a disk refuses Hydra reach the verb's own line
    start = hydra.main(version_base="1.3", config_path=str(configuration_folder().absolute()), config_name=NAME)
    try:
        with workers_killed_on_interrupt(), submission.refusals_told():  # workers are the joblib launcher's
            start(job)()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except (OSError, InputError) as error:  # where no job can begin: a job tells its own errors
        return _refused(error, jobs)
    except InstantiationException as error:  # a plugin that does not take what is set: jobs tell their own errors
        remedy = "mend hydra.launcher, hydra.sweeper or hydra.callbacks"
        return _refused(InputError("hydra", first_line(error), remedy), jobs)
    except KeyboardInterrupt:
        if JobFolders.folder is not None:
            status.stop(JobFolders.folder, f"stopped by {interrupted_by().name}")
        print("labelct run: stopped; the same command goes on where it was", file=sys.stderr)
        return interrupted_code()
    return code if JobFolders.folder is None else _ended(JobFolders.folder, jobs, code)


def _ended(folder: Path, jobs: int, code: int) -> int:
    """Say what is left to do of jobs that ended with a code, and return that of the command."""
    if not JobFolders.multirun:
        ended = status.read(folder / status.FILE)  # not those of jobs below it, as with hydra.run.dir=.
        JobFolders.forget_unstarted()
        return code if ended["state"] == "finished" else max(code, 1)
    lines, missing = sweep_ended(folder, jobs)
    if any(folder.rglob("scores.csv")):  # none where nothing is scored
        print(f"\nlabelct report {folder}    gathers the sweep in one table")
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if missing else code


def _refused(error: OSError | InputError, jobs: int) -> int:
    """Say why no job could begin, unless one that ended of the same has said it, and leave nothing of it."""
    folder = JobFolders.folder
    if isinstance(error, OSError):
        error = refused(error, error.filename or folder, "made", OTHER_OUTPUTS)
    JobFolders.forget_unstarted()
    failed = status.failures(folder) if folder and folder.is_dir() else []
    said = any(error.problem in reason for _, reason in failed)
    ended = sweep_ended(folder, jobs)[0] if folder and said else []
    line = "; ".join(line for line in ended if not line.startswith("failed: ")) or error
    print(f"labelct run: {line}", file=sys.stderr)
    return 1


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
    for group in [name for name in keys.LINES if name in groups()]:
        lines.append(f"  {group:<11} {keys.LINES[group]}")
        lines += [f"    {option:<16} {line}" for option, line in options(group).items()]
    lines += [
        "",
        "keys        targets=[liver] seed=0 name= group= tags=[] limit.train= parallel.workers= paths.outputs=",
        "            labelct run --help GROUP explains every key of a group, --help data.cylinder those below a key",
        "own         conf/experiment/NAME.yaml in this folder is experiment=NAME; labelct init writes one",
        "flags       -m sweep over comma-separated values · --cfg job shows the configuration · --hydra-help Hydra's",
        "",
        EXAMPLES,
    ]
    return "\n".join(lines)
