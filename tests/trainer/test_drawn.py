"""Batches from volumes drawn while the network trains: fresh, resumable, and never the same in two processes."""

import torch
from torch.utils.data import DataLoader

from labelct.trainer.drawn import VOLUMES_IN_HAND, OnlinePatches
from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.unet.patches import Patches
from labelct.trainer.unet.settings import UNetSettings


def patches(volumes, start=0, rank=0, ranks=1):
    settings = UNetSettings(channels=[4, 8, 16], patch=[16, 16, 16], batch=2, steps=40)
    cut = Patches([], settings, BUILTIN["soft_tissue"], (5.0, 5.0, 5.0), {"liver": 1}, 7, start, rank)
    return OnlinePatches(volumes, cut, ranks)


def test_patches_come_from_fresh_volumes_and_resume(volumes):
    dataset = patches(volumes)
    numbers = [dataset.number(step) for step in range(6 * VOLUMES_IN_HAND)]
    assert all(numbers.count(number) * 2 == 4 for number in set(numbers))
    assert numbers[: 2 * VOLUMES_IN_HAND] == [*range(VOLUMES_IN_HAND), *range(VOLUMES_IN_HAND)]
    image, labels = dataset[19]
    assert image.shape == labels.shape == (2, 1, 16, 16, 16)
    resumed, _ = patches(volumes, start=15)[4]
    assert torch.equal(image, resumed)
    in_workers = list(DataLoader(patches(volumes), batch_size=None, num_workers=2))
    assert torch.equal(in_workers[19][0], image)


def test_processes_that_train_together_share_no_volume(volumes):
    numbers = [[patches(volumes, 0, rank, 2).number(step) for step in range(4 * VOLUMES_IN_HAND)] for rank in range(2)]
    assert not set(numbers[0]) & set(numbers[1])
    assert set(numbers[0]) | set(numbers[1]) == set(range(4 * VOLUMES_IN_HAND))
    images = [patches(volumes, 0, rank, 2)[3][0] for rank in range(2)]
    assert not torch.equal(*images)
    again = patches(volumes, 0, 1, 2)
    assert torch.equal(again[3][0], images[1])
    assert torch.equal(again[3 + VOLUMES_IN_HAND][0], patches(volumes, 3, 1, 2)[VOLUMES_IN_HAND][0])
    assert [len(again._held) for step in range(VOLUMES_IN_HAND) if again[step]][-1] == VOLUMES_IN_HAND
