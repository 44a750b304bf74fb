"""How far two arrays are apart."""

import numpy as np


def relative_rms(found, expected):
    return float(np.sqrt(((found - expected) ** 2).mean() / (expected**2).mean()))


def rms_hu(found, expected, water=0.01926):
    return float(1000 / water * np.sqrt(((found - expected) ** 2).mean()))
