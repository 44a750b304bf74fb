"""Eq. 1 to 3 of the paper, against values and gradients worked out by hand."""

import numpy as np
import pytest
import torch

from labelct.translation.losses import adversarial_loss, cycle_loss, judge_loss


def test_a_discriminator_wants_one_for_real_and_zero_for_made():
    # (0.5 - 1)^2 and (2 - 1)^2, mean 0.625; 0.4^2 and 0.2^2, mean 0.1
    real, made = torch.tensor([0.5, 2.0], requires_grad=True), torch.tensor([0.4, -0.2], requires_grad=True)
    loss = judge_loss(real, made)
    loss.backward()
    assert loss.item() == pytest.approx(0.725)
    assert real.grad.tolist() == pytest.approx([-0.5, 1.0])
    assert made.grad.tolist() == pytest.approx([0.4, -0.2])


def test_a_generator_wants_one_for_made():
    made = torch.tensor([0.4, -0.2], requires_grad=True)
    loss = adversarial_loss(made)
    loss.backward()
    assert loss.item() == pytest.approx((0.36 + 1.44) / 2)
    assert made.grad.tolist() == pytest.approx([-0.6, -1.2])


@pytest.mark.parametrize(("cycle", "value", "gradient"), [("mse", 0.05, [0.1, -0.3]), ("l1", 0.2, [0.5, -0.5])])
def test_pixels_are_compared(tiny, cycle, value, gradient):
    image, made = torch.tensor([0.0, 0.5]), torch.tensor([0.1, 0.2], requires_grad=True)
    loss = cycle_loss(tiny(cycle=cycle))(made, image)
    loss.backward()
    assert loss.item() == pytest.approx(value)
    assert made.grad.tolist() == pytest.approx(gradient)


def eq_2(made, image, window, sigma, k1, k2):
    """Return eq. 2 and 3 in plain float64 loops: Gaussian means, variances and covariance of every whole window."""
    at = np.arange(window) - window // 2
    weights = np.exp(-0.5 * (at / sigma) ** 2)
    kernel = np.outer(weights, weights) / weights.sum() ** 2
    c1, c2, losses = (2 * k1) ** 2, (2 * k2) ** 2, []
    for x in range(made.shape[0] - window + 1):
        for y in range(made.shape[1] - window + 1):
            a, b = (array[x : x + window, y : y + window] for array in (made, image))
            mean_a, mean_b = (kernel * a).sum(), (kernel * b).sum()
            var_a, var_b = (kernel * a * a).sum() - mean_a**2, (kernel * b * b).sum() - mean_b**2
            both = (kernel * a * b).sum() - mean_a * mean_b
            light = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
            losses.append(1 - light * (2 * both + c2) / (var_a + var_b + c2))
    return np.mean(losses)


@pytest.mark.parametrize("ssim", [{"window": 5, "sigma": 1.5}, {"window": 7, "sigma": 1.0, "k1": 0.05, "k2": 0.1}])
def test_structural_similarity_is_eq_2_and_3(tiny, ssim):
    rng = np.random.default_rng(0)
    image, made = rng.uniform(-1, 1, (2, 10, 9))
    settings = tiny(cycle="ssim", ssim=ssim)
    given = torch.tensor(made, dtype=torch.float32, requires_grad=True)
    loss = cycle_loss(settings)(given[None, None], torch.tensor(image)[None, None])
    loss.backward()
    wanted = settings.ssim
    constants = wanted.window, wanted.sigma, wanted.k1, wanted.k2
    assert loss.item() == pytest.approx(eq_2(made, image, *constants), abs=1e-5)
    for x, y in ((4, 4), (0, 8)):
        moved, step = [made.copy(), made.copy()], 1e-4
        moved[0][x, y] += step
        moved[1][x, y] -= step
        slope = (eq_2(moved[0], image, *constants) - eq_2(moved[1], image, *constants)) / (2 * step)
        assert float(given.grad[x, y]) == pytest.approx(slope, abs=1e-5)


def test_an_image_is_like_itself(tiny):
    image = torch.rand(1, 1, 16, 16)
    for cycle in ("mse", "l1", "ssim"):
        assert cycle_loss(tiny(cycle=cycle))(image, image).item() == pytest.approx(0, abs=1e-6)
