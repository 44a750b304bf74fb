from __future__ import annotations

import numpy as np

from labelct.synthesis.kernels.arrays.outline import WOBBLE, outline

VOLUME = np.zeros((41, 41, 41), np.uint8)
LESION = {"centre": [20, 20, 20], "radius_mm": [12.0, 9.0, 7.5], "seed": 3}


def test_an_outline_is_one_dented_ellipsoid_inside_its_box() -> None:
    box, inside = outline(VOLUME, (1.0, 1.0, 1.0), LESION)
    offset = np.stack(np.meshgrid(*(np.arange(s.start, s.stop) - 20 for s in box), indexing="ij"), axis=-1)
    distance = np.sqrt(((offset / LESION["radius_mm"]) ** 2).sum(axis=-1))
    assert inside[distance < 1 / (1 + WOBBLE / 2)].all()
    assert not inside[distance > 1 / (1 - WOBBLE / 2)].any()
    assert distance[inside].max() > 1 > distance[~inside].min()


def test_a_box_ends_with_the_volume() -> None:
    cut, inside = outline(VOLUME, (1.0, 1.0, 1.0), {**LESION, "centre": [1, 20, 39]})
    assert (cut[0].start, cut[2].stop) == (0, 41)
    assert inside.shape == tuple(s.stop - s.start for s in cut)
