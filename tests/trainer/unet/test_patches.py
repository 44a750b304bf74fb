"""Patches: cut where they should be, image and labels alike, and by seed, step and rank alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.unet.patches import Patches
from labelct.trainer.unet.settings import AugmentationSettings
from labelct.trainer.volumes import Form, LoadedCase, load_cases

NONE = AugmentationSettings("", scale=0, shift=0, gamma=0, noise=0)


@pytest.fixture
def patches(training_set, tiny):
    def make(start: int = 0, rank: int = 0, **changes) -> Patches:
        cases = load_cases(training_set.train, Form((4, 4, 4), (1,)), 1, "cases")
        return Patches(cases, tiny(**changes), BUILTIN["liver"], (4, 4, 4), {"liver": 1}, 0, start, rank)

    return make


def test_batches_depend_on_the_step_alone(patches) -> None:
    whole, resumed = patches(), patches(start=2)
    for first, second in ((whole[2], resumed[0]), (whole[3], resumed[1])):
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert not torch.equal(whole[2][0], whole[3][0])
    assert not torch.equal(whole[2][0], patches(rank=1)[2][0])
    loader = DataLoader(whole, batch_size=None, num_workers=2)
    assert torch.equal(next(iter(loader))[0], whole[0][0])


def test_labels_move_with_the_image(patches) -> None:
    turned = replace(NONE, flip="xyz", spatial=1.0, rotation=40.0, zoom=0.3)
    for index in range(6):
        image, labels = patches(augmentation=turned, foreground=1.0)[index]
        assert image.shape == labels.shape == (2, 1, 24, 24, 24)
        hu = image * 39.4 + 99.4
        bright, truth = hu > 70, labels == 1  # the ball has 110 HU, the body 30
        assert 2 * (bright & truth).sum() / (bright.sum() + truth.sum()) > 0.93


def test_a_scan_that_ends_within_the_patch_leaves_air_and_no_label(patches) -> None:
    ends = replace(NONE, truncate_z_probability=1.0)
    air = (-1024 - 99.4) / 39.4
    cut = 0
    for index in range(6):
        image, labels = patches(augmentation=ends, foreground=1.0)[index]
        whole, truth = patches(augmentation=NONE, foreground=1.0)[index]
        for z in range(image.shape[-1]):
            for n in range(len(image)):
                same = torch.equal(image[n, ..., z], whole[n, ..., z])
                gone = bool((image[n, ..., z] <= max(air, BUILTIN["liver"].floor) + 1e-4).all())
                assert same or gone
                assert torch.equal(labels[n, ..., z], truth[n, ..., z] if same else torch.zeros_like(truth[n, ..., z]))
                cut += not same
    assert cut > 0


def test_a_patch_continues_a_scan_as_far_as_asked(patches) -> None:
    wanted = [replace(NONE, truncate_z_probability=1.0, z_padding_mm=length) for length in (0.0, 12.0)]
    none, some = (patches(augmentation=each, foreground=1.0) for each in wanted)
    repeated = 0
    for index in range(6):
        for image, labels, longer, further in zip(*none[index], *some[index], strict=True):
            changed = (image != longer).flatten(0, -2).any(0)
            assert changed.sum() <= 2 * 3
            assert torch.equal(labels[..., ~changed], further[..., ~changed])
            repeated += int((further > labels).sum())
    assert repeated > 0


def test_no_augmentation_makes_another_label_of_voxels_to_ignore(tiny) -> None:
    """Turned, zoomed, mirrored, cut along z, at any border: they move as they would alone, and so does the target."""
    labels = torch.zeros(24, 24, 24, dtype=torch.uint8)
    labels[6:14], labels[14:] = 1, 2
    centres = {1: np.argwhere(labels.numpy() == 1).astype(np.int32)}
    augmentation = replace(NONE, flip="xyz", spatial=1.0, rotation=30.0, zoom=0.3, truncate_z_probability=0.5)

    def cut_from(given):
        case = LoadedCase("a", torch.zeros(24, 24, 24, dtype=torch.int16), given, centres)
        settings = tiny(augmentation=augmentation, patch=[16, 16, 16], batch=1)
        return Patches([case], settings, BUILTIN["liver"], (4, 4, 4), {"liver": 1}, 0)

    both, target, ignored = (cut_from(given) for given in (labels, (labels == 1).byte(), (labels == 2).byte()))
    seen = 0
    for step in range(10):
        found = both[step][1]
        assert torch.equal((found == 2).byte(), ignored[step][1])
        assert torch.equal((found == 1).byte(), target[step][1])
        seen += int((found == 2).sum())
    assert seen > 1000
