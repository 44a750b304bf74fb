"""A network trained on a training set."""

from __future__ import annotations

from pathlib import Path

from labelct.config import Config, plain
from labelct.dataset import TrainingSet
from labelct.store import Stage, build, recipe_of
from labelct.tracking import Tracker

VERSION = 1


def run(config: Config, training_set: Stage, root: Path, tracker: Tracker) -> Stage:
    """Return the trained model's stage; what a killed training left is taken up again.

    Args:
        config: The experiment; read are trainer, device and seed.
        training_set: The stage of the training set.
        root: The folder of all stages.
        tracker: Receives the curves while they grow.

    Returns:
        The stage, whose folder `Predictor.load` reads.
    """
    trainer = {name: value for name, value in plain(config.trainer).items() if name != "prediction"}
    recipe = recipe_of("training", VERSION, {"trainer": trainer, "seed": config.seed}, [training_set])

    def make(folder: Path) -> None:
        from labelct.trainer.unet import fit

        fit(TrainingSet(training_set.folder), config.trainer, config.device, config.seed, folder, tracker)

    return build(root, recipe, make)
