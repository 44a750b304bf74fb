"""Label maps as people have them: a liver, two kidneys and, where asked for, more, in a box of a trunk's width."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

SPACING = (8.0, 8.0, 10.0)
VALUES = {"liver": 1, "kidney_left": 2, "kidney_right": 3}


def labels(values: Mapping[str, int] = VALUES, shift: int = 0, dtype: Any = np.uint8) -> NDArray[Any]:
    """Return a label map `(44, 32, 24)`: 352 mm wide, so that it is a trunk's."""
    array = np.zeros((44, 32, 24), dtype)
    boxes = {"liver": (24, 36, 12, 26), "kidney_left": (10, 15, 8, 13), "kidney_right": (29, 34, 3, 8)}
    for name, (left, right, back, front) in boxes.items():
        if name in values:
            array[left + shift : right, back:front, 6 + shift : 16] = values[name]
    return array


def write(path: Path, array: NDArray[Any], spacing: tuple[float, ...] = SPACING) -> Path:
    """Write an array as it is, floats as floats, `.nii` or `.nii.gz`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nibabel.Nifti1Image(array, np.diag([*spacing, 1.0]), dtype=array.dtype)
    content = image.to_bytes()
    path.write_bytes(gzip.compress(content, 1, mtime=0) if path.name.endswith(".gz") else content)
    return path


def write_maps(root: Path, cases: int = 3, names: Any = None, pattern: str = "case_{}.nii.gz", **of: Any) -> Path:
    """Write some label maps, and `names.json` where there are names."""
    for case in range(cases):
        write(root / pattern.format(case), labels(shift=case % 3, **of))
    if names is not None:
        (root / "names.json").write_text(json.dumps(names), encoding="utf-8")
    return root
