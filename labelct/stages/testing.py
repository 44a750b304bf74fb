"""The test cohort's images segmented, and the segmentations scored."""

import json
import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.cohort.base import Subject
from labelct.config import Config, plain
from labelct.errors import InputError
from labelct.evaluation import figures
from labelct.evaluation.components import keep_largest
from labelct.evaluation.metrics import score
from labelct.io import nifti
from labelct.mr import shown
from labelct.parallel import map_cases
from labelct.progress import track
from labelct.report import scores
from labelct.store import Stage, build, ordered, recipe_of
from labelct.tracking.settings import SegmentedSlice
from labelct.trainer.parts import read_parts, write_parts
from labelct.volume import LabelMap, Volume
from labelct.writing import write_json

VERSION = 1
SEGMENTATION_VERSION = 2
SCORES_VERSION = 4

Subjects = tuple[Subject, ...]


def check_cases(config: Config, name: str, tested: Subjects, cohort: Stage, root: Path) -> None:
    """Read every test case once, before hours are spent on a training that a broken file would make worthless.

    Args:
        config: The experiment; read are the targets.
        name: The test group's name.
        tested: Subjects, each with an image.
        cohort: The stage that identifies their files.
        root: The folder of all stages.

    Raises:
        InputError: A file cannot be read, image and label map differ in their grids, or a target is unknown.
    """
    settings = {"targets": ordered(config.targets.parts), "cases": [subject.case for subject in tested]}

    def make(folder: Path) -> None:
        found = map_cases(partial(_check_case, config), tested, config.parallel, f"checking {name}")
        write_json(folder / "cases.json", found)

    build(root, recipe_of("checked", VERSION, settings, [cohort]), make)


def _check_case(config: Config, subject: Subject) -> dict[str, Any]:
    """Return what a case is: its grid and the volume of each target in ml."""
    image, truth, label_map = image_of(config, subject), *_truth(config, subject)
    voxel_ml = float(np.prod(label_map.spacing)) / 1000.0
    volumes = {target: float((truth == value).sum()) * voxel_ml for target, value in config.targets.values.items()}
    return {"case": subject.case, "shape": image.array.shape, "spacing": image.spacing, "ml": volumes}


def segment(config: Config, name: str, tested: Subjects, cohort: Stage, training: Stage, root: Path) -> Stage:
    """Return the stage of masks `<case>.nii.gz`, on the grid of each test subject's image.

    Args:
        config: The experiment; read are the trainer's prediction settings and the device.
        name: The test group's name.
        tested: Subjects, each with an image.
        cohort: The stage that identifies their files.
        training: The stage of the trained network.
        root: The folder of all stages.

    Returns:
        The stage, with `components.json`: the parts of each target in the training labels.
    """
    settings = {"prediction": plain(config.trainer.prediction), "cases": [subject.case for subject in tested]}

    def make(folder: Path) -> None:
        values = config.targets.values
        kept = read_parts(training.folder, values)
        write_parts(folder, {name: kept.get(value) for name, value in values.items()})
        missing = [subject for subject in tested if not (folder / f"{subject.case}.nii.gz").exists()]
        if not missing:
            return
        from labelct.trainer.table import open_model

        predictor = open_model(training.folder, config.device, config.trainer.prediction)
        for subject in track(missing, f"segmentation {name}", len(missing)):
            image = image_of(config, subject)
            nifti.write_like(folder / f"{subject.case}.nii.gz", predictor.predict(image), image)

    return build(root, recipe_of("segmentation", SEGMENTATION_VERSION, settings, [training, cohort]), make)


def evaluate(config: Config, name: str, tested: Subjects, segmentation: Stage, root: Path) -> Stage:
    """Return the stage of scores: `scores.csv`, `scores.json` and `figures/`.

    Args:
        config: The experiment; read are the evaluation settings and the targets.
        name: The test group's name.
        tested: The subjects that were segmented.
        segmentation: The stage of masks.
        root: The folder of all stages.

    Returns:
        The stage.
    """
    settings = {"evaluation": config.evaluation.measurement(), "targets": ordered(config.targets.parts), "test": name}

    def make(folder: Path) -> None:
        rows: list[dict[str, Any]] = []
        for subject in track(tested, f"scores {name}", len(tested)):
            prediction, truth, label_map = _masks(config, subject, segmentation.folder)
            scored = score(prediction, truth, label_map.spacing, config.targets.values, config.evaluation)
            rows += [{"test": name, "case": subject.case, **row} for row in scored]
        table = scores.table(rows)
        scores.write_csv(folder / "scores.csv", table)
        write_json(folder / "scores.json", scores.plain(table))
        _overlays(config, name, tested, segmentation.folder, rows, folder / "figures")

    return build(root, recipe_of("scores", SCORES_VERSION, settings, [segmentation]), make)


def image_of(config: Config, subject: Subject) -> Volume:
    """Return the image of a subject as networks see it: the CT in HU, or the MR as training volumes have it."""
    if subject.load_mr is not None:
        return shown(subject.load_mr(), config.data.mr)
    assert subject.load_ct is not None, subject.case
    return subject.load_ct()


def rows_of(stage: Stage) -> list[dict[str, Any]]:
    """Return the rows of a stage of scores, with NaN for what was not defined."""
    rows = json.loads((stage.folder / "scores.json").read_text(encoding="utf-8"))
    return scores.table(rows).to_dict("records")


def window(config: Config) -> tuple[float, float]:
    """Return level and width of the grey window of figures, HU."""
    return config.evaluation.window_level, config.evaluation.window_width


def _truth(config: Config, subject: Subject) -> tuple[NDArray[np.uint8], LabelMap]:
    """Return the truth and the label map; a real CT need not have the lesions that the synthesis adds."""
    label_map, targets = subject.label_map(), config.targets
    missing = targets.missing(label_map.names.values(), optional=[config.data.lesions.name])
    if missing:
        known = ", ".join(sorted(label_map.names.values())[:12])
        raise InputError(subject.files[0], f"its names lack the targets {missing}", f"known are {known} …")
    return targets.merge(label_map.array, label_map.names), label_map


def _masks(config: Config, subject: Subject, folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8], LabelMap]:
    truth, label_map = _truth(config, subject)
    prediction = nifti.read_label_map(folder / f"{subject.case}.nii.gz").array.astype(np.uint8)
    if label_map.ignored is not None:  # first, so that no component is the largest by voxels that count nowhere
        prediction, truth = (np.where(label_map.ignored, 0, labels).astype(np.uint8) for labels in (prediction, truth))
    if config.evaluation.largest_component:
        prediction = keep_largest(prediction, read_parts(folder, config.targets.values), label_map.spacing)
    return prediction, truth, label_map


def slices(
    config: Config, name: str, tested: Sequence[Subject], masks: Path, rows: Sequence[dict[str, Any]]
) -> list[SegmentedSlice]:
    """Return an axial slice through the targets of the worst cases, with truth and prediction, for trackers.

    Args:
        config: The experiment.
        name: The test group's name.
        tested: The subjects that were segmented.
        masks: The folder of the segmentations.
        rows: The scores of the group.
    """
    values, (level, width) = config.targets.values, window(config)
    names = {value: target for target, value in values.items()}
    found = []
    for subject in _worst(config, tested, rows):
        prediction, truth, _ = _masks(config, subject, masks)
        cut = figures.centre(truth if truth.any() else prediction, list(values.values()))[2]
        shown = (image_of(config, subject).array[:, :, cut].astype(np.float64) - (level - width / 2)) / width
        grey = (255 * np.clip(shown, 0, 1)).astype(np.uint8)
        planes = {"truth": truth[:, :, cut], "prediction": prediction[:, :, cut]}
        dice = {row["label"]: float(row["dice"]) for row in rows if row["case"] == subject.case}
        turned = {what: _as_looked_at(plane) for what, plane in planes.items()}
        found.append(SegmentedSlice(name, subject.case, _as_looked_at(grey), turned, names, dice))
    return found


def _as_looked_at(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an axial plane `(x, y)` as rows and columns: anterior above, the patient's right on the left."""
    return np.ascontiguousarray(plane.T[::-1, ::-1])


def _worst(config: Config, tested: Sequence[Subject], rows: Sequence[dict[str, Any]]) -> list[Subject]:
    """Return the subjects with the lowest mean Dice, as many as `evaluation.overlays` says; without any, at the end."""
    means = {subject.case: _dice_of(subject.case, rows) for subject in tested}
    last = math.inf  # NaN would leave the order to chance
    ranked = sorted(tested, key=lambda subject: (last if (dice := means[subject.case]) is None else dice, subject.case))
    return ranked[: config.evaluation.overlays]


def _dice_of(case: str, rows: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the mean Dice of a case over its targets, as `scores.mean_dice`."""
    return scores.mean_dice(scores.table(row for row in rows if row["case"] == case))


def _overlays(
    config: Config, name: str, tested: Subjects, masks: Path, rows: list[dict[str, Any]], folder: Path
) -> None:
    """Draw the worst cases first, as many as `evaluation.overlays` says."""
    folder.mkdir(exist_ok=True)
    labels = config.targets.values
    for subject in _worst(config, tested, rows):
        prediction, truth, label_map = _masks(config, subject, masks)
        dice, what = _dice_of(subject.case, rows), "Dice" if len(labels) == 1 else "mean Dice"
        title = f"{subject.case}   {what} {'–' if dice is None else f'{dice:.3f}'}"
        path = folder / f"{name}_{subject.case}.png"
        scan = figures.Scan(image_of(config, subject).array, label_map.spacing, window(config))
        figures.overlay(scan, truth, prediction, labels, path, title)
