"""The two trainings of a cascade, both by the shared loop; the first network is the same as without a second."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from labelct.dataset import TrainingSet
from labelct.errors import InputError
from labelct.tracking import Tracker
from labelct.tracking.curves import FINE, LOG, FinePass
from labelct.trainer.face import TrainingTask
from labelct.trainer.model import CASCADE, OTHER_SETTINGS, read_description
from labelct.trainer.training import train
from labelct.trainer.unet.cascade.settings import CascadeSettings
from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.settings import PredictionSettings, UNetSettings
from labelct.writing import write_json


def tasks(task: TrainingTask[UNetSettings]) -> Sequence[TrainingTask[UNetSettings]]:
    """Return the training of the first network and, of a cascade, that of the second."""
    wanted = task.settings.cascade
    alone = replace(task.settings, cascade=CascadeSettings())
    first = replace(task, settings=alone)
    if not wanted.targets:
        return (first,)
    settings = replace(
        alone,
        spacing=[wanted.spacing] * 3,
        steps=wanted.steps,
        minutes=wanted.minutes,
        prediction=in_boxes(alone.prediction),
    )
    return first, replace(task, settings=settings, region=wanted.region(settings.patch))


def in_boxes(prediction: PredictionSettings) -> PredictionSettings:
    """Return how the second network segments a box: all of it, for no body is looked for and no field cut out."""
    return replace(prediction, body_crop=False, field_mm=None, z_padding_mm=0.0)


def fit(task: TrainingTask[UNetSettings], data: Path, folder: Path, tracker: Tracker) -> None:
    """Train, or go on with the trainings that `folder` holds.

    The folder ends up with what `labelct.trainer.training.train` leaves there; a cascade has `cascade.json` beside it,
    and in `fine/` the same files of the second network.

    Raises:
        InputError: The folder holds a training with other settings; a case cannot be used.
        SettingError: The volumes are coarser than the fine grid.
    """
    first, *second = tasks(task)
    if second:
        task.settings.cascade.check_volumes(min(TrainingSet(data).spacing))
        _note(task.settings.cascade, folder)
    train(UNET, first, data, folder, tracker)
    for one in second:
        train(UNET, one, data, folder / FINE, FinePass.behind(folder / LOG, tracker))


def _note(settings: CascadeSettings, folder: Path) -> None:
    """Leave in the folder of a model that it is a cascade; that of an interrupted training has to be the same one."""
    path, wanted = folder / CASCADE, asdict(settings)
    if path.exists() and read_description(path) != json.loads(json.dumps(wanted)):
        raise InputError(folder, *OTHER_SETTINGS)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, wanted, sort_keys=False)
