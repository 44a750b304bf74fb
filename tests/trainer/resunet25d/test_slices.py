"""Slices: each once an epoch whoever trains together, image and labels alike, by seed, step and process alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.resunet25d.network import stacked
from labelct.trainer.resunet25d.settings import AugmentationSettings, ResUNetSettings
from labelct.trainer.resunet25d.slices import Slices
from labelct.trainer.volumes import Form, LoadedCase, load_cases

NONE = AugmentationSettings(flip="", rotation=0.0, crop=1.0)


@pytest.fixture
def slices(training_set):
    cases = load_cases(training_set.train, Form((4, 4, 0), (1,)), 1, "cases")

    def make(start: int = 0, rank: int = 0, ranks: int = 1, labels=("liver",), **changes) -> Slices:
        wanted = {"channels": [4, 8, 8], "size": 32, "batch": 3, "steps": 200, "augmentation": NONE, **changes}
        values = {name: value for value, name in enumerate(labels, start=1)}
        settings = ResUNetSettings(**wanted)
        return Slices(cases, settings, BUILTIN["liver"], (4, 4, 0), values, 0, start, rank, ranks)

    return make


def test_an_epoch_is_every_slice_once_whoever_trains_together(slices) -> None:
    """Three volumes of 28 slices are 84: 28 steps of 3, or 14 of two processes."""
    for ranks in (1, 2):
        steps = 84 // 3 // ranks
        for epoch in range(2):
            seen = [
                (params["case"], params["corner"][2])
                for rank in range(ranks)
                for step in range(epoch * steps, (epoch + 1) * steps)
                for params in slices(rank=rank, ranks=ranks).drawn(step)
            ]
            assert sorted(seen) == [(case, level) for case in range(3) for level in range(28)]
    orders = [
        [params["corner"][2] for step in steps for params in slices().drawn(step)]
        for steps in (range(28), range(28, 56))
    ]
    assert orders[0] != orders[1]


def test_batches_depend_on_the_step_alone(slices) -> None:
    changed = {"augmentation": AugmentationSettings(noise=0.1, gamma=0.2)}
    whole, resumed = slices(**changed), slices(start=2, **changed)
    assert whole[0][0].shape == (3, 3, 32, 32)
    assert whole[0][1].shape == (3, 1, 32, 32)
    assert all(torch.equal(a, b) for a, b in zip(whole[2], resumed[0], strict=True))
    assert not torch.equal(whole[2][0], whole[3][0])
    loader = DataLoader(whole, batch_size=None, num_workers=2)
    assert torch.equal(next(iter(loader))[0], whole[0][0])


@pytest.mark.parametrize("context", [0, 1, 3])
def test_the_input_is_the_stack_of_the_case(slices, context: int) -> None:
    made = slices(context=context)
    for step in range(10):
        images, labels = made[step]
        for image, label, params in zip(images, labels, made.drawn(step), strict=True):
            case, (x, y, z) = made.cases[params["case"]], params["corner"]
            assert x == 0
            assert -2 <= y <= 0
            expected = BUILTIN["liver"].standardised(stacked(case.hu, z, context))
            assert torch.equal(image[:, :, -y : 30 - y], expected)
            assert torch.equal(label[0, :, -y : 30 - y], case.labels[:, :, z])


def test_labels_move_with_the_slice(slices) -> None:
    made = slices(augmentation=AugmentationSettings(rotation=60.0), foreground=1.0)
    for step in range(6):
        images, labels = made[step]
        bright, truth = images[:, 1] * 39.4 + 99.4 > 70, labels[:, 0] == 1  # the ball has 110 HU, the body 30
        assert 2 * (bright & truth).sum() / (bright.sum() + truth.sum()) > 0.93


def test_the_foreground_is_drawn_as_often_as_asked(slices) -> None:
    made = [slices(foreground=share, context=0) for share in (0.0, 1.0)]
    held = [(each[step][1] == 1).flatten(1).any(1) for each in made for step in range(28)]
    by_chance, about = (torch.cat(held[:28]).float().mean(), torch.cat(held[28:]).float().mean())
    assert float(about) == 1
    assert float(by_chance) == pytest.approx(12 / 28, abs=0.05)  # a ball of 48 mm in slices of 4 mm


def test_sides_forbid_mirroring_x(slices) -> None:
    def flips(*labels: str) -> set[int]:
        made = slices(labels=labels, augmentation=replace(NONE, flip="xy"))
        return {axis for step in range(20) for params in made.drawn(step) for axis in params["flip"]}

    assert flips("liver") == {0, 1}
    assert flips("kidney_left") == {1}


def test_a_volume_of_its_own_normalisation_is_seen_by_it() -> None:
    own = replace(BUILTIN["wide"], low=0.0, high=10_000.0, mean=2000.0, sd=1000.0)
    hu = torch.full((32, 32, 2), 4000, dtype=torch.int16)
    case = LoadedCase("a", hu, torch.zeros_like(hu).byte(), {}, own)
    settings = ResUNetSettings(channels=[4, 8, 8], size=32, batch=1, steps=2, augmentation=NONE)
    image, _ = Slices([case], settings, None, (4, 4, 0), {"liver": 1}, 0)[0]
    assert np.unique(image.numpy()).tolist() == [2.0]
