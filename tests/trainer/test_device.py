import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from labelct.errors import SettingError
from labelct.trainer.device import interruptible, launch_workers, precision, processes, torch_device, torch_threads
from labelct.trainer.settings import DeviceSettings

PAIR = DeviceSettings(kind="ddp", devices=2, accelerator="cpu")


def test_cpu_needs_nothing() -> None:
    cpu = DeviceSettings()
    assert (processes(cpu), precision(cpu), torch_device(cpu)) == (1, "32-true", "cpu")


@pytest.mark.parametrize(
    ("kind", "has", "allowed"), [("cpu", False, False), ("cpu", True, True), ("ddp", False, False)]
)
def test_bfloat16_is_refused_where_a_cpu_would_imitate_it(monkeypatch, kind: str, has: bool, allowed: bool) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: has)
    device = DeviceSettings(kind=kind, accelerator="cpu", precision="bf16")
    if allowed:
        assert (processes(device), precision(device)) == (1, "bf16-mixed")
    else:
        with pytest.raises(SettingError, match="no instructions for bfloat16"):
            processes(device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")
@pytest.mark.parametrize("kind", ["gpu", "ddp"])
def test_missing_gpu_is_said_in_one_line(kind: str) -> None:
    with pytest.raises(SettingError, match="0 of 1 GPUs are visible"):
        processes(DeviceSettings(kind=kind))


def test_companions_run_the_command_under_their_rank(tmp_path) -> None:
    script = "import os, sys; open(sys.argv[1], 'w').write(os.environ['LOCAL_RANK'] + os.environ['WORLD_SIZE'])"
    before = dict(os.environ)
    with launch_workers(PAIR, ["-c", script, str(tmp_path / "said")]):
        assert (os.environ["LOCAL_RANK"], os.environ["WORLD_SIZE"]) == ("0", "2")
    assert (tmp_path / "said").read_text() == "12"
    assert dict(os.environ) == before


def test_failure_of_a_companion_is_one_of_the_run() -> None:
    before = dict(os.environ)
    with pytest.raises(RuntimeError, match="code 3"), launch_workers(PAIR, ["-c", "raise SystemExit(3)"]):
        pass
    assert dict(os.environ) == before


def test_companions_end_with_a_run_that_fails(tmp_path) -> None:
    with pytest.raises(ValueError), launch_workers(PAIR, ["-c", "import time; time.sleep(60)"]):
        raise ValueError
    assert "LOCAL_RANK" not in os.environ


def test_interruption_is_raised_and_the_next_one_heard() -> None:
    handler = signal.getsignal(signal.SIGINT)

    def fit() -> None:
        with interruptible(SimpleNamespace(interrupted=True)):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            sys.exit(1)

    with pytest.raises(KeyboardInterrupt):
        fit()
    assert signal.getsignal(signal.SIGINT) is handler


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    with torch_threads(DeviceSettings(threads=1)):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another one")
def test_tensors_take_the_memory_that_the_last_ones_left() -> None:
    script = """
import resource, torch
from labelct.trainer.device import torch_threads
from labelct.trainer.settings import DeviceSettings
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
with torch_threads(DeviceSettings(threads=1)):
    found = []
    for _ in range(10):
        before, several = faults(), [torch.ones(1 << 21) for _ in range(10)]
        del several
        found.append(faults() - before)
    print(min(found))
"""
    faults = int(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)
    assert faults < 1000  # 80 MiB are 20480 pages


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are not files here")
def test_workers_end_with_a_training_that_is_killed() -> None:
    script = """
import multiprocessing, os, time
from labelct.trainer.device import end_children_with_this
def work():
    print(os.getpid(), flush=True)
    time.sleep(60)
end_children_with_this()
multiprocessing.get_context("fork").Process(target=work, daemon=True).start()
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as training:
        assert training.stdout is not None
        state = Path("/proc") / training.stdout.readline().strip() / "stat"
        training.kill()
    for _ in range(100):
        if not state.exists() or ") Z" in state.read_text():
            return
        time.sleep(0.1)
    raise AssertionError("the worker is still there")
