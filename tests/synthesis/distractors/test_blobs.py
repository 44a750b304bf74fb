from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from labelct.synthesis import distractors
from labelct.synthesis.distractors import blobs
from labelct.synthesis.distractors.blobs import ALIKE_HU, DENSITIES, NOWHERE, BlobSites, envelope_box
from labelct.synthesis.kernels.arrays import border
from tests.synthesis.distractors.torso import CENTRE, SHAPE, SPACING, draw, free_space, liver


@pytest.mark.parametrize("axes", [{"half_axes_mm": [100.0, 70.0]}, {"half_width_mm": 100.0, "half_depth_mm": 70.0}])
def test_bodies_lie_in_the_box_of_the_trunk(axes: dict[str, Any]) -> None:
    assert envelope_box(SHAPE, SPACING, {"centre_mm": CENTRE, **axes}) == [(15, 66), (13, 48), (0, 60)]
    drawn = draw(distractors.Settings(blobs=[100, 100]), body=axes)
    centres = np.array([blob["centre"] for blob in drawn["blobs"]])
    offset = np.abs(centres[:, :2] * 4.0 - CENTRE)
    assert (offset <= [100.0, 70.0]).all()
    assert (offset.max(axis=0) > [85.0, 55.0]).all()
    assert centres[:, 2].max() > 50


def test_an_envelope_that_reaches_beyond_the_grid_ends_with_it() -> None:
    body = {"centre_mm": CENTRE}
    assert envelope_box(SHAPE, SPACING, {**body, "half_axes_mm": [500.0, 500.0]}) == [(0, 80), (0, 60), (0, 60)]
    assert envelope_box(SHAPE, SPACING, body) == [(0, 80), (0, 60), (0, 60)]


def test_near_bodies_lie_against_a_label_and_are_about_as_dense() -> None:
    drawn = draw(distractors.Settings(blobs=[40, 40], adjacent_fraction=1.0))
    labelled = liver()
    touching = binary_dilation(labelled) & ~labelled
    assert all(touching[tuple(blob["centre"])] for blob in drawn["blobs"])
    means = np.array([drawn["classes"][blob["name"]]["hu"] for blob in drawn["blobs"]])
    assert (np.abs(means - 60.0) <= ALIKE_HU).all()
    assert means.std() > 20.0
    half = draw(distractors.Settings(blobs=[100, 100], adjacent_fraction=0.5))
    assert 30 < sum(touching[tuple(blob["centre"])] for blob in half["blobs"]) < 70


def test_without_a_painted_label_no_body_is_near_one() -> None:
    places, rng = BlobSites([(0, 9), (0, 9), (0, 9)], border(liver())), np.random.default_rng(0)
    found, _ = blobs.sample(places, [], distractors.Settings(blobs=[20, 20], adjacent_fraction=1.0), rng)
    assert len(found) == 20
    assert max(max(blob["centre"]) for blob in found) < 9


def test_without_a_border_bodies_are_anywhere_in_the_box() -> None:
    places, rng = BlobSites([(2, 4), (5, 6), (0, 9)], NOWHERE), np.random.default_rng(0)
    centres = np.array([places.sample(True, rng) for _ in range(50)])
    assert (centres.min(axis=0) >= [2, 5, 0]).all()
    assert (centres.max(axis=0) <= [3, 5, 8]).all()


def test_bodies_are_of_every_density() -> None:
    drawn = draw(distractors.Settings(blobs=[100, 100]))
    means = np.array([spec["hu"] for name, spec in drawn["classes"].items() if name.startswith("_blob")])
    assert len(means) == 100
    shares = [((means >= low) & (means <= high)).mean() for _, low, high in DENSITIES]
    np.testing.assert_allclose(shares, [share for share, *_ in DENSITIES], atol=0.12)


def test_they_are_placed_inside_the_skin_the_later_over_the_earlier() -> None:
    one = {"name": "_blob_0", "centre": [40, 30, 30], "radius_mm": [20.0] * 3, "seed": 1}
    other = {"name": "_blob_1", "centre": [14, 30, 30], "radius_mm": [60.0] * 3, "seed": 2}
    space = free_space()
    blobs.place(space, [one, {**one, "name": "_blob_2"}, other], {"_blob_0": 1, "_blob_2": 2, "_blob_1": 3})
    assert not space.placed[~space.body].any()
    assert set(np.unique(space.placed)) == {0, 2, 3}
    assert space.placed[40, 30, 30] == 2
