"""Small trunks of balls: an atlas of many organs, and other patients with two of them."""

from collections.abc import Mapping

import numpy as np

from labelct.synthesis.case import Case

SIZE = (44, 36, 34)
SPACING = (5.0, 5.0, 5.0)
NAMES = {1: "spleen", 5: "liver", 20: "colon", 31: "vertebrae_L1", 63: "inferior_vena_cava", 7: "pancreas"}
PLACES = {  # centre and radius in mm
    5: ((150.0, 100.0, 90.0), 42.0),
    1: ((60.0, 75.0, 100.0), 25.0),
    20: ((110.0, 140.0, 50.0), 22.0),
    31: ((105.0, 40.0, 85.0), 20.0),
    63: ((137.0, 44.0, 85.0), 10.0),
    7: ((95.0, 105.0, 95.0), 14.0),
}


def body(
    values: tuple[int, ...], stretch: float = 1.0, shift: Mapping[int, tuple[float, float, float]] | None = None
) -> Case:
    """Return the organs of some values, stretched about the first corner, single ones shifted by mm."""
    grid = np.stack(np.meshgrid(*[(np.arange(n) + 0.5) * s for n, s in zip(SIZE, SPACING, strict=True)], indexing="ij"))
    label_map = np.zeros(SIZE, np.uint8)
    for value in values:
        (centre, radius), moved = PLACES[value], (shift or {}).get(value, (0.0, 0.0, 0.0))
        middle = np.array(centre) * stretch + np.array(moved)
        label_map[np.linalg.norm(grid - middle[:, None, None, None], axis=0) < radius * stretch] = value
    return Case(label_map, SPACING, {value: NAMES[value] for value in values})
