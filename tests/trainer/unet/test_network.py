"""Networks keep the grid, give as many heads as asked, and the loss is lowest where the labels are."""

import pytest
import torch

from labelct.trainer.unet.network import DeepSupervisedLoss, build, channels_last
from labelct.trainer.unet.settings import UNetSettings


@pytest.mark.parametrize(("network", "heads"), [("dynunet", 0), ("dynunet", 1), ("residual", 0)])
def test_scores_lie_on_the_grid_of_the_image(network: str, heads: int) -> None:
    settings = UNetSettings(network=network, channels=[4, 8, 8], patch=[16, 16, 16], deep_supervision=heads)
    built, image = build(settings, 3), torch.randn(1, 1, 16, 24, 16)
    assert built.eval()(image).shape == (1, 3, 16, 24, 16)
    trained = built.train()(image)
    assert trained.shape == ((1, 1 + heads, 3, 16, 24, 16) if heads else (1, 3, 16, 24, 16))


def test_lower_heads_count_half_as_much_each() -> None:
    torch.manual_seed(0)
    labels, loss = torch.randint(0, 2, (1, 1, 8, 8, 8)), DeepSupervisedLoss()
    heads = torch.randn(1, 3, 2, 8, 8, 8)
    alone = [loss(head, labels) for head in heads.unbind(1)]
    expected = (alone[0] + alone[1] / 2 + alone[2] / 4) / 1.75
    torch.testing.assert_close(loss(heads, labels), expected)


def test_right_scores_cost_less_than_wrong_ones() -> None:
    labels, loss = torch.zeros(1, 1, 8, 8, 8, dtype=torch.uint8), DeepSupervisedLoss()
    labels[..., :4] = 1
    right = 9.0 * torch.cat([1.0 - labels, labels.float()], 1)
    assert loss(right, labels) < 0.01 < loss(-right, labels)


def test_how_a_network_lies_in_memory_changes_no_value() -> None:
    image = torch.randn(2, 3, 4, 5, 6)
    assert torch.equal(channels_last(image), image)
    assert channels_last(image).is_contiguous(memory_format=torch.channels_last_3d)
    layer = torch.nn.Conv3d(3, 4, 3)
    before = layer.weight.clone()
    assert torch.equal(channels_last(layer).weight, before)
