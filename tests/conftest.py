"""What several tests share: real data where it is, a small experiment composed from the shipped files, a first job."""

import gc
import os
import signal
import subprocess
import sys
from copy import deepcopy
from functools import cache, partial
from pathlib import Path

from labelct.parallel import cores

# Processes that share the cores get their share each, before a library is loaded that reads it: threads that spin for
# each other on a core which another process has take many times as long as one.
if together_with := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores() // together_with)))

import numpy as np
import pytest
from hydra import compose, initialize_config_dir

from labelct.config import configuration_folder, typed
from labelct.volume import LabelMap
from tests.composition import remember

gc.disable()  # until all is imported: nothing of that is garbage

# Under nohup and in the background of a shell these are ignored, and would be by every command that a test starts.
for number, usual in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)

# Modules that share what takes long to make go to one process, and before all others: so no process ends long after.
STAGES = ("cohorts", "results", "scanning", "synthesis", "testing")
TOGETHER = {
    "first": ("tests/test_pipeline.py", "tests/test_readme.py"),
    "stages": tuple(
        f"tests/stages/test_{name}.py" for name in ("cohorts", "results", "scanning", "synthesis", "testing")
    ),
    "nnunet": ("tests/trainer/nnunet/",),
}


def together(nodeid):
    """Return the name of the modules that one of `TOGETHER` is run with; None: it is in none of them."""
    return next((name for name, paths in TOGETHER.items() if nodeid.startswith(paths)), None)


def pytest_configure():
    remember()


def pytest_addoption(parser):
    parser.addoption(
        "--long", action="store_true", help="as many kills, races and full disks as docs/reliability.md says"
    )


def pytest_make_parametrize_id(val, argname):
    """Return `argname` for bytes, which differ where a file is packed: all processes have to name a test alike."""
    return argname if isinstance(val, bytes) else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Return what deals modules to processes in the order of collection, those of `TOGETHER` as one."""
    if config.getoption("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return together(nodeid) or super()._split_scope(nodeid)

    config.option.loadscopereorder = False
    return Together(config, log)


def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: together(item.nodeid) is None)
    if not config.getoption("--long"):
        for item in (item for item in items if item.get_closest_marker("long")):
            item.add_marker(pytest.mark.skip(reason="tried with --long"))


def pytest_collection_finish():
    """Leave what was imported out of every search for garbage: there are millions of objects."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def tries(request):
    """Return a function that says how often to try: a few times, or many with `--long`."""
    return lambda few, many: range(many if request.config.getoption("--long") else few)


@pytest.fixture(scope="session")
def real_data():
    """Return the folder of real CT and label maps, or skip."""
    folder = os.environ.get("LABELCT_REAL_DATA")
    if not folder:
        pytest.skip("LABELCT_REAL_DATA is not set: no real data")
    return Path(folder)


@pytest.fixture(scope="session")
def first_job(tmp_path_factory):
    """Return the folder that the README's first command was run in, in miniature, and what it printed."""
    folder = tmp_path_factory.mktemp("first")
    command = [sys.executable, "-m", "labelct.run", "debug=smoke"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=540)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


@pytest.fixture(scope="session")
def card():
    """Return the first CUDA card, or skip, saying why it cannot be used."""
    import torch

    from labelct.accelerator import why_not

    if reason := why_not():
        pytest.skip(f"no CUDA card: {reason}")
    return torch.device("cuda:0")


@pytest.fixture(scope="session")
def configured():
    """Return a function that composes and checks a configuration from overrides; each call's result is its own.

    Cases are made by the process itself where nothing else is asked for: workers take seconds to start.
    """

    @cache
    def checked(*overrides):
        with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
            return typed(compose("config", overrides=["parallel.workers=1", *overrides]))

    return lambda *overrides: deepcopy(checked(*overrides))


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request):
    """Return each device that tensors are tried on; the GPU skips, saying so, where there is none."""
    from labelct.accelerator import why_not

    if request.param == "cuda" and (reason := why_not()):
        pytest.skip(reason)
    return request.param


def small_map(low):
    """Return a small map with a liver that begins at `low`, and a spleen."""
    labels = np.zeros((20, 18, 16), np.uint8)
    labels[low : low + 6, 4:12, 4:12] = 1
    labels[13:17, 5:9, 5:9] = 2
    return LabelMap(labels, np.diag([5.0, 5.0, 5.0, 1.0]), {1: "liver", 2: "spleen"})


@pytest.fixture
def volumes(configured, tmp_path_factory):
    """Return volumes of three small label maps, drawn while a network trains."""
    from labelct.cohort.base import Cohort, Subject
    from labelct.stages import priors
    from labelct.stages.synthesis import sampler
    from labelct.streaming import SyntheticVolumes

    overrides = [
        "data=synth3",
        "data.mode=online",
        "data.patches=4",
        "data.deformation.rotation_deg=10",
        "texture=white",
    ]
    config = configured(*overrides, "drop=none", "scanner=image", "dose=full", "data.deformation.elastic_mm=0")
    subjects = tuple(Subject(f"s{low}", partial(small_map, low), None, ()) for low in (2, 4, 6))
    folder = tmp_path_factory.mktemp("tables")
    priors.tables(config, Cohort("small", subjects, (), ()), folder).write(folder)
    return SyntheticVolumes(subjects, partial(sampler, config, folder))
