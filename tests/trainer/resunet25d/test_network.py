"""The stack of slices is one built by hand, ends included; losses are those computed by hand."""

import math

import pytest
import torch
from monai.networks import nets

from labelct.trainer.resunet25d.family import RESUNET
from labelct.trainer.resunet25d.network import SliceLoss, definition, probabilities, stacked
from labelct.trainer.resunet25d.settings import ResUNetSettings


@pytest.mark.parametrize(
    ("level", "context", "expected"),
    [
        (2, 0, [2]),
        (2, 1, [1, 2, 3]),
        (0, 1, [0, 0, 1]),
        (4, 1, [3, 4, 4]),
        (1, 2, [0, 0, 1, 2, 3]),
        (4, 3, [1, 2, 3, 4, 4, 4, 4]),
        (0, 3, [0, 0, 0, 0, 1, 2, 3]),
    ],
)
def test_a_stack_is_the_slice_between_its_neighbours(level: int, context: int, expected: list[int]) -> None:
    volume = torch.randn(3, 4, 5)
    by_hand = torch.stack([volume[:, :, number] for number in expected])
    assert torch.equal(stacked(volume, level, context), by_hand)


def test_a_volume_of_one_slice_is_its_own_neighbour() -> None:
    volume = torch.randn(3, 4, 1)
    assert torch.equal(stacked(volume, 0, 2), volume.movedim(2, 0).expand(5, 3, 4))


@pytest.mark.parametrize("context", [0, 1, 2, 3])
@pytest.mark.parametrize(("classes", "scores"), [(2, 1), (4, 4)])
def test_scores_lie_on_the_grid_of_the_slice(context: int, classes: int, scores: int) -> None:
    settings = ResUNetSettings(context=context, channels=[4, 8, 8], size=16)
    assert RESUNET.build(settings, classes)(torch.randn(2, 2 * context + 1, 16, 24)).shape == (2, scores, 16, 24)


def test_blocks_are_residual() -> None:
    """Without the convolutions of its residual units a network still passes its image on, by the short skips."""
    network = RESUNET.build(ResUNetSettings(channels=[4, 8, 8], size=16), 2).eval()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if ".conv.unit" in name and not name.endswith("adn.A.weight"):
                weight.zero_()
        one, other = (network(torch.randn(1, 3, 16, 16)) for _ in range(2))
    assert float((one - other).abs().max()) > 1e-6


@pytest.mark.parametrize(("classes", "share"), [(2, 0.01), (2, 0.3), (4, 0.03)])
def test_it_begins_with_the_share_of_targets_that_is_expected(classes: int, share: float) -> None:
    """Without what the pixels add, probabilities are those of the share, the same for each target."""
    network = RESUNET.build(ResUNetSettings(channels=[4, 8, 8], size=16, target_share=share), classes)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if not (name.startswith("model.2.1") and name.endswith("bias")):
                weight.zero_()
        found = probabilities(network(torch.randn(1, 3, 16, 16))).mean((0, 2, 3))
    expected = [1 - share, *[share / (classes - 1)] * (classes - 1)]
    assert found.tolist() == pytest.approx(expected, rel=1e-5)


def test_without_a_share_the_first_bias_is_as_monai_has_it() -> None:
    torch.manual_seed(3)
    one = RESUNET.build(ResUNetSettings(channels=[4, 8, 8], size=16, target_share=None), 2).state_dict()
    torch.manual_seed(3)
    name, arguments = definition(ResUNetSettings(channels=[4, 8, 8], size=16), 2)
    other = getattr(nets, name)(**arguments).state_dict()
    assert all(torch.equal(one[key], other[key]) for key in other)


def test_binary_cross_entropy_by_hand() -> None:
    """Probabilities 1/2 and 3/4 of a target that is there, 3/4 where it is not."""
    scores = torch.tensor([0.0, math.log(3), math.log(3)]).reshape(1, 1, 3, 1)
    labels = torch.tensor([1, 1, 0]).reshape(1, 1, 3, 1).byte()
    expected = -(math.log(1 / 2) + math.log(3 / 4) + math.log(1 / 4)) / 3
    assert float(SliceLoss()(scores, labels)) == pytest.approx(expected, rel=1e-6)


def test_softmax_cross_entropy_by_hand() -> None:
    scores = torch.tensor([[0.0, math.log(2), math.log(5)], [math.log(2), 0.0, 0.0]]).T.reshape(1, 3, 2, 1)
    labels = torch.tensor([2, 0]).reshape(1, 1, 2, 1).byte()
    assert float(SliceLoss()(scores, labels)) == pytest.approx(-(math.log(5 / 8) + math.log(2 / 4)) / 2, rel=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("said", [0.0, 50.0, math.nan, math.inf])
def test_loss_and_gradients_know_nothing_of_pixels_to_ignore(channels: int, said: float) -> None:
    torch.manual_seed(0)
    known = torch.randn(2, channels, 4, 5)
    labels = torch.randint(0, max(2, channels), (2, 1, 4, 8)).byte()
    labels[..., 5:] = 3
    other = torch.cat([known, torch.full((2, channels, 4, 3), said)], -1)
    known.requires_grad_()
    other.requires_grad_()
    expected, found = SliceLoss()(known, labels[..., :5]), SliceLoss(3)(other, labels)
    torch.testing.assert_close(found, expected)
    (wanted,), (gradient,) = torch.autograd.grad(expected, known), torch.autograd.grad(found, other)
    assert (gradient[..., 5:] == 0).all()
    torch.testing.assert_close(gradient[..., :5], wanted)


def test_a_batch_that_nobody_labelled_teaches_nothing() -> None:
    scores = torch.randn(1, 1, 4, 4, requires_grad=True)
    loss = SliceLoss(2)(scores, torch.full((1, 1, 4, 4), 2).byte())
    assert float(loss.detach()) == 0
    assert (torch.autograd.grad(loss, scores)[0] == 0).all()


def test_probabilities_add_up_to_one_with_the_background_first() -> None:
    single = probabilities(torch.tensor([math.log(3)]).reshape(1, 1, 1, 1))
    assert single.flatten().tolist() == pytest.approx([0.25, 0.75])
    scores = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(probabilities(scores), scores.softmax(1))
