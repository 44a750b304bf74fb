"""One step of the training is what the formulas say; the learning rate is constant and then falls."""

import numpy as np
import pytest
import torch
from torch.optim import Adam

from labelct.translation.batches import POOL, stream
from labelct.translation.module import TranslationModule, rate_at
from labelct.translation.networks import Cycle
from labelct.translation.pool import ImagePool


def test_the_rate_is_constant_for_half_and_falls_to_nothing(tiny):
    settings = tiny(epochs=200, decay=100)
    rates = [rate_at(step, 2000, settings) for step in (0, 999, 1000, 1500, 2000)]
    assert rates == pytest.approx([1, 1, 1, 0.5, 0])


def test_without_decay_the_rate_stays(tiny):
    assert rate_at(9, 10, tiny(decay=0)) == 1


def test_the_rate_follows_the_minutes_where_they_are_further(tiny):
    assert rate_at(0, 1000, tiny(epochs=10, decay=5), share=0.75) == pytest.approx(0.5)


@pytest.fixture
def started(tiny, monkeypatch):
    """Return a module and its optimisers, without Lightning's trainer round them."""

    def make(**changed):
        torch.manual_seed(0)
        module = TranslationModule(tiny(**changed), 10)
        optimisers = module.configure_optimizers()[0]
        monkeypatch.setattr(module, "optimizers", lambda: optimisers)
        monkeypatch.setattr(module, "manual_backward", lambda loss: loss.backward())
        monkeypatch.setattr(type(module), "step", property(lambda _: 0))
        monkeypatch.setattr(module, "toggle_optimizer", lambda optimiser: None)
        monkeypatch.setattr(module, "untoggle_optimizer", lambda optimiser: None)
        return module

    return make


def test_a_step_is_cyclegans(started, tiny):
    """The same step, written out: the weights of all four networks agree."""
    module = started(cycle="l1", identity_weight=5.0)
    torch.manual_seed(0)
    plain = Cycle(module.settings)
    makers, judges = (Adam(part.parameters(), 2e-4, (0.5, 0.999)) for part in (plain.generators, plain.judges))
    mr, ct = torch.rand(2, 1, 1, 32, 32) * 2 - 1
    losses = module.training_step((mr, ct), 0)

    made_ct, made_mr = plain.to_ct(mr), plain.to_mr(ct)
    fooled = (plain.judge_ct(made_ct) - 1).pow(2).mean() + (plain.judge_mr(made_mr) - 1).pow(2).mean()
    cycle = (plain.to_mr(made_ct) - mr).abs().mean() + (plain.to_ct(made_mr) - ct).abs().mean()
    same = (plain.to_ct(ct) - ct).abs().mean() + (plain.to_mr(mr) - mr).abs().mean()
    (fooled + 10 * cycle + 5 * same).backward()
    makers.step()
    judges.zero_grad()
    rng = stream(0, POOL, 0, 0)
    caught = torch.zeros(())
    for judge, real, made in ((plain.judge_ct, ct, made_ct), (plain.judge_mr, mr, made_mr)):
        kept = ImagePool(2).exchange(made.detach(), rng)
        caught = caught + (judge(real) - 1).pow(2).mean() + judge(kept).pow(2).mean()
    caught.backward()
    judges.step()

    assert (losses["cycle_mr"] + losses["cycle_ct"]).item() == pytest.approx(10 * cycle.item(), rel=1e-5)
    assert (losses["judge_ct"] + losses["judge_mr"]).item() == pytest.approx(caught.item(), rel=1e-5)
    for (name, one), other in zip(module.cycle.named_parameters(), plain.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6), name


def test_the_discriminators_see_older_images_too(started):
    module = started(pool=1)
    older = torch.full((1, 1, 32, 32), 0.5)
    module.pools["ct"].restore(older)
    module.pools["mr"].restore(older)
    seen = []
    module.cycle.judge_ct.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    for _ in range(8):
        module.training_step((torch.rand(1, 1, 32, 32), torch.rand(1, 1, 32, 32)), 0)
        module.pools["ct"].restore(older)
    drawn = stream(0, POOL, 0, 0).random() >= 0.5
    assert any(len(images) == 2 and torch.equal(images[1:], older) for images in seen) == drawn


def test_the_rate_of_a_step_reaches_both_optimisers(started, monkeypatch):
    module = started(epochs=2, decay=1)
    monkeypatch.setattr(type(module), "step", property(lambda _: 15))
    module.training_step(tuple(torch.from_numpy(np.zeros((2, 1, 1, 32, 32), np.float32))), 0)
    assert [optimiser.param_groups[0]["lr"] for optimiser in module.optimizers()] == pytest.approx([1e-4, 1e-4])
