"""The memory of a step is that of the tensors it keeps, and a GPU with less is refused in one line."""

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks

from labelct.errors import InputError
from labelct.trainer import memory
from labelct.trainer.memory import GIB, check_memory, least_memory, pays, saved
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.network import DeepSupervisedLoss
from labelct.trainer.unet.settings import UNetSettings
from tests.trainer.conftest import task

SMALL = UNetSettings(channels=[4, 8, 8], patch=[16, 16, 16], batch=2, deep_supervision=1)
CARD = DeviceSettings(kind="gpu", compile="false", precision="32")


def test_what_is_kept_is_what_a_real_step_keeps() -> None:
    network, kept = UNET.build(SMALL, 3).train(), {}
    weights = {parameter.data_ptr() for parameter in network.parameters()}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    image = torch.randn(2, 1, 16, 16, 16)
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        DeepSupervisedLoss()(network(image), (image > 0).to(torch.uint8))
    real = sum(tensor.untyped_storage().nbytes() for place, tensor in kept.items() if place not in weights)
    activations, loss, parameters = saved(UNET, SMALL, 3)
    assert activations + loss == pytest.approx(real, rel=0.02)
    assert parameters == sum(4 * parameter.numel() for parameter in network.parameters())


def test_the_patch_the_precision_and_the_batch_count(monkeypatch) -> None:
    whole = least_memory(UNET, CARD, SMALL, 3)
    monkeypatch.setattr(memory, "precision", lambda device: "bf16-mixed")
    activations = saved(UNET, SMALL, 3)[0]
    assert whole - least_memory(UNET, CARD, SMALL, 3) == activations - activations // 2
    one = UNetSettings(channels=[4, 8, 8], patch=[16, 16, 16], batch=1, deep_supervision=1)
    assert saved(UNET, one, 3)[0] == pytest.approx(activations / 2, rel=0.01)


def test_a_card_with_less_is_refused_with_what_to_set(monkeypatch) -> None:
    monkeypatch.setattr(memory, "least_memory", lambda *_: 9 * GIB)
    monkeypatch.setattr(memory, "free_memory", lambda number: 8 * GIB)
    asked = r"a step of 2 patches of 16 x 16 x 16 needs at least 9\.0 GiB of the card's memory, 8\.0 GiB are free"
    with pytest.raises(InputError, match=f"^device=gpu: {asked}; set trainer.batch or trainer.patch smaller"):
        check_memory(UNET, task(SMALL, device=CARD))
    check_memory(UNET, task(SMALL))
    monkeypatch.setattr(memory, "free_memory", lambda number: 10 * GIB)
    check_memory(UNET, task(SMALL, device=CARD))


def test_a_long_training_pays_for_its_compilation() -> None:
    assert [pays(UNetSettings(steps=steps, minutes=minutes)) for steps, minutes in ((250, None), (2000, None))] == [
        *(False, True)
    ]
    assert [pays(UNetSettings(steps=10**6, minutes=minutes)) for minutes in (2, 20)] == [False, True]
