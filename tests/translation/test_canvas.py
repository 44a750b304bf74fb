"""Slices lie in the middle of square pixels, and come back onto their own voxels."""

import pytest
import torch

from labelct.translation.canvas import AIR, SliceCanvas, central


def test_the_longer_side_fills_the_canvas_and_pixels_are_square(tiny):
    canvas = SliceCanvas.of((100, 60), (0.5, 1.0), tiny(load=120))
    assert canvas == SliceCanvas((100, 60), (100, 120), (120, 120))


def test_pixels_of_a_given_size_need_no_load(tiny):
    canvas = SliceCanvas.of((100, 20), (0.5, 1.0), tiny(spacing=1.0))
    assert canvas == SliceCanvas((100, 20), (50, 20), (50, 32))


def test_beside_a_slice_lies_air():
    placed = SliceCanvas((2, 2), (2, 2), (4, 6)).put(torch.ones(1, 2, 2))
    assert placed.shape == (1, 1, 4, 6)
    assert placed[0, 0, 1:3, 2:4].eq(1).all()
    assert placed.eq(AIR).sum() == 20


def test_a_slice_of_the_networks_own_pixels_comes_back_to_the_bit():
    slices = torch.rand(3, 7, 9)
    canvas = SliceCanvas((7, 9), (7, 9), (12, 10))
    assert torch.equal(canvas.back(canvas.put(slices)), slices)


def test_a_smooth_slice_comes_back_through_other_pixels():
    x, y = torch.meshgrid(torch.linspace(0, 3, 60), torch.linspace(0, 2, 40), indexing="ij")
    slices = (torch.sin(x) * torch.cos(y))[None]
    canvas = SliceCanvas((60, 40), (90, 60), (96, 96))
    assert (canvas.back(canvas.put(slices)) - slices).abs().max() < 0.02


@pytest.mark.parametrize(("share", "kept"), [(0.5, (5, 10)), (1.0, (10, 20))])
def test_the_middle_is_kept(share, kept):
    array = torch.arange(200.0).reshape(1, 10, 20)
    middle = central(array, share)
    assert middle.shape[1:] == kept
    assert middle.mean() == pytest.approx(array.mean(), abs=11)
