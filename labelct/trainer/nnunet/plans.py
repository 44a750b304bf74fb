"""nnU-Net's plans: made from clinical CT, or from the grids of label maps alone."""

import json
import shutil
from collections.abc import Sequence
from os.path import relpath
from pathlib import Path
from typing import Any

import numpy as np

from labelct.dataset import ENDING, StoredCase, TrainingSet
from labelct.errors import SettingError
from labelct.io import nifti
from labelct.trainer.nnunet.compat import DATASET, extract_fingerprint, make_plans, roots
from labelct.trainer.nnunet.settings import NnunetSettings
from labelct.trainer.normalisation import BUILTIN
from labelct.volume import IGNORE
from labelct.writing import write_json

Grid = tuple[Sequence[int], Sequence[float]]


def plan(
    training_set: TrainingSet, settings: NnunetSettings, folder: Path, grids: Sequence[Grid] | None = None
) -> None:
    """Write nnU-Net's `plans.json` and `dataset_fingerprint.json` to `folder`.

    Args:
        training_set: The clinical arm, whose fingerprint is taken; with `grids`, it only names targets and files.
        settings: The planner and what overrides it.
        folder: Where the files go.
        grids: Shape `(x, y, z)` and voxel size (mm) of each label map, for plans that no CT is read for.

    Raises:
        SettingError: nnU-Net plans no such configuration for these volumes.
    """
    work = folder / "work"
    target = work / "preprocessed" / DATASET
    target.mkdir(parents=True, exist_ok=True)
    with roots(work):
        measured = grids is None and training_set.ignore is not None
        write_raw(training_set, work, _without_ignored(training_set, work / "labels") if measured else None)
        if grids is None:
            extract_fingerprint()
        else:
            write_json(target / "dataset_fingerprint.json", builtin_fingerprint(grids, settings.window))
        plans = make_plans(settings)
    if settings.configuration not in plans["configurations"]:
        known = ", ".join(name for name in plans["configurations"] if name != "3d_cascade_fullres")
        remedy = "3d_lowres exists where a patch covers less than a quarter of a volume"
        raise SettingError("configuration", settings.configuration, known, remedy)
    write_json(folder / "plans.json", plans)
    shutil.copyfile(target / "dataset_fingerprint.json", folder / "dataset_fingerprint.json")
    shutil.rmtree(work)


def _without_ignored(training_set: TrainingSet, folder: Path) -> Path:
    """Write the labels of a set with background for `ignore`, whose voxels nnU-Net takes for those of a structure."""
    for case in (*training_set.train, *training_set.val):
        labels = nifti.read_label_map(case.label)
        nifti.write(
            folder / case.label.name, np.where(labels.array == training_set.ignore, 0, labels.array), labels.affine
        )
    return folder


def write_raw(training_set: TrainingSet, folder: Path, labels: Path | None = None) -> dict[str, Any]:
    """Describe a training set below `folder/raw`: one JSON file with relative paths, no copies and no links.

    Args:
        training_set: The cases.
        folder: The stage, holder of nnU-Net's roots.
        labels: A folder of other label files of the same names; None: the set's own.

    Returns:
        nnU-Net's `dataset.json`.
    """
    raw = folder / "raw" / DATASET
    raw.mkdir(parents=True, exist_ok=True)
    cases = (*training_set.train, *training_set.val)
    ignored = {} if training_set.ignore is None else {IGNORE: training_set.ignore}
    content = {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, **training_set.labels, **ignored},
        "numTraining": len(cases),
        "file_ending": ENDING,
        "overwrite_image_reader_writer": "NibabelIO",
        "dataset": {case.name: _files(case, raw, labels) for case in cases},
    }
    write_json(raw / "dataset.json", content)
    return content


def _files(case: StoredCase, raw: Path, labels: Path | None) -> dict[str, Any]:
    label = labels / case.label.name if labels else case.label
    return {"images": [relpath(case.image, raw)], "label": relpath(label, raw)}


def builtin_fingerprint(grids: Sequence[Grid], window: str) -> dict[str, Any]:
    """Return the fingerprint of volumes of which only the grids are known.

    Args:
        grids: Shape `(x, y, z)` and voxel size (mm) of each.
        window: Which published intensities stand for theirs.

    Returns:
        What nnU-Net would have written, in its axis order `(z, y, x)`.
    """
    known = BUILTIN[window]
    properties = {"mean": known.mean, "median": known.mean, "std": known.sd, "min": known.low, "max": known.high}
    properties |= {"percentile_00_5": known.low, "percentile_99_5": known.high}
    return {
        "spacings": [[float(size) for size in spacing][::-1] for _, spacing in grids],
        "shapes_after_crop": [[int(n) for n in shape][::-1] for shape, _ in grids],
        "foreground_intensity_properties_per_channel": {"0": properties},
        "median_relative_size_after_cropping": 1.0,
    }


def read_plans(folder: Path) -> dict[str, Any]:
    """Return the plans that `plan` left in `folder`."""
    plans: dict[str, Any] = json.loads((folder / "plans.json").read_text(encoding="utf-8"))
    return plans
