"""The two stages before nnU-Net trains: plans that all arms of a comparison share, and an arm prepared with them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labelct.dataset import TrainingSet
from labelct.store import Stage, build, ordered, recipe_of
from labelct.trainer.face import TrainingTask
from labelct.trainer.nnunet.settings import NnunetSettings, planning

VERSION = 1
PLANS_VERSION = 2


def prepare(
    task: TrainingTask[NnunetSettings], training_set: Stage, clinical_arm: Callable[[], Stage | None], root: Path
) -> list[Stage]:
    """Return the stages `plans`, the same for every arm of a comparison, and `preprocessed`."""
    plans = _planned(task, training_set, clinical_arm, root)
    return [plans, _preprocessed(task, training_set, plans, root)]


def _planned(
    task: TrainingTask[NnunetSettings], training_set: Stage, clinical_arm: Callable[[], Stage | None], root: Path
) -> Stage:
    settings = task.settings
    wanted: dict[str, Any] = {**planning(settings), "configuration": settings.configuration}
    wanted["targets"] = ordered(task.targets.parts)
    clinical = clinical_arm() if settings.plans == "clinical" else None
    arm, parents, grids = training_set if clinical is None else clinical, [clinical] if clinical else [], None
    if clinical is None:
        grids = _grids(training_set)
        wanted |= {"plans": "builtin", "grids": grids}

    def make(folder: Path) -> None:
        from labelct.trainer.nnunet.plans import plan

        plan(TrainingSet(arm.folder), settings, folder, grids)

    return build(root, recipe_of("plans", PLANS_VERSION, wanted, parents), make)


def _preprocessed(task: TrainingTask[NnunetSettings], training_set: Stage, plans: Stage, root: Path) -> Stage:
    """Return the stage of the training set on the grid and with the intensities of `plans`."""
    configuration = task.settings.configuration
    recipe = recipe_of("preprocessed", VERSION, {"configuration": configuration}, [training_set, plans])

    def make(folder: Path) -> None:
        from labelct.trainer.nnunet.preprocessing import preprocess

        arm = TrainingSet(training_set.folder)
        cases = (*arm.train, *arm.val) if task.volumes is None else arm.val
        preprocess(arm, plans.folder, configuration, task.parallel, folder, cases)

    return build(root, recipe, make)


def _grids(training_set: Stage) -> list[tuple[list[int], list[float]]]:
    """Return shape and voxel size of each training subject, however many replicates an arm has of it."""
    lines = [json.loads(line) for line in (training_set.folder / "manifest.jsonl").read_text("utf-8").splitlines()]
    grids = {line["case"]: (line["shape"], line["spacing"]) for line in lines if line["split"] == "train"}
    return [grids[case] for case in sorted(grids)]
