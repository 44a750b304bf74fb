"""Sliding windows: what a network says voxel by voxel is said of a whole volume, however it is cut or flipped."""

from functools import partial

import pytest
import torch

from labelct.trainer.sliding_window import Windows, blended

SIZE, SOFTMAX = (16, 16, 16), partial(torch.softmax, dim=1)


class Voxelwise(torch.nn.Module):
    """Scores that depend on the voxel alone."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([-image, image], 1)


@pytest.mark.parametrize("flips", [((),), ((), (0,), (2,), (0, 2))])
@pytest.mark.parametrize("shape", [(16, 16, 16), (40, 21, 33), (9, 20, 7)])
def test_windows_and_flips_change_nothing_of_a_voxelwise_network(shape, flips) -> None:
    image = torch.randn(1, 1, *shape)
    scores = blended(Voxelwise(), SOFTMAX, image, SIZE, 4, Windows(0.5, flips))
    torch.testing.assert_close(scores, torch.cat([-image, image], 1).softmax(1))


class FirstHalf(Voxelwise):
    """Says organ in the lower half of x of what it sees."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        half = torch.zeros_like(image)
        half[:, :, : image.shape[2] // 2] = 1
        return torch.cat([-half, half], 1)


def test_probabilities_are_the_mean_over_the_flips() -> None:
    scores = blended(FirstHalf(), SOFTMAX, torch.zeros(1, 1, 16, 16, 16), SIZE, 4, Windows(0.5, ((), (0,))))
    torch.testing.assert_close(scores, scores.flip(2))
