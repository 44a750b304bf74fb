"""What a card alone can show: `pytest -m gpu` runs it where there is one; elsewhere each test skips, saying so."""

import time
from contextlib import contextmanager
from dataclasses import asdict

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback

from labelct.accelerator import GIB, free_memory
from labelct.errors import InputError
from labelct.tracking import Tracker
from labelct.trainer import training
from labelct.trainer.device import described, precision
from labelct.trainer.memory import least_memory
from labelct.trainer.module import SegmentationModule
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.unet import check, fit, load
from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.settings import UNetSettings
from labelct.volume import Volume
from tests.trainer.conftest import body_with_ball, task
from tests.trainer.step_time import steps

pytestmark = [pytest.mark.gpu, pytest.mark.usefixtures("card")]
GPU = DeviceSettings(kind="gpu", compile="false")
LARGE = {"channels": [32, 64, 128, 256, 320, 320], "patch": [128] * 3, "deep_supervision": 4, "optimiser": "sgd"}


def dice(guess: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * (guess * truth).sum() / (guess.sum() + truth.sum()))


def model_of(settings: UNetSettings) -> dict:
    return {"settings": asdict(settings), "labels": {f"organ{n}": n for n in range(1, 8)}}


def resident(settings: UNetSettings):
    shape = (settings.batch, 1, *settings.patch)
    return torch.randn(shape, device="cuda"), torch.randint(0, 8, shape, dtype=torch.uint8, device="cuda")


class NoSync(Callback):
    """Lets torch refuse whatever makes the host wait, from the fifth step to the one before the last."""

    def __init__(self, last: int) -> None:
        self.last, self.seen = last, 0

    def on_train_batch_start(self, trainer, module, batch, batch_idx) -> None:
        torch.cuda.set_sync_debug_mode("error" if 5 <= trainer.global_step < self.last else "default")
        self.seen += 5 <= trainer.global_step < self.last

    def on_validation_start(self, trainer, module) -> None:
        torch.cuda.set_sync_debug_mode("default")


def with_callbacks(made, *callbacks: Callback):
    """Return what makes Lightning's trainer with callbacks besides its own."""
    return lambda **given: made(**{**given, "callbacks": [*given["callbacks"], *callbacks]})


@pytest.fixture
def watched(monkeypatch):
    """Return a function that puts callbacks into the trainings that follow."""

    def add(*callbacks: Callback) -> None:
        monkeypatch.setattr(training, "Trainer", with_callbacks(training.Trainer, *callbacks))

    yield add
    torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("sampling", ["device", "workers"])
@pytest.mark.parametrize("wanted", ["bf16", "32"])
def test_a_ball_is_learnt_and_found(training_set, tiny, tmp_path, sampling: str, wanted: str) -> None:
    device = DeviceSettings(kind="gpu", compile="false", sampling=sampling, precision=wanted, workers=2)
    fit(task(tiny(steps=60, validate_every=20), device=device), training_set.folder, tmp_path / "model", Tracker())
    hu, truth = body_with_ball((61, 60, 19), (2.1, 2.0, 6.0), seed=9)
    found = load(tmp_path / "model", GPU).predict(Volume(hu, np.diag([2.1, 2.0, 6.0, 1.0])))
    on_cpu = load(tmp_path / "model", DeviceSettings()).predict(Volume(hu, np.diag([2.1, 2.0, 6.0, 1.0])))
    assert dice(found, truth) > 0.85
    assert dice(found, on_cpu) > 0.98


def test_no_step_makes_the_host_wait(training_set, tiny, tmp_path, watched) -> None:
    none = NoSync(last=38)
    watched(none)
    device = DeviceSettings(kind="gpu", compile="false", sampling="device", precision="bf16")
    settings = tiny(steps=40, validate_every=40, minutes=5.0)
    fit(task(settings, device=device), training_set.folder, tmp_path, Tracker())
    assert none.seen == 33


def test_a_compiled_step_learns_the_same(training_set, tiny, tmp_path) -> None:
    losses = []
    for compiled in ("true", "false"):
        device = DeviceSettings(kind="gpu", precision="32", sampling="device", compile=compiled)
        fit(task(tiny(steps=10), device=device), training_set.folder, tmp_path / compiled, Tracker())
        line = (tmp_path / compiled / "log.csv").read_text().splitlines()[1]
        losses.append(float(line.split(",")[1]))
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


def test_minutes_end_a_training(training_set, tiny, tmp_path) -> None:
    began = time.monotonic()
    settings = tiny(steps=10**6, minutes=0.2, validate_every=10**6)
    fit(task(settings, device=GPU), training_set.folder, tmp_path, Tracker())
    state = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert 12 <= state["callbacks"]["TrainingClock"]["seconds"] < 20
    assert time.monotonic() - began < 60


@contextmanager
def all_but(left: int):
    """Take a card's memory, all but `left` bytes."""
    torch.cuda.empty_cache()
    taken = torch.empty(free_memory() - left, dtype=torch.uint8, device="cuda")
    try:
        yield
    finally:
        del taken
        torch.cuda.empty_cache()


def test_a_card_that_is_too_small_is_refused_before_the_training() -> None:
    settings = UNetSettings(**LARGE)
    with all_but(GIB), pytest.raises(InputError, match=r"needs at least .* GiB are free; set trainer\.batch"):
        check(task(settings, device=GPU), lambda: None, None)


def test_a_full_card_in_mid_training_is_one_line(training_set, tiny, tmp_path) -> None:
    class Filling(Callback):
        def on_train_batch_start(self, trainer, module, batch, batch_idx) -> None:
            if trainer.global_step == 20:
                self.taken = torch.empty(2 * free_memory(), dtype=torch.uint8, device="cuda")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(training, "Trainer", with_callbacks(training.Trainer, Filling()))
        with pytest.raises(InputError, match=r"memory is full at step 20 .* goes on from .*last\.ckpt"):
            fit(task(tiny(), device=GPU), training_set.folder, tmp_path, Tracker())
    fit(task(tiny(), device=GPU), training_set.folder, tmp_path, Tracker())


def test_a_step_takes_at_least_the_memory_that_is_said() -> None:
    settings = UNetSettings(**LARGE)
    module = SegmentationModule(UNET, model_of(settings)).to("cuda")
    module.on_fit_start()
    torch.cuda.reset_peak_memory_stats()
    steps(module, resident(settings), 1)
    peak, said = torch.cuda.max_memory_allocated(), least_memory(UNET, GPU, settings, 8)
    print(f"\n{described(GPU)}: a step took {peak / GIB:.1f} GiB, at least {said / GIB:.1f} GiB were said")
    assert 0.9 * said < peak < 4 * said
    assert precision(GPU) == "bf16-mixed"


def test_what_channels_last_and_compilation_save() -> None:
    settings = UNetSettings(**LARGE)
    batch, said = resident(settings), []
    for compiled in (False, True):
        module = SegmentationModule(UNET, model_of(settings), compiled=compiled).to("cuda")
        module.on_fit_start()
        said.append(steps(module, batch, 20))
    plain = SegmentationModule(UNET, model_of(settings)).to("cuda")
    said.append(steps(plain, batch, 20))  # as the network was built; the image comes channels last
    for name, seconds in zip(("channels last", "channels last, compiled", "weights as built"), said, strict=True):
        print(f"\n{name}: {1000 * seconds:.0f} ms a step")
    assert said[1] < 1.1 * said[0]


def test_the_card_is_busy_while_volumes_are_drawn(volumes, training_set, tmp_path, watched) -> None:
    """A step with drawn volumes takes at most a tenth longer than one on a batch that is there, and so is 90 % busy."""
    settings = UNetSettings(**{**LARGE, "patch": [64] * 3, "channels": [32, 64, 128, 256, 320]}, steps=120, batch=8)
    settings.validate_every = 10**6
    marks: list[torch.cuda.Event] = []

    class Marked(Callback):
        def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx) -> None:
            marks.append(torch.cuda.Event(enable_timing=True))
            marks[-1].record()

    watched(Marked())
    device = DeviceSettings(kind="gpu", compile="false", sampling="device")
    fit(task(settings, device=device, volumes=volumes), training_set.folder, tmp_path, Tracker())
    torch.cuda.synchronize()
    taken = marks[40].elapsed_time(marks[110]) / 70 / 1000
    module = SegmentationModule(UNET, {"settings": asdict(settings), "labels": {"liver": 1}}).to("cuda")
    module.on_fit_start()
    alone = steps(module, resident(settings), 30)
    print(f"\n{described(device)}: {1000 * taken:.0f} ms a step with drawn volumes, {1000 * alone:.0f} ms without")
    assert alone / taken > 0.9
