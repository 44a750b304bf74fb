"""A small trunk, 160 x 144 x 120 mm with a liver, a spleen, a colon and a vertebra; recipes and scenes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from labelct.priors import Priors, load_priors
from labelct.synthesis import drop, intensity, texture
from labelct.synthesis.bank import Bank, make_bank
from labelct.synthesis.body_histogram import BodyHistogram, load_body
from labelct.synthesis.case import Case
from labelct.synthesis.recipe import Recipe
from labelct.synthesis.scene import Scene
from labelct.synthesis.settings import DataSettings
from labelct.targets import Targets

NAMES = {1: "spleen", 5: "liver", 20: "colon", 31: "vertebrae_L1"}
PAINTED = ("synth1", "synth2", "synth3", "synthseg")
TARGETS = {"liver": ["liver"], "rest": ["spleen", "colon"]}
BANK = make_bank([np.random.default_rng(0).integers(0, 256, (5, 12, 9)).astype(np.uint8)], ["one"])
NO_GAS = intensity.Settings(gas=False)


def ball(shape: tuple[int, ...], centre: tuple[float, ...], radius: tuple[float, ...]) -> NDArray[np.bool_]:
    grid = np.ogrid[tuple(slice(n) for n in shape)]
    return sum(((g - c) / r) ** 2 for g, c, r in zip(grid, centre, radius, strict=True)) <= 1


def trunk() -> Case:
    label_map = np.zeros((40, 36, 24), np.uint8)
    label_map[ball(label_map.shape, (28, 20, 14), (8, 8, 7))] = 5
    label_map[ball(label_map.shape, (9, 15, 14), (4, 4, 4))] = 1
    label_map[ball(label_map.shape, (18, 26, 8), (6, 5, 5))] = 20
    label_map[ball(label_map.shape, (20, 8, 12), (4, 4, 30))] = 31
    return Case(label_map, (4.0, 4.0, 5.0), dict(NAMES))


def empty(shape: tuple[int, ...], spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Case:
    return Case(np.zeros(shape, np.uint8), spacing, {})


def where(case: Case, name: str) -> NDArray[np.bool_]:
    return case.label_map == next(value for value, known in case.names.items() if known == name)


def recipe(
    kind: str = "synth3",
    *,
    targets: dict[str, Sequence[str]] | None = None,
    fill: intensity.Settings | None = None,
    clips: str = "stills",
    dropped: float | drop.Settings = 0.0,
    priors: Priors | None = None,
    bank: Bank = BANK,
    body: BodyHistogram | None = None,
    **data: Any,
) -> Recipe:
    return Recipe(
        DataSettings(kind, **data),
        fill or intensity.Settings(),
        texture.Settings(kind=clips),
        dropped if isinstance(dropped, drop.Settings) else drop.Settings(dropped),
        Targets(targets or TARGETS),
        priors or load_priors(),
        bank,
        body or load_body(),
    )


def scene(case: Case, kind: str = "synth3", **chosen: Any) -> Scene:
    return Scene.of(case, recipe(kind, **chosen))


@contextmanager
def threads(number: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("labelct.threads.thread_count", lambda: number)
        yield
