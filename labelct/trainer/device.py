"""Which device a run takes: the only place that knows accelerators, precision, threads and processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from shutil import which
from typing import TYPE_CHECKING, Any

from labelct.accelerator import why_not
from labelct.errors import InputError, SettingError
from labelct.parallel import bounded, cores
from labelct.trainer.settings import DeviceSettings

if TYPE_CHECKING:
    from lightning.pytorch import Trainer

RANK = "LOCAL_RANK"  # where Lightning and torch look for the number of a process
GRACE_S = 60  # the others end within seconds of the first, unless a disk is slow
WORKERS = 4  # they keep one card busy; beside a network on the CPU they would take its cores
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h


def rank() -> int:
    """Return the number of this process among those that train together; 0 is the one the user started."""
    return int(os.environ.get(RANK, "0"))


def processes(device: DeviceSettings) -> int:
    """Return how many processes train together.

    Raises:
        InputError: A GPU that is asked for cannot be used.
        SettingError: The device lacks the precision that is asked for, or what `torch.compile` needs is not there.
    """
    if not runs_on_gpu(device):
        _check_cpu(device)
        return max(1, device.devices) if device.kind == "ddp" else 1
    count = (device.devices or max(1, _visible())) if device.kind == "ddp" else 1
    _check_gpus(device, count)
    return count


def worker_count(device: DeviceSettings) -> int:
    """Return how many processes help one device: `device.workers`, but not more than there are cores beside it."""
    wanted = device.workers
    if wanted is None:
        wanted = WORKERS if runs_on_gpu(device) else 0
    return max(0, min(wanted, cores() // processes(device) - 1))


def described(device: DeviceSettings) -> str:
    """Return in a few words what a run takes, for people: `NVIDIA H100 80GB HBM3, bf16-mixed`.

    Raises:
        InputError, SettingError: As `processes`.
    """
    count = processes(device)
    if not runs_on_gpu(device):
        reason = f" ({why_not()})" if device.kind == "auto" else ""
        return f"CPU, {_threads(device)} threads, {precision(device)}{reason}"
    import torch

    several = f"{count} x " if count > 1 else ""
    return f"{several}{torch.cuda.get_device_name(0)}, {precision(device)}"


# What Lightning offers and our loops do themselves: epochs, shards of the data, logs, checkpoints, a bar, a summary.
BARE: dict[str, Any] = {
    "max_epochs": -1,
    "use_distributed_sampler": False,
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


def trainer_arguments(device: DeviceSettings, unused: bool = False) -> dict[str, Any]:
    """Return accelerator, devices, strategy and precision for Lightning's trainer.

    Args:
        device: Where it runs.
        unused: Whether a backward pass leaves parameters out, which processes that train together have to look for.
    """
    on_gpu = runs_on_gpu(device)
    arguments: dict[str, Any] = {"accelerator": "gpu" if on_gpu else "cpu", "precision": precision(device)}
    if device.kind != "ddp":
        return {**arguments, "devices": 1}
    from datetime import timedelta

    from lightning.pytorch.plugins.environments import LightningEnvironment
    from lightning.pytorch.strategies import DDPStrategy

    strategy = DDPStrategy(
        cluster_environment=LightningEnvironment(),
        process_group_backend="nccl" if on_gpu else "gloo",
        find_unused_parameters=unused,
        timeout=timedelta(minutes=20),  # rank 0 may load many volumes before the others hear of it
    )
    return {**arguments, "devices": processes(device), "strategy": strategy}


def runs_on_gpu(device: DeviceSettings) -> bool:
    """Return whether the network lies on a GPU."""
    if device.kind == "auto":
        return why_not() is None
    return device.kind == "gpu" or (device.kind == "ddp" and device.accelerator == "gpu")


def precision(device: DeviceSettings) -> str:
    """Return Lightning's name of the precision: `32-true`, `bf16-mixed` or `16-mixed`."""
    import torch

    if device.precision != "auto":
        return {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}[device.precision]
    if not runs_on_gpu(device):
        return "32-true"
    return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"


def compiles(device: DeviceSettings, pays: bool) -> bool:
    """Return whether torch shall compile the network.

    Args:
        device: Where it runs.
        pays: The training is long enough for the time that it takes.
    """
    if device.compile != "auto":
        return device.compile == "true"
    return pays and runs_on_gpu(device) and why_not_compiled() is None


def why_not_compiled() -> str | None:
    """Return what `torch.compile` lacks on this machine; None where it has all that it needs on a GPU."""
    if find_spec("triton") is None:
        return "triton is not installed"
    if not any(which(name) for name in (os.environ.get("CC") or "cc", "gcc", "clang")):
        return "there is no C compiler, which triton starts kernels with (gcc, or CC=)"
    return None


def torch_device(device: DeviceSettings) -> str:
    """Return the name of the device that one process predicts on."""
    processes(device)
    return f"cuda:{rank()}" if runs_on_gpu(device) else "cpu"


def _threads(device: DeviceSettings) -> int:
    """Return the threads of torch in one process; `OMP_NUM_THREADS` bounds what is not said."""
    return device.threads or bounded(max(1, cores() // processes(device)), "OMP_NUM_THREADS")


@contextmanager
def torch_threads(device: DeviceSettings) -> Iterator[None]:
    """Set torch's threads and its fast float32 for the time of a fit or a prediction; on a CPU, keep freed memory."""
    import torch

    threads, matmul = torch.get_num_threads(), torch.get_float32_matmul_precision()
    benchmark = torch.backends.cudnn.benchmark
    if not runs_on_gpu(device):
        _keep_freed_memory()
    torch.set_num_threads(_threads(device))
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = runs_on_gpu(device)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(matmul)
        torch.backends.cudnn.benchmark = benchmark


@contextmanager
def interruptible(trainer: Trainer) -> Iterator[None]:
    """Raise `KeyboardInterrupt` where Lightning would leave the interpreter and ignore every later Ctrl-C.

    Args:
        trainer: The trainer whose `fit` runs inside.
    """
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as error:
        if not trainer.interrupted:
            raise
        raise KeyboardInterrupt from error
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, handler)


@contextmanager
def launch_workers(device: DeviceSettings, command: Sequence[str]) -> Iterator[None]:
    """Start the other processes of a DDP run and end them with it.

    Lightning would start them by running the user's own command line again, which inside a sweep is the whole sweep.
    Here each runs `command` instead, and Lightning finds the environment of processes that were started for it.

    Args:
        device: How many processes.
        command: Arguments of the Python interpreter for the processes of rank 1 and above.

    Raises:
        InputError: One of them failed, and said why; what the first process met for it is no fault of its own.
    """
    count = processes(device)
    if count == 1 or RANK in os.environ:
        yield
        return
    from lightning.fabric.plugins.environments.lightning import find_free_network_port

    before = dict(os.environ)
    os.environ.update(
        MASTER_ADDR="127.0.0.1", MASTER_PORT=str(find_free_network_port()), WORLD_SIZE=str(count), NODE_RANK="0"
    )
    others = [
        subprocess.Popen([sys.executable, *command], env={**os.environ, RANK: str(number)})
        for number in range(1, count)
    ]
    os.environ[RANK] = "0"
    try:
        yield
        _check_ended([other.wait(GRACE_S) for other in others])
    except Exception:
        _check_ended([other.poll() for other in others])
        raise
    finally:
        for other in others:
            other.kill()
            other.wait()
        _leave_process_group()
        os.environ.clear()
        os.environ.update(before)


def _check_ended(codes: Sequence[int | None]) -> None:
    """Raise where one of the other processes has failed; None stands for one that still runs."""
    failed = [code for code in codes if code]
    if failed:
        problem = f"another process of this training ended with code {max(failed, key=abs)}, its reason stands above"
        raise InputError("device=ddp", problem, "the same command goes on from the last checkpoint")


def _leave_process_group() -> None:
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def _keep_freed_memory() -> None:
    """Let glibc keep what tensors leave behind: mapping it anew in every step takes an eighth of the time."""
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def _check_cpu(device: DeviceSettings) -> None:
    """Raise where a CPU would have to imitate the precision, thirty times slower than in float32."""
    import torch

    if device.precision == "bf16" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        raise SettingError("device.precision", "bf16", "32 or auto", "this CPU has no instructions for bfloat16")


def _visible() -> int:
    import torch

    return torch.cuda.device_count()


def _check_gpus(device: DeviceSettings, count: int) -> None:
    """Raise where one of the first `count` GPUs, or what is asked of them, is not there."""
    import torch

    for number in range(count):
        if reason := why_not(number=number):
            remedy = "set device=cpu, or device=auto for the CPU where there is no card"
            raise InputError(f"device={device.kind}", reason, remedy)
    if device.precision == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise SettingError("device.precision", "bf16", "16, 32 or auto", "this GPU has no bfloat16")
    if device.compile == "true" and (missing := why_not_compiled()):
        raise SettingError("device.compile", "true", "false or auto", missing)
