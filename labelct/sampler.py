"""How a volume comes about, by one rule whether it is stored, drawn while a network trains, or made again.

load -> draw -> scan: a case is read onto its grid, a recipe draws and paints it, a scanner scans it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from labelct.cohort.base import Subject
from labelct.cohort.grid import regrid
from labelct.scanner.scan import Acquisition, sample_scan, scan
from labelct.synthesis.case import Case
from labelct.synthesis.recipe import Recipe

SYNTHESIS, SCAN, DRAWN = 1, 2, 4  # which stream of a seed a draw is from; 3 are the patches


def entropy(seed: int, stream: int, case: str, number: int) -> list[int]:
    """Return what seeds a random stream of one volume, whatever the order of cases and the number of workers.

    Args:
        seed: Of the data.
        stream: `SYNTHESIS`, `SCAN` or `DRAWN`.
        case: Name of the case.
        number: Replicate, or number of the drawn volume.
    """
    return [seed, stream, crc32(case.encode()), number]


@dataclass(frozen=True)
class Loaded:
    """A case on the grid that its volumes are made on.

    Attributes:
        case: Label map, and the CT where the recipe looks at it.
        affine: `(4, 4)`, voxel index to mm.
        source: Digests of what the files hold, `label_map` and `ct`, which a replay compares.
    """

    case: Case
    affine: NDArray[np.float64]
    source: dict[str, str | None]


@dataclass(frozen=True)
class Sampler:
    """Makes volumes of cases.

    Attributes:
        recipe: What is painted.
        acquisition: What scans it.
    """

    recipe: Recipe
    acquisition: Acquisition

    def load(self, subject: Subject) -> Loaded:
        """Read a case; its CT only where that makes a difference."""
        data = self.recipe.data
        label_map = subject.load_label_map()
        ct = subject.load_ct() if subject.load_ct and self.recipe.reads_ct() else None
        source = {"label_map": digest(label_map.array), "ct": None if ct is None else digest(ct.array)}
        padding = 0.0 if subject.load_ct else data.superior_padding_mm
        label_map, ct = regrid(label_map, ct, data.spacing, padding)
        case = Case(label_map.array, label_map.spacing, label_map.names, None if ct is None else ct.array)
        return Loaded(case, label_map.affine, source)

    def volume(self, case: Case, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return a scanned volume of a case, `(x, y, z)` HU, and its target; everything is drawn from one source."""
        synthetic = self.recipe.draw(case, rng)
        return scan(synthetic.volume, case.spacing, self.acquisition, sample_scan(rng)), synthetic.target

    def without_drop(self) -> Sampler:
        """Return the sampler that pastes every label."""
        return replace(self, recipe=self.recipe.without_drop())


def digest(array: NDArray[Any]) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 over the voxels of an array."""
    return hashlib.sha256(np.ascontiguousarray(array).view(np.uint8).data).hexdigest()[:16]
