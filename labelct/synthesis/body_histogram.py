"""The HU of a whole body, that the texture of recipe 1 is matched to: a quantile function, built in or of one CT."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.synthesis.background import body_region
from labelct.synthesis.kernels import kernels_of
from labelct.texts import read_rows, read_text

BUILTIN = "builtin"
BODY_ABOVE_HU = -500.0  # half way from air to water: skin to skin
FORM = "write a CSV with the columns probability and hu"
FEWEST_VOXELS = 1000  # fewer say nothing about the tails
# Percents, and finer towards both ends, where gas and bone are.
QUANTILES = (
    0.0, 0.0005, 0.001, 0.002, 0.005, *(round(step / 100, 2) for step in range(1, 100)), 0.995, 0.998, 0.999, 0.9995,
    1.0,
)  # fmt: skip


@dataclass(frozen=True)
class BodyHistogram:
    """The quantile function of the HU in a body.

    Attributes:
        source: What it was measured on: a case, or the name of its file.
        phase: `portal` or `native`, the phase of that CT; empty where nobody said.
        probability: Ascending, 0 to 1.
        hu: HU at each probability.
    """

    source: str
    phase: str
    probability: tuple[float, ...]
    hu: tuple[float, ...]

    @cached_property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 over the quantile function."""
        return hashlib.sha256(_rows(self).encode()).hexdigest()[:16]


def measure_body(ct: NDArray[Any], spacing: Sequence[float], source: str, phase: str = "") -> BodyHistogram:
    """Measure a CT: its body is the largest component above -500 HU, with what it encloses in axial sections.

    Args:
        ct: `(x, y, z)` HU.
        spacing: Voxel size `(x, y, z)` in mm.
        source: What the CT is called.
        phase: Of the CT.

    Raises:
        InputError: It shows no body.
    """
    hu = np.asarray(ct, np.float32)
    region = body_region(hu, spacing, BODY_ABOVE_HU)
    inside = hu[kernels_of(region).fill_holes(region)]
    if inside.size < FEWEST_VOXELS:
        raise InputError(source, f"shows no body: {inside.size} voxels above -500 HU", "take another CT")
    found = np.quantile(inside, QUANTILES)
    return BodyHistogram(source, phase, QUANTILES, tuple(round(float(value), 1) for value in found))


def load_body(source: str = BUILTIN) -> BodyHistogram:
    """Return the built-in histogram, or that of a CSV file with the columns `probability` and `hu`.

    Lines `# source: ...` and `# phase: ...` above the columns say what it was measured on. The built-in one is that of
    an abdomen and pelvis in the portal-venous phase (TCGA-OV, CC BY 3.0) that no network is tested on.

    Raises:
        InputError: The file cannot be read or is no quantile function.
    """
    builtin = files("labelct.synthesis").joinpath("body_histogram.csv")
    try:
        text = builtin.read_text(encoding="utf-8") if source == BUILTIN else read_text(Path(source), FORM)
        lines = text.splitlines()
        told = dict(line.lstrip("# ").partition(": ")[::2] for line in lines if line.startswith("#"))
        table = read_rows("\n".join(line for line in lines if not line.startswith("#")), source, FORM)
        rows = [(float(row["probability"]), float(row["hu"])) for row in table]
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(source, f"is no table of quantiles ({error})", FORM) from None
    probability, hu = np.array(rows, dtype=float).reshape(-1, 2).T
    if len(rows) < 2 or not (np.diff(probability) > 0).all() or not (np.diff(hu) >= 0).all():
        raise InputError(source, "is no quantile function", "let probability ascend from 0 to 1 and hu with it")
    if not (math.isclose(probability[0], 0.0) and math.isclose(probability[-1], 1.0)):
        raise InputError(source, "does not span 0 to 1", "begin with probability 0 and end with 1")
    name = told.get("source") or Path(source).name
    return BodyHistogram(name, told.get("phase", ""), tuple(probability.tolist()), tuple(hu.tolist()))


def body_csv(body: BodyHistogram) -> str:
    """Return a histogram as the CSV text that `load_body` reads."""
    told = [f"# source: {body.source}"] + ([f"# phase: {body.phase}"] if body.phase else [])
    return "\n".join([*told, _rows(body)])


def _rows(body: BodyHistogram) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["probability", "hu"])
    rows.writerows(zip(body.probability, body.hu, strict=True))
    return text.getvalue()
