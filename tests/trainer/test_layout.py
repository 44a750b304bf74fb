"""Channels last, in slices and in volumes: another order in memory, the same values."""

import pytest
import torch

from labelct.trainer.layout import channels_last


@pytest.mark.parametrize(
    ("shape", "layer", "format"),
    [
        ((2, 3, 4, 5, 6), torch.nn.Conv3d, torch.channels_last_3d),
        ((2, 3, 4, 5), torch.nn.Conv2d, torch.channels_last),
    ],
)
def test_how_a_network_lies_in_memory_changes_no_value(shape, layer, format) -> None:
    image = torch.randn(shape)
    assert torch.equal(channels_last(image), image)
    assert channels_last(image).is_contiguous(memory_format=format)
    made = layer(3, 4, 3)
    before = made.weight.clone()
    assert torch.equal(channels_last(made).weight, before)
    assert made.weight.is_contiguous(memory_format=format)


def test_what_has_no_such_order_is_left_as_it_is() -> None:
    image = torch.randn(3, 4)
    assert channels_last(image) is image
    assert channels_last(torch.nn.Linear(3, 4)).weight.shape == (4, 3)
