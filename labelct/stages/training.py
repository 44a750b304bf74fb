"""A network trained on a training set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelct.cohort.base import Cohort
from labelct.config import Config, plain
from labelct.dataset import TrainingSet
from labelct.stages import nnunet
from labelct.store import Stage, build, recipe_of, write_json
from labelct.tracking import Tracker
from labelct.trainer.nnunet_settings import NnunetSettings

if TYPE_CHECKING:
    from labelct.streaming import SyntheticVolumes

VERSION = 1


def check(config: Config, cohort: Cohort) -> None:
    """Raise where the trainer cannot run on this machine, before hours are spent on its data.

    Args:
        config: The experiment.
        cohort: Its subjects.

    Raises:
        SettingError: The device or its precision is not there, or nnU-Net cannot run with these settings.
    """
    from labelct.trainer.device import processes

    processes(config.device)
    if config.data.mode == "online":
        from labelct import streaming

        streaming.check(config.data, config.scanner)
    if isinstance(config.trainer, NnunetSettings):
        nnunet.check(config, cohort, Path(config.paths.outputs))


def run(
    config: Config, cohort: Cohort, cohort_stage: Stage, training_set: Stage, root: Path, tracker: Tracker
) -> list[Stage]:
    """Return the stages up to the trained model; what a killed training left is taken up again.

    Args:
        config: The experiment; read are trainer, device and seed, and how volumes are drawn during the training.
        cohort: The subjects, whose CT nnU-Net is planned on.
        cohort_stage: The stage that identifies their files.
        training_set: The stage of the training set.
        root: The folder of all stages.
        tracker: Receives the curves while they grow.

    Returns:
        The stages that the trainer needs besides the training set, and last the model's, for `open_model`.
    """
    prepared: list[Stage] = []
    if isinstance(config.trainer, NnunetSettings):
        prepared = list(nnunet.prepare(config, cohort, cohort_stage, training_set, root))
    trainer = {name: value for name, value in plain(config.trainer).items() if name != "prediction"}
    settings = {"trainer": trainer, "seed": config.seed, **_drawing(config)}
    recipe = recipe_of("training", VERSION, settings, prepared[-1:] or [training_set])

    def make(folder: Path) -> None:
        write_json(folder / "targets.json", config.targets.parts)
        data = TrainingSet(training_set.folder)
        rest = (config.device, config.seed, folder, tracker, _volumes(config, cohort))
        if isinstance(config.trainer, NnunetSettings):
            from labelct.trainer import nnunet as nnunet_trainer

            nnunet_trainer.fit(prepared[-1].folder, data.labels, config.trainer, *rest)
        else:
            from labelct.trainer import unet

            unet.fit(data, config.trainer, *rest)

    return [*prepared, build(root, recipe, make)]


def _drawing(config: Config) -> dict[str, Any]:
    """Return what a training reads of how volumes are drawn; what is in them is in the training set's key already."""
    return {"drawn": {"patches": config.data.patches}} if config.data.mode == "online" else {}


def _volumes(config: Config, cohort: Cohort) -> SyntheticVolumes | None:
    """Return what patches are cut from while the network trains; None where that is the training set."""
    if config.data.mode != "online":
        return None
    from labelct.stages.synthesis import sampler
    from labelct.streaming import SyntheticVolumes

    return SyntheticVolumes(cohort.train, sampler(config))
