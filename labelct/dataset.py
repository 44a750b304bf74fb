"""A training set on disk: nnU-Net's raw layout, so that every trainer (and nnU-Net itself) reads the same files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from labelct.errors import InputError
from labelct.filenames import check_name
from labelct.texts import read_json
from labelct.volume import IGNORE
from labelct.writing import write_json

ENDING = ".nii.gz"
REMEDY = "make the training set again, or point to a folder in nnU-Net's raw layout"


@dataclass(frozen=True)
class StoredCase:
    """One image with its labels."""

    name: str
    image: Path
    label: Path


def image_path(folder: Path, case: str) -> Path:
    """Return where the volume of `case` lies below a training set's folder."""
    return folder / "imagesTr" / f"{case}_0000{ENDING}"


def label_path(folder: Path, case: str) -> Path:
    """Return where the training labels of `case` lie below a training set's folder."""
    return folder / "labelsTr" / f"{case}{ENDING}"


def write_index(
    folder: Path,
    targets: Sequence[str],
    cases_by_split: Mapping[str, Sequence[str]],
    spacing: Sequence[float] | None = None,
    ignore: bool = False,
) -> None:
    """Write `dataset.json` and `splits_final.json` beside the images and labels.

    Args:
        folder: The training set.
        targets: Names of the target structures; the first has label 1.
        cases_by_split: Case names of `train` and `val`.
        spacing: Voxel size `(x, y, z)` in mm that the cases share, recorded where given (nnU-Net skips the key).
        ignore: Whether labels hold voxels that no loss shall see: nnU-Net's label `ignore`, above all others.
    """
    labels = {"background": 0, **{name: value for value, name in enumerate(targets, start=1)}}
    splits = {split: list(cases_by_split.get(split, ())) for split in ("train", "val")}
    index: dict[str, Any] = {
        "channel_names": {"0": "CT"},
        "labels": labels | ({IGNORE: len(targets) + 1} if ignore else {}),
        "numTraining": len({*splits["train"], *splits["val"]}),
        "file_ending": ENDING,
    }
    if spacing is not None:
        index["spacing"] = [float(value) for value in spacing]
    write_json(folder / "dataset.json", index, sort_keys=False)
    write_json(folder / "splits_final.json", [splits], sort_keys=False)


def _is_split(split: Any) -> bool:
    """Return whether `split` has training cases, and each of its parts is a list."""
    return (
        isinstance(split, dict) and bool(split.get("train")) and all(isinstance(part, list) for part in split.values())
    )


@dataclass(frozen=True)
class TrainingSet:
    """A folder in nnU-Net's raw layout with one split.

    Attributes:
        folder: Holds `imagesTr`, `labelsTr`, `dataset.json` and `splits_final.json`.
    """

    folder: Path

    @property
    def train(self) -> tuple[StoredCase, ...]:
        """The cases to learn from."""
        return self._cases("train")

    @property
    def val(self) -> tuple[StoredCase, ...]:
        """The cases that choose the best checkpoint."""
        return self._cases("val")

    @cached_property
    def labels(self) -> dict[str, int]:
        """Label value of each target by name; background and `ignore` left out."""
        return {name: value for name, value in self._values.items() if value > 0 and name != IGNORE}

    @property
    def ignore(self) -> int | None:
        """The value of voxels that no loss shall see; None: there are none."""
        return self._values.get(IGNORE)

    @cached_property
    def _values(self) -> dict[str, int]:
        labels = self._index.get("labels")
        if not isinstance(labels, dict) or not all(isinstance(value, int) for value in labels.values()):
            raise InputError(self.folder / "dataset.json", "'labels' is not a table of name: value", REMEDY)
        return labels

    @cached_property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size `(x, y, z)` in mm: the recorded one, else the median of the training cases' headers."""
        spacing = self._index.get("spacing")
        if spacing is None:
            from labelct.io.nifti import read_grid

            affines = [read_grid(case.image)[1] for case in self.train]
            spacing = np.median([np.linalg.norm(affine[:3, :3], axis=0) for affine in affines], axis=0)
        x, y, z = (float(value) for value in spacing)
        return x, y, z

    @cached_property
    def _index(self) -> dict[str, Any]:
        index = read_json(self.folder / "dataset.json", REMEDY)
        if not isinstance(index, dict):
            raise InputError(self.folder / "dataset.json", "is not a JSON object", REMEDY)
        return index

    @cached_property
    def _splits(self) -> dict[str, list[str]]:
        splits = read_json(self.folder / "splits_final.json", REMEDY)
        if not isinstance(splits, list) or not splits or not _is_split(splits[0]):
            raise InputError(self.folder / "splits_final.json", "has no training cases in its first split", REMEDY)
        return splits[0]

    def _cases(self, split: str) -> tuple[StoredCase, ...]:
        names = self._splits.get(split, [])
        for name in names:
            check_name(self.folder / "splits_final.json", "case", name)
        cases = tuple(StoredCase(name, image_path(self.folder, name), label_path(self.folder, name)) for name in names)
        for path in (path for case in cases for path in (case.image, case.label)):
            if not path.is_file():
                raise InputError(path, f"is listed in splits_final.json ({split}) but missing", REMEDY)
        return cases
