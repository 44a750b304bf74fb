"""A collapsed generator is told from one that works, and the picture shows what it says."""

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from labelct.translation.networks import Cycle
from labelct.translation.samples import ROWS, Samples, collapsed, draw


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (torch.rand(4, 1, 8, 8) * 2 - 1, False),
        (torch.full((4, 1, 8, 8), 0.3), True),
        (torch.arange(4.0).reshape(4, 1, 1, 1).expand(4, 1, 8, 8) / 4, True),
        ((torch.rand(1, 1, 8, 8) * 2 - 1).expand(4, 1, 8, 8), True),
    ],
)
def test_one_grey_or_one_picture_of_everything_is_a_collapse(images, found):
    assert collapsed(images) is found


def test_the_same_slices_are_shown_again(tiny):
    slices = np.random.default_rng(0).uniform(-1, 1, (9, 36, 36)).astype(np.float16)
    samples = Samples(slices, slices[::-1])
    assert torch.equal(samples.mr[:, 0], torch.from_numpy(slices[[1, 3, 5, 7]].astype(np.float32)))
    made = samples.made(Cycle(tiny()).eval(), tiny(), torch.device("cpu"))
    assert {name: images.shape for name, images in made.items()} == dict.fromkeys(made, (ROWS, 1, 36, 36))
    assert torch.equal(made["mr"], samples.mr)


def test_a_picture_has_a_row_for_a_slice(tmp_path):
    made = {
        name: torch.full((2, 1, 6, 4), grey)
        for name, grey in {"mr": -1, "made_ct": 0, "cycled_mr": 1, "ct": -1}.items()
    }
    made["mr"][0, 0, 0, 3] = 1.0  # the patient's left front is shown on the upper right
    draw({**made, "made_mr": made["mr"]}, tmp_path / "a" / "b.png")
    picture = imread(tmp_path / "a" / "b.png")[..., 0]
    assert picture.shape == (8, 24)
    assert picture[0, 5] == 1
    assert picture[1:, 0:6].max() == 0
    assert picture[:, 12:18].min() == 1
    assert picture[:, 6:12].mean() == pytest.approx(0.5, abs=0.01)
