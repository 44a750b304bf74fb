import copy

import pytest
import torch
from torch import nn

from labelct.trainer.network import build, for_cpu
from labelct.trainer.settings import UNetSettings


@pytest.mark.parametrize(("network", "heads"), [("dynunet", 1), ("residual", 0)])
def test_group_norm_is_the_same_function_of_the_same_parameters(network: str, heads: int) -> None:
    torch.manual_seed(0)
    settings = UNetSettings(network=network, channels=[4, 8, 16], deep_supervision=heads, patch=[16, 16, 16])
    first = build(settings, 3)
    for name, parameter in first.named_parameters():
        if name.endswith(("norm.weight", "norm.bias", "N.weight", "N.bias")):
            nn.init.normal_(parameter)
    second = copy.deepcopy(first)
    for_cpu(second)
    image = torch.randn(2, 1, 16, 16, 16)
    torch.testing.assert_close(first(image), second(image), rtol=1e-4, atol=1e-4)
    assert list(first.state_dict()) == list(second.state_dict())
    assert not any(isinstance(part, nn.InstanceNorm3d) for part in second.modules())
    assert any(isinstance(part, nn.GroupNorm) for part in second.modules())


def test_an_optimiser_keeps_hold_of_the_parameters() -> None:
    network = build(UNetSettings(channels=[4, 8, 16], patch=[16, 16, 16]), 2)
    before = {id(parameter) for parameter in network.parameters()}
    for_cpu(network)
    assert {id(parameter) for parameter in network.parameters()} == before
