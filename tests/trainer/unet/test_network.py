"""Networks keep the grid, give as many heads as asked, and the loss is lowest where the labels are."""

import math

import pytest
import torch

from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.network import DeepSupervisedLoss
from labelct.trainer.unet.settings import UNetSettings


@pytest.mark.parametrize(("network", "heads"), [("dynunet", 0), ("dynunet", 1), ("residual", 0)])
def test_scores_lie_on_the_grid_of_the_image(network: str, heads: int) -> None:
    settings = UNetSettings(network=network, channels=[4, 8, 8], patch=[16, 16, 16], deep_supervision=heads)
    built, image = UNET.build(settings, 3), torch.randn(1, 1, 16, 24, 16)
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


def test_a_loss_without_the_voxels_to_ignore_by_hand() -> None:
    """Two known voxels, each as likely liver as not, one of them liver: cross-entropy log 2, Dice 2 (1/2) / (1 + 1)."""
    labels = torch.tensor([0, 1, 2, 2]).reshape(1, 1, 4, 1, 1)
    scores = torch.zeros(1, 2, 4, 1, 1)
    scores[:, 1, 2:] = 7.0
    expected = math.log(2) + 1 - 2 * 0.5 / 2
    assert float(DeepSupervisedLoss(2)(scores, labels)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("heads", [1, 3])
@pytest.mark.parametrize("said", [0.0, 50.0, -1e6, math.nan, math.inf])
def test_loss_and_gradients_know_nothing_of_voxels_to_ignore(heads: int, said: float) -> None:
    torch.manual_seed(0)
    known = torch.randn(2, heads, 3, 8, 8, 5)
    labels = torch.randint(0, 3, (2, 1, 8, 8, 8), dtype=torch.uint8)
    labels[..., 5:] = 3
    other = torch.cat([known, torch.full((2, heads, 3, 8, 8, 3), said)], -1)
    if math.isfinite(said):
        other[:, :, 1, ..., 5:] *= -0.5
    known.requires_grad_()
    other.requires_grad_()
    expected, found = DeepSupervisedLoss()(known, labels[..., :5]), DeepSupervisedLoss(3)(other, labels)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=0)
    (wanted,), (gradient,) = torch.autograd.grad(expected, known), torch.autograd.grad(found, other)
    assert (gradient[..., 5:] == 0).all()
    torch.testing.assert_close(gradient[..., :5], wanted, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("network", ["dynunet", "residual"])
def test_no_weight_learns_from_voxels_to_ignore(network: str) -> None:
    """The gradient of every weight is the same whatever stands behind the labels that are ignored."""
    heads = 1 if network == "dynunet" else 0
    settings = UNetSettings(network=network, channels=[4, 8, 8], patch=[16, 16, 16], deep_supervision=heads)
    torch.manual_seed(0)
    built, image = UNET.build(settings, 2).train(), torch.randn(1, 1, 16, 16, 16)
    labels = torch.randint(0, 2, (1, 1, 16, 16, 16))
    ignored = torch.rand(1, 1, 16, 16, 16) < 0.5
    offset = 9 * torch.randn(2, 16, 16, 16) * ignored[0]
    found = []
    for wrong in (torch.zeros_like(offset), offset):
        loss = DeepSupervisedLoss(2)(built(image) + wrong, labels.masked_fill(ignored, 2))
        found.append([loss, *torch.autograd.grad(loss, list(built.parameters()), allow_unused=True)])
    assert all(one is other is None or torch.equal(one, other) for one, other in zip(*found, strict=True))
    assert any(one is not None and one.abs().max() > 1e-3 for one in found[0][1:])


def test_a_batch_that_nobody_labelled_teaches_nothing() -> None:
    scores = torch.randn(1, 2, 4, 4, 4, requires_grad=True)
    loss = DeepSupervisedLoss(2)(scores, torch.full((1, 1, 4, 4, 4), 2))
    assert float(loss.detach()) == 0
    assert (torch.autograd.grad(loss, scores)[0] == 0).all()


def test_a_batch_that_is_labelled_everywhere_costs_the_same() -> None:
    torch.manual_seed(0)
    scores, labels = torch.randn(2, 3, 8, 8, 8), torch.randint(0, 3, (2, 1, 8, 8, 8))
    torch.testing.assert_close(DeepSupervisedLoss(3)(scores, labels), DeepSupervisedLoss()(scores, labels))
