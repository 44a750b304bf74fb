"""The 3-D U-Net as the shared loop sees it: one channel, its own patch, probabilities that add up to one."""

import torch

from labelct.trainer.sliding_window import Windows
from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.settings import PredictionSettings, UNetSettings


class Voxelwise(torch.nn.Module):
    """Scores that depend on the voxel alone."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([-image, image, 2 * image], 1)


def test_scores_of_a_volume_are_those_of_its_voxels() -> None:
    settings = UNetSettings(channels=[4, 8, 8], patch=[16, 16, 32], prediction=PredictionSettings(z_padding_mm=7.0))
    assert UNET.patch(settings) == (1, 16, 16, 32)
    assert UNET.z_padding_mm(settings) == 7.0
    image = torch.randn(1, 1, 20, 9, 40)
    scores = UNET.class_scores(Voxelwise(), image, settings, Windows(0.5))
    torch.testing.assert_close(scores, Voxelwise()(image).softmax(1))
