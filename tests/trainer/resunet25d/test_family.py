"""The 2.5-D U-Net as the shared loop sees it: each slice between its neighbours, epochs counted in steps."""

import pytest
import torch

from labelct.trainer.resunet25d.family import RESUNET
from labelct.trainer.resunet25d.network import stacked
from labelct.trainer.resunet25d.settings import ResUNetSettings
from labelct.trainer.settings import PredictionSettings
from labelct.trainer.sliding_window import Windows


class Pixelwise(torch.nn.Module):
    """A score that depends on a pixel of the slices alone: twice the slice below plus the slice above."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return 2 * image[:, :1] + image[:, -1:]


@pytest.mark.parametrize("flips", [((),), ((), (0,), (1,), (0, 1))])
@pytest.mark.parametrize("shape", [(16, 16, 5), (40, 9, 3), (20, 33, 1)])
def test_every_slice_is_predicted_between_its_neighbours(shape: tuple[int, ...], flips) -> None:
    settings = ResUNetSettings(channels=[4, 8, 8], size=16, prediction=PredictionSettings(batch=2))
    image = torch.randn(1, 1, *shape)
    scores = RESUNET.class_scores(Pixelwise(), image, settings, Windows(0.5, flips))
    assert scores.shape == (1, 2, *shape)
    for level in range(shape[2]):
        below, _, above = stacked(image[0, 0], level, 1)
        torch.testing.assert_close(scores[0, 1, :, :, level], (2 * below + above).sigmoid())
    torch.testing.assert_close(scores.sum(1), torch.ones(1, *shape))


def test_epochs_are_steps_of_the_training_set(training_set) -> None:
    """Three volumes of 28 slices, 84 in all: 10 epochs are 210 steps of 4, or 105 of two processes."""
    settings = ResUNetSettings(channels=[4, 8, 8], size=16, batch=4, epochs=10)
    for processes, steps in ((1, 210), (2, 105)):
        found = RESUNET.resolved(settings, training_set, processes)
        assert (found.steps, found.validate_every, found.spacing) == (steps, round(steps / 30), [4.0, 4.0, 0.0])
    thick = ResUNetSettings(channels=[4, 8, 8], size=16, batch=4, epochs=10, spacing=[4.0, 4.0, 8.0])
    assert RESUNET.resolved(thick, training_set, 1).steps == 105
    given = ResUNetSettings(channels=[4, 8, 8], size=16, steps=7, validate_every=3, spacing=[2.0, 2.0, 0.0])
    assert RESUNET.resolved(given, training_set, 1) == given


def test_what_is_seen_at_once_are_slices(training_set) -> None:
    assert RESUNET.patch(ResUNetSettings(context=2, channels=[4, 8, 8], size=48)) == (5, 48, 48)
    assert RESUNET.z_padding_mm(ResUNetSettings()) == 0
