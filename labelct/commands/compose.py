"""Hydra's command line checked before Hydra acts on it: argument order, keys, options and values."""

import itertools
import math
import warnings
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from labelct.commands import earlier_run, hydra_section, slurm, unread_keys
from labelct.commands.arguments import Parser
from labelct.commands.complaints import REFUSALS, no_value, told
from labelct.commands.groups import NAME, groups, own_folder
from labelct.commands.overrides import parsed, understood
from labelct.complaints import ConfigError, interpolation
from labelct.config import Config, check_truth, configuration_folder, typed
from labelct.errors import first_line
from labelct.folders import check_can_be_made, why_no_folder

MOST_JOBS = 10_000  # a tenth of a second or more goes into checking each before the first one starts
LOCAL = ("basic_launcher", "joblib")  # launchers whose jobs run on this machine
PLUGINS = {  # of Hydra: the package that each drives, and what pip installs both with
    "hydra_submitit_launcher": ("submitit", "'labelct[launchers]'"),
    "hydra_joblib_launcher": ("joblib", "'labelct[launchers]'"),
    "hydra_optuna_sweeper": ("optuna", "'labelct[hparams]'"),
    # what the plugin asks for besides is for its launcher on AWS, and older than what is pinned
    "hydra_ray_launcher": ("ray", "ray && pip install --no-deps hydra-ray-launcher"),
}

# Hydra checks a preset against the plugin's schema of the same name, as it should, and calls that deprecated
warnings.filterwarnings("ignore", r"\s*'hydra/launcher/.*' is validated against ConfigStore schema")


def intermixed(arguments: Sequence[str]) -> list[str]:
    """Return `arguments` with the overrides behind the flags, as Hydra 1.3 wants them.

    `data=synth3 -m dose=low,full` becomes `-m data=synth3 dose=low,full`.

    Raises:
        ConfigError: An override cannot be meant as it was typed.
        SystemExit: A flag is unknown or lacks its value.
    """
    parser = Parser(prog="labelct run", parents=[get_args_parser()], add_help=False)
    parser.settings = (*Config.__dataclass_fields__, *groups())
    overrides = parser.parse_intermixed_args(list(arguments)).overrides
    left = list(overrides)
    flags = []
    for argument in reversed(arguments):
        if left and argument == left[-1]:
            left.pop()
        else:
            flags.append(argument)
    return [*reversed(flags), *(overrides if "--help" in flags or "-h" in flags else understood(overrides))]


def check_jobs(overrides: Sequence[str], multirun: bool, folder: str | None = None, starting: bool = False) -> int:
    """Compose and check every job of a command line before the first one starts.

    Args:
        overrides: The overrides as Hydra reads them.
        multirun: Whether they are a sweep.
        folder: A further folder of configurations (`--config-dir`).
        starting: Whether the jobs are about to start, so that what they need is looked for as well: files, targets,
            priors and the device, the last two where it is this machine that they run on.

    Returns:
        The number of jobs.

    Raises:
        LabelctError: The first job that cannot run, in one line.
    """
    with closing(composed_jobs(overrides, multirun, folder)) as jobs:  # also where an error keeps its traceback
        return check(jobs, starting)


def check(jobs: Iterable["Composed"], starting: bool) -> int:
    """Check jobs that were composed, and return their number; arguments and errors as of `check_jobs`."""
    checked: list[Config] = []
    given: list[Sequence[str]] = []
    seen: set[str] = set()
    for composed in jobs:
        _check_new(composed, seen)
        config = typed(composed.node)
        if starting and not checked and slurm.is_chosen(composed.launcher):
            slurm.check(composed.launcher)
        if starting and composed.folder:
            earlier_run.check(composed.folder, config)
        if starting and composed.here:
            if composed.folder:
                check_can_be_made(composed.folder)
            _look(config, checked)
        checked.append(config)
        given.append(composed.overrides)
    unread_keys.check(zip(given, checked, strict=True))
    return len(checked)


def _check_new(composed: "Composed", seen: set[str]) -> None:
    """Raise `ConfigError` where a job is one that was composed before; else note it among those.

    They are compared as they were composed: `debug=` may lay one value over what tells them apart.
    """
    content = OmegaConf.to_yaml(composed.node)
    if content in seen:
        raise ConfigError(f"the sweep has the job '{' '.join(composed.overrides)}' twice; give each value once")
    seen.add(content)


@dataclass(frozen=True)
class Composed:
    """A job of a command line.

    Attributes:
        overrides: Its own.
        node: What Hydra composed of them.
        here: Whether its launcher runs it on this machine.
        launcher: `hydra.launcher`; empty for a job that is no sweep's.
        folder: Where it is going to run; None where that is not known before.
    """

    overrides: list[str]
    node: DictConfig
    here: bool
    launcher: DictConfig
    folder: Path | None


def composed_jobs(
    overrides: Sequence[str], multirun: bool, folder: str | None = None
) -> Generator[Composed, None, None]:
    """Yield the jobs of a command line, composed and not yet checked.

    Args:
        overrides: The overrides as Hydra reads them.
        multirun: Whether they are a sweep.
        folder: A further folder of configurations.

    Raises:
        ConfigError: They cannot be composed, in one line.
    """
    if folder is not None and not Path(folder).is_dir():
        remedy = "give one that holds folders such as experiment/"
        raise ConfigError(f"--config-dir={folder}: {why_no_folder(Path(folder))}; {remedy}")
    extra = _searched(Path(folder) if folder else None)
    with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
        jobs, whole = _jobs(list(overrides), extra, multirun)
        single = not multirun and whole.hydra.mode != RunMode.MULTIRUN
        launcher = OmegaConf.create() if single else whole.hydra.launcher
        here = single or any(name in str(launcher.get("_target_")) for name in LOCAL)
        folders = _folders(whole, single, len(jobs))
        for job, place in zip(jobs, folders, strict=True):
            node = _without_hydra(whole) if job == list(overrides) else _compose([*job, *extra])
            _check_truths(job, node)
            yield Composed(job, node, here, launcher, place)


def _folders(whole: DictConfig, single: bool, jobs: int) -> list[Path | None]:
    """Return where each job is going to run; None where its own values, or a sweeper that draws them, decide."""
    with open_dict(whole):
        whole.hydra.job.num, whole.hydra.job.override_dirname = 0, ""  # which Hydra finds out job by job
    try:
        if single:
            return [Path(whole.hydra.run.dir)]
        folder, _ = Path(whole.hydra.sweep.dir), str(whole.hydra.sweep.subdir)
    except OmegaConfBaseException as error:
        raise ConfigError(interpolation(error)) from error
    if not hydra_section.is_numbered(whole.hydra):
        return [None] * jobs
    return [folder / str(number) for number in range(jobs)]


def _look(config: Config, before: Sequence[Config]) -> None:
    """Look for what a job needs, unless a job before it needs the very same."""
    from labelct.stages import preflight

    if not any(preflight.needs(config) == preflight.needs(other) for other in before):
        preflight.check(config)


def configuration(overrides: Sequence[str]) -> Config:
    """Return the checked configuration of one job from its overrides as they were typed, also of the launch folder's.

    Raises:
        ConfigError: It cannot run, in one line.
    """
    given = understood(overrides)
    parsed(given)
    with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
        node = _compose([*given, *_searched(own_folder())])
        _check_truths(given, node)
        config = typed(node)
    unread_keys.check([(given, config)])
    return config


def _searched(folder: Path | None) -> list[str]:
    """Return the override that puts a further folder of configurations on Hydra's search path."""
    quoted = str(folder.absolute()).replace("\\", "\\\\").replace("'", "\\'") if folder else ""
    return [f"hydra.searchpath=['file://{quoted}']"] if folder else []


def _jobs(overrides: list[str], extra: list[str], multirun: bool) -> tuple[list[list[str]], DictConfig]:
    """Return the overrides of each job, and what is composed of those that all have, with Hydra's own part.

    They are split as Hydra's basic sweeper is going to; `sweep=` makes a sweep without -m.
    """
    items = parsed(overrides)
    hydra_section.check_searched(items)
    fixed = [override for override, item in zip(overrides, items, strict=True) if not item.is_sweep_override()]
    whole = _compose([*fixed, *extra], with_hydra=True)
    hydra = whole.hydra
    hydra_section.check(hydra)
    if not multirun and hydra.mode != RunMode.MULTIRUN:
        return [overrides], whole if fixed == overrides else _compose(overrides, with_hydra=True)
    for plugin in (hydra.launcher, hydra.sweeper):
        _check_installed(str(plugin.get("_target_")))
    if not hydra_section.is_basic(hydra):
        return [fixed], whole
    given = [f"{key}={value}" for key, value in (hydra.sweeper.get("params") or {}).items()] + overrides
    swept = parsed(given, OverridesParser.create(config_loader=GlobalHydra.instance().config_loader()))
    _check_count(given, swept)
    jobs = [list(job) for batch in BasicSweeper.split_arguments(swept, None) for job in batch]
    hydra_section.check_apart(hydra, len(jobs))
    return jobs, whole


def _check_truths(overrides: Sequence[str], node: DictConfig) -> None:
    """Raise `ConfigError` where a number that is neither 0 nor 1 was taken for true or false while it was composed."""
    for item in parsed(overrides):
        key, value = item.key_or_group, item.value()
        if type(value) is int and isinstance(OmegaConf.select(node, key), bool):
            check_truth(key, value)


def _without_hydra(whole: DictConfig) -> DictConfig:
    with open_dict(whole):
        del whole["hydra"]
    return whole


def _check_count(given: Sequence[str], swept: Sequence[Override]) -> None:
    """Raise `ConfigError` where a sweep has no job, or more than anybody waits for."""
    counts: dict[str, int] = {}
    for override, item in zip(given, swept, strict=True):
        counts[item.get_key_element()] = _count(item, override) if item.is_sweep_override() else 1
        if not all(counts.values()):
            raise ConfigError(no_value(override))
    if (jobs := math.prod(counts.values())) > MOST_JOBS:
        several = ", ".join(override for override, item in zip(given, swept, strict=True) if item.is_sweep_override())
        raise ConfigError(f"{several}: {jobs} jobs or more; allowed is at most {MOST_JOBS} in a sweep")


def _count(item: Override, override: str) -> int:
    """Return how many values a sweep stands for, as Hydra's own sweeper lists them; of very many no more than count."""
    try:
        return sum(1 for _ in itertools.islice(item.sweep_string_iterator(), MOST_JOBS + 1))
    except REFUSALS as error:
        raise ConfigError(f"{override}: {first_line(error)}; list the values, as in KEY=1,2") from error


def _check_installed(target: str) -> None:
    """Refuse a launcher or sweeper whose plugin, or the package that the plugin drives, is missing.

    Raises:
        ConfigError: It is not installed.
    """
    parts = target.split(".")
    if parts[0] != "hydra_plugins":
        return
    package, wanted = PLUGINS.get(parts[1], (parts[1], parts[1]))
    # find_spec imports the parent package, which is not there while no plugin at all is installed
    if not (find_spec(parts[0]) and find_spec(".".join(parts[:2]))):
        raise ConfigError(f"{parts[1]} is not installed; pip install {wanted}")
    if package != parts[1] and not find_spec(package):
        raise ConfigError(f"{package}, which {parts[1]} starts jobs with, is not installed; pip install {wanted}")


def _compose(overrides: list[str], with_hydra: bool = False) -> DictConfig:
    try:
        return compose(NAME, overrides=overrides, return_hydra_config=with_hydra)
    except REFUSALS as error:
        raise ConfigError(told(error, overrides)) from error
