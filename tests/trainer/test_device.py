import os
import platform
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import lightning.fabric  # noqa: F401  (its first import sets a variable of the environment)
import pytest
import torch

from labelct.errors import InputError, SettingError
from labelct.trainer import device as device_module
from labelct.trainer.device import (
    compiles,
    described,
    interruptible,
    launch_workers,
    precision,
    processes,
    torch_device,
    torch_threads,
    trainer_arguments,
    worker_count,
)
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


@pytest.fixture
def cards(monkeypatch):
    """Return a function that lets so many GPUs be there, or none for a reason."""

    def make(count: int, reason: str | None = None, bf16: bool = True) -> None:
        def why_not(number: int = 0) -> str | None:
            return reason or (None if number < count else f"{count} CUDA cards are visible, number {number} is needed")

        monkeypatch.setattr("labelct.trainer.device.why_not", why_not)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: "NVIDIA H100")
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bf16)

    return make


@pytest.mark.parametrize("kind", ["gpu", "ddp"])
def test_a_gpu_that_cannot_be_used_is_one_line_with_found_needed_and_remedy(kind: str, cards) -> None:
    cards(0, "the NVIDIA driver is too old (found version 11040); a driver for CUDA 13 is needed")
    with pytest.raises(InputError) as caught:
        processes(DeviceSettings(kind=kind, devices=0))
    line = str(caught.value)
    assert line.startswith(
        f"device={kind}: the NVIDIA driver is too old (found version 11040); a driver for CUDA 13 is"
    )
    assert line.endswith("set device=cpu, or device=auto for the CPU where there is no card")
    assert "\n" not in line


@pytest.mark.parametrize(("devices", "found", "count"), [(0, 4, 4), (3, 4, 3)])
def test_ddp_takes_the_gpus_it_is_given_or_all(devices: int, found: int, count: int, cards) -> None:
    cards(found)
    assert processes(DeviceSettings(kind="ddp", devices=devices)) == count


def test_ddp_does_not_run_on_fewer_gpus_than_asked(cards) -> None:
    cards(2)
    with pytest.raises(InputError, match="number 2 is needed"):
        processes(DeviceSettings(kind="ddp", devices=4))


def test_auto_takes_a_gpu_that_can_be_used(cards) -> None:
    cards(2)
    auto = DeviceSettings(kind="auto")
    assert (torch_device(auto), precision(auto)) == ("cuda:0", "bf16-mixed")
    assert trainer_arguments(auto) == {"accelerator": "gpu", "precision": "bf16-mixed", "devices": 1}
    assert described(auto) == "NVIDIA H100, bf16-mixed"
    assert described(DeviceSettings(kind="ddp", devices=2)) == "2 x NVIDIA H100, bf16-mixed"


def test_auto_takes_the_cpu_elsewhere_and_says_why(cards) -> None:
    cards(0, "no driver is there")
    auto = DeviceSettings(kind="auto", threads=3)
    assert (torch_device(auto), precision(auto)) == ("cpu", "32-true")
    assert described(auto) == "CPU, 3 threads, 32-true (no driver is there)"
    assert described(DeviceSettings(threads=3)) == "CPU, 3 threads, 32-true"


def test_bfloat16_is_refused_on_a_gpu_without(cards) -> None:
    cards(1, bf16=False)
    assert precision(DeviceSettings(kind="gpu")) == "16-mixed"
    with pytest.raises(SettingError, match="this GPU has no bfloat16"):
        processes(DeviceSettings(kind="gpu", precision="bf16"))


def test_a_network_is_compiled_on_a_gpu_where_it_pays_or_where_asked(cards, monkeypatch) -> None:
    cards(1)
    monkeypatch.setattr("labelct.trainer.device.which", lambda name: "/bin/gcc")
    monkeypatch.setattr("labelct.trainer.device.find_spec", lambda name: "there")
    assert [compiles(DeviceSettings(kind=kind), pays) for kind in ("gpu", "cpu") for pays in (True, False)] == [
        *(True, False),
        *(False, False),
    ]
    assert compiles(DeviceSettings(compile="true"), False)
    assert not compiles(DeviceSettings(kind="gpu", compile="false"), True)


def test_compilation_without_a_compiler_is_left_out_or_refused(cards, monkeypatch) -> None:
    cards(1)
    monkeypatch.setattr("labelct.trainer.device.which", lambda name: None)
    monkeypatch.setattr("labelct.trainer.device.find_spec", lambda name: "there")
    assert not compiles(DeviceSettings(kind="gpu"), True)
    with pytest.raises(SettingError, match="there is no C compiler"):
        processes(DeviceSettings(kind="gpu", compile="true"))


def test_workers_leave_a_core_to_the_training(monkeypatch) -> None:
    monkeypatch.setattr("labelct.trainer.device.cores", lambda: 4)
    assert worker_count(DeviceSettings(workers=8)) == 3
    assert worker_count(DeviceSettings(workers=0)) == 0


def test_companions_run_the_command_under_their_rank(tmp_path) -> None:
    script = "import os, sys; open(sys.argv[1], 'w').write(os.environ['LOCAL_RANK'] + os.environ['WORLD_SIZE'])"
    before = dict(os.environ)
    with launch_workers(PAIR, ["-c", script, str(tmp_path / "said")]):
        assert (os.environ["LOCAL_RANK"], os.environ["WORLD_SIZE"]) == ("0", "2")
    assert (tmp_path / "said").read_text() == "12"
    assert dict(os.environ) == before


def test_failure_of_a_companion_is_one_of_the_run() -> None:
    before = dict(os.environ)
    with pytest.raises(InputError, match="code 3"), launch_workers(PAIR, ["-c", "raise SystemExit(3)"]):
        pass
    assert dict(os.environ) == before


def test_what_breaks_for_a_companion_that_failed_is_told_as_its_failure() -> None:
    def broken() -> None:
        with launch_workers(PAIR, ["-c", "raise SystemExit(1)"]):
            time.sleep(0.5)
            raise RuntimeError("Connection closed by peer")

    with pytest.raises(InputError, match=r"^device=ddp: another process of this training ended with code 1"):
        broken()


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


@pytest.mark.parametrize(
    ("said", "given", "expected"),
    [(0, "1", 1), (0, "", 4), (0, "0", 4), (0, "9", 4), (0, "all", 4), (3, "1", 3)],
)
def test_omp_num_threads_bounds_what_is_not_said(said, given, expected, monkeypatch) -> None:
    monkeypatch.setattr(device_module, "cores", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    with torch_threads(DeviceSettings(threads=said)):
        assert torch.get_num_threads() == expected


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    with torch_threads(DeviceSettings(threads=before + 1)):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


@pytest.mark.ci
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
