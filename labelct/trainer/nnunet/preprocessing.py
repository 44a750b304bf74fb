"""A training set brought to the plans' grid and intensities, case by case."""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from labelct.dataset import StoredCase, TrainingSet
from labelct.errors import InputError
from labelct.parallel import ParallelSettings, map_cases
from labelct.trainer.nnunet.compat import CASE_FILES, DATASET, PLANS, Preprocessor
from labelct.trainer.nnunet.plans import read_plans, write_raw
from labelct.writing import write_json


def preprocess(
    training_set: TrainingSet,
    plans_folder: Path,
    configuration: str,
    parallel: ParallelSettings,
    folder: Path,
    cases: Sequence[StoredCase] | None = None,
) -> None:
    """Fill nnU-Net's roots `raw` and `preprocessed` in `folder`; what lies there finished is left alone.

    Args:
        training_set: The cases and their split.
        plans_folder: Where `plan` has been.
        configuration: The one to prepare.
        parallel: Workers.
        folder: The stage.
        cases: Those that nnU-Net shall read; None: all of the set.

    Raises:
        InputError: There is no validation case.
    """
    if not training_set.val:
        remedy = "nnU-Net follows its training on them: give cohort.splits.val=1 or more"
        raise InputError(training_set.folder, "has no validation case", remedy)
    plans, target = read_plans(plans_folder), folder / "preprocessed" / DATASET
    target.mkdir(parents=True, exist_ok=True)
    dataset = write_raw(training_set, folder)
    write_json(target / "dataset.json", {name: value for name, value in dataset.items() if name != "dataset"})
    write_json(target / f"{PLANS}.json", {**plans, "dataset_name": DATASET})
    shutil.copyfile(plans_folder / "dataset_fingerprint.json", target / "dataset_fingerprint.json")
    shutil.copyfile(training_set.folder / "splits_final.json", target / "splits_final.json")
    arrays, work = target / plans["configurations"][configuration]["data_identifier"], folder / "work"
    arrays.mkdir(exist_ok=True)
    prepare = partial(_case, Preprocessor.of(plans, configuration, dataset), arrays, work)
    wanted = (*training_set.train, *training_set.val) if cases is None else cases
    map_cases(prepare, wanted, parallel, "nnU-Net preprocessing")
    shutil.rmtree(work, ignore_errors=True)


def _case(preprocessor: Preprocessor, folder: Path, work: Path, case: StoredCase) -> None:
    """Preprocess one case to `folder` by way of `work`; the last of its files, moved last, marks it finished."""
    if (folder / f"{case.name}{CASE_FILES[-1]}").exists():
        return
    unfinished = work / case.name
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    preprocessor.save(case.image, case.label, unfinished / case.name)
    for ending in CASE_FILES:
        (unfinished / f"{case.name}{ending}").replace(folder / f"{case.name}{ending}")
