"""A translation small enough for a test."""

import dataclasses
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from labelct.cohort.base import Subject
from labelct.translation.settings import TranslationSettings
from labelct.volume import Volume

TINY = TranslationSettings(
    kind="cyclegan",
    load=36,
    size=32,
    ct_crop=1.0,
    crop="fixed",
    filters=2,
    blocks=1,
    judge_filters=2,
    cycle="mse",
    iterations=3,
    epochs=2,
    decay=1,
    pool=2,
)


@pytest.fixture
def tiny():
    """Return a function that makes settings of a tiny translation, with some changed."""
    return partial(dataclasses.replace, TINY)


def image(seed, low, high):
    """Return a volume of blobs, 40 x 30 x 4 voxels of 2 mm."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(low, high, (5, 5, 4)).repeat(8, 0).repeat(6, 1)
    return Volume(coarse.astype(np.float32), np.diag([2.0, 2.0, 5.0, 1.0]))


@pytest.fixture
def subjects():
    """Return three MR and two CT, unpaired."""
    mr = [Subject(f"m{n}", None, None, (Path(f"m{n}"),), load_mr=partial(image, n, 0, 900)) for n in range(3)]
    ct = [Subject(f"c{n}", None, partial(image, 9 + n, -800, 400), (Path(f"c{n}"),)) for n in range(2)]
    return mr, ct
