"""An elliptic trunk of soft tissue, 240 x 170 mm, with a liver on its right (x grows to the right), low in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.priors import BACKGROUND_CLASSES
from labelct.synthesis import distractors
from labelct.synthesis.case import Case
from labelct.synthesis.distractors.space import Space, cavity_of
from labelct.synthesis.scene import Layer, Scene
from tests.synthesis.cases import scene

SHAPE, SPACING, CENTRE = (80, 60, 60), (4.0, 4.0, 4.0), (160.0, 120.0)
EVERYTHING = distractors.Settings(
    lungs_probability=1, spine_probability=1, ribs_probability=1, couch_probability=1, arms_probability=1, blobs=[6, 6]
)


def liver() -> NDArray[np.bool_]:
    labelled = np.zeros(SHAPE, bool)
    labelled[46:64, 22:40, 14:32] = True
    return labelled


def soft_tissue() -> NDArray[np.uint8]:
    x, y = np.arange(80)[:, None, None] * 4.0, np.arange(60)[None, :, None] * 4.0
    ellipse = np.where(((x - 160) / 120) ** 2 + ((y - 120) / 85) ** 2 <= 1, 2, 0).astype(np.uint8)
    return np.repeat(ellipse, SHAPE[2], axis=2)


def torso(
    settings: distractors.Settings, *others: str, body: dict[str, Any] | None = None, kind: str = "synth2"
) -> Scene:
    label_map = liver().astype(np.uint8)
    label_map[55, 30, 20 : 20 + len(others)] = np.arange(2, 2 + len(others))
    case = Case(label_map, SPACING, dict(enumerate(["liver", *others], 1)))
    given = scene(case, kind, distractors=settings)
    given.pasted, given.classes = ["liver"], {"liver": {"hu": 60.0, "sd": 10.0}}
    given.drawn["background"] = {"centre_mm": list(CENTRE), **(body or {})}
    given.background = Layer(soft_tissue(), list(BACKGROUND_CLASSES))
    return given


def draw(settings: distractors.Settings, *others: str, seed: int = 0, body: dict[str, Any] | None = None) -> Any:
    return distractors.sample(torso(settings, *others, body=body), np.random.default_rng(seed))


def free_space(cavity: NDArray[np.bool_] | None = None) -> Space:
    body = soft_tissue() > 0
    inside = cavity_of(body, SPACING, 30.0) if cavity is None else cavity
    return Space(np.zeros(SHAPE, np.uint8), body, inside, liver(), SPACING, CENTRE)
