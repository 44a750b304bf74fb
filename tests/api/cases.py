"""A small label map with a CT of it, for every verb."""

import numpy as np

NAMES = {1: "liver", 5: "spleen"}
SPACING = (5.0, 5.0, 6.0)
QUICK = {"texture": "white"}  # no clips are made


def label_map() -> np.ndarray:
    """Return a liver and a spleen, `(x, y, z)`, with no symmetry."""
    labels = np.zeros((20, 18, 16), np.uint8)
    labels[4:11, 4:12, 3:12] = 1
    labels[13:17, 5:9, 5:9] = 5
    return labels


def ct() -> np.ndarray:
    """Return HU on its grid: fat around muscle around the organs, in air."""
    x, y, _ = np.indices((20, 18, 16)) - np.array([9.5, 8.5, 7.5])[:, None, None, None]
    hu = np.random.default_rng(0).normal(-1000, 8, x.shape)
    radius = np.hypot(x / 9.5, y / 8.5)
    hu[radius < 1] += 900
    hu[radius < 0.85] += 150
    hu[label_map() > 0] += 60
    return np.rint(np.maximum(hu, -1024)).astype(np.float32)
