"""The training set of a job, and held-out volumes of its recipe; folds of a cross-validation share their volumes."""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from labelct import dataset
from labelct.cohort.base import Cohort, Subject
from labelct.config import Config
from labelct.errors import InputError
from labelct.io import nifti
from labelct.priors import TRAIN
from labelct.stages import atlases, priors, scanning, synthesis
from labelct.stages.cohorts import Prepared
from labelct.store import Stage, build, recipe_of
from labelct.synthesis import drop
from labelct.synthesis.recipes import RECIPES
from labelct.synthesis.settings import DataSettings
from labelct.targets import Targets
from labelct.volume import LabelMap
from labelct.writing import copy


@dataclass(frozen=True)
class Pool:
    """Volumes that the folds of a cross-validation share.

    Attributes:
        clean: The stage of volumes without noise.
        scanned: The training set that all of them are in.
        replicates: How many of a case a fold takes.
    """

    clean: Stage
    scanned: Stage
    replicates: int

    def names(self, subjects: Iterable[Subject]) -> list[str]:
        """Return the names of the volumes of some subjects, sorted."""
        return sorted(f"{subject.case}_r{number}" for subject in subjects for number in range(self.replicates))


def run(config: Config, cohort: Cohort, cohort_stage: Stage, root: Path) -> list[Stage]:
    """Return the stages of clean volumes and, last, of the training set.

    In a cross-validation volumes are made once, of every case that any fold trains on; the training set of a fold takes
    those of its own cases. Validation volumes are made apart only where they differ: without the drop of labels, or
    where volumes of the training may be an atlas. Each fold makes its own where they are painted from what is measured
    on the CT of its training cases.

    Args:
        config: The experiment.
        cohort: Training and validation subjects.
        cohort_stage: The stage that identifies their files.
        root: The folder of all stages.
    """
    if not _shares(config, cohort):
        clean = synthesis.run(config, cohort, cohort_stage, root)
        return [clean, scanning.run(config, clean, root)]
    whole, copies, copies_val = (cohort, cohort_stage, root), synthesis.copies(config), config.data.replicates_val
    alike = copies_val <= copies and not _drops(config) and not atlases.mixed(config)
    splits = ("train", "val") if alike else ("train",)
    train = _pool(config, splits, copies, whole)
    val = dataclasses.replace(train, replicates=copies_val)
    if "val" not in splits:
        arm = config if config.drop.validation else _without_drop(config)
        val = _pool(atlases.unmixed(arm), ("val",), copies_val, whole)
    shared = {stage.key: stage for stage in (train.clean, val.clean)}
    return [*shared.values(), _select(config, {"train": (train, cohort.train), "val": (val, cohort.val)}, root)]


def held_out(config: Config, seed: int, own: Prepared, root: Path) -> tuple[tuple[Subject, ...], Stage]:
    """Return held-out cases as volumes of the job's own recipe, one each, with all labels in them, and their stage.

    Args:
        config: The experiment.
        seed: Of the volumes; a recipe that draws nothing has the volumes of the training.
        own: The training cohort and its stage.
        root: The folder of all stages.

    Returns:
        Subjects whose CT is the volume, and the stage of the volumes.

    Raises:
        InputError: No case is held out that the recipe can make a volume of.
    """
    kind, cohort = RECIPES[config.data.kind], own[0]
    subjects = usable(config, cohort, own[1])
    if not (kind.draws or config.data.is_scanned()):
        seed = config.data.seed
    data = dataclasses.replace(_painted_alike(config, cohort, root), seed=seed)
    arm = dataclasses.replace(_without_drop(config), data=data)
    cohort = cohort if _shares(config, cohort) else dataclasses.replace(cohort, folds=())
    pool = _pool(arm, ("held_out",), 1, (cohort.with_image(kind.image) if kind.image else cohort, own[1], root))
    return tuple(_as_subject(subject.case, pool.scanned.folder, config.targets) for subject in subjects), pool.scanned


def usable(config: Config, cohort: Cohort, cohort_stage: Stage) -> tuple[Subject, ...]:
    """Return the held-out subjects that the job's recipe can make volumes of.

    Raises:
        InputError: There is none.
    """
    kind = RECIPES[config.data.kind]
    images = [image for image in {kind.source, kind.image} if image]  # an MR, before and after it is made CT
    subjects = tuple(one for one in cohort.held_out if not images or any(map(one.shows, images)))
    if not subjects:
        remedy = "set evaluation.folds=, or keep cases apart with cohort.splits_file="
        raise InputError(cohort_stage.folder, "no case is held out that test=synthetic can make a volume of", remedy)
    return subjects


def _pool(config: Config, splits: tuple[str, ...], replicates: int, whole: tuple[Cohort, Stage, Path]) -> Pool:
    """Return volumes of the cases that are in one of the splits in any fold."""
    cohort, cohort_stage, root = whole
    subjects = {subject.case: subject for split in splits for subject in cohort.pooled(split)}
    together = dataclasses.replace(cohort, train=tuple(subjects[case] for case in sorted(subjects)), val=(), folds=())
    data = dataclasses.replace(config.data, mode="offline", replicates=replicates)
    arm = dataclasses.replace(config, data=data)
    clean = synthesis.run(arm, together, cohort_stage, root)
    return Pool(clean, scanning.run(arm, clean, root), replicates)


def _shares(config: Config, cohort: Cohort) -> bool:
    """Return whether the volumes of a case are the same in every fold."""
    choice = priors.choose(config, any(subject.load_ct is not None for subject in cohort.pooled("train")))
    return bool(cohort.folds) and TRAIN not in (choice.priors, choice.body)


def _painted_alike(config: Config, cohort: Cohort, root: Path) -> DataSettings:
    """Return the recipe with the tables of the training as files: nothing is measured on a case that is held out."""
    measured = {
        stage.name: str(stage.folder / priors.FILES[stage.name]) for stage in priors.tables(config, cohort, root).stages
    }
    choice = priors.choose(config, any(subject.load_ct is not None for subject in cohort.train))
    cylinder = config.data.cylinder
    if choice.body is not None:
        cylinder = dataclasses.replace(cylinder, histogram=measured.get("body", choice.body))
    return dataclasses.replace(config.data, priors=measured.get("priors", choice.priors), cylinder=cylinder)


def _drops(config: Config) -> bool:
    """Return whether training volumes lose labels that validation volumes keep."""
    chances = (config.drop.probability, *config.drop.labels.values())
    return RECIPES[config.data.kind].draws and not config.drop.validation and any(chance > 0 for chance in chances)


def _without_drop(config: Config) -> Config:
    return dataclasses.replace(config, drop=drop.Settings(0.0))


def _select(config: Config, parts: Mapping[str, tuple[Pool, tuple[Subject, ...]]], root: Path) -> Stage:
    """Return the training set of one fold: links to the volumes of its cases, with files that describe it."""
    chosen = {split: {"of": pool.scanned.key, "volumes": pool.names(cases)} for split, (pool, cases) in parts.items()}

    def make(folder: Path) -> None:
        lines = []
        for split, (pool, cases) in parts.items():
            for line in _lines(pool.scanned.folder, pool.names(cases)):
                for path_of in (dataset.image_path, dataset.label_path):
                    if not (path := path_of(folder, line["name"])).is_file():
                        scanning.share(path_of(pool.scanned.folder, line["name"]), path)
                lines.append({**line, "split": split})
        lines.sort(key=lambda line: str(line["name"]))
        scanning.index(folder, lines, config.targets.names)
        scanning.share_tables(parts["train"][0].scanned.folder, folder)
        copy(parts["train"][0].scanned.folder / "config.json", folder / "config.json")

    return build(root, recipe_of("dataset", scanning.VERSION, {"fold": chosen}), make)


def _lines(folder: Path, names: Iterable[str]) -> list[dict[str, Any]]:
    """Return the manifest's lines of some volumes."""
    found = map(json.loads, (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines())
    lines = {line["name"]: line for line in found}
    return [lines[name] for name in names]


def _as_subject(case: str, folder: Path, targets: Targets) -> Subject:
    """Return a volume as a subject: it is what networks see already, also where it was an MR."""
    name = f"{case}_r0"
    image, label = dataset.image_path(folder, name), dataset.label_path(folder, name)
    return Subject(case, partial(_label_map, label, targets), partial(nifti.read_volume, image), (label, image))


def _label_map(path: Path, targets: Targets) -> LabelMap:
    """Return the label map of a training volume; the first part's name stands for all that a target merges."""
    stored = nifti.read_label_map(path)
    names = {value: parts[0] for value, parts in enumerate(targets.parts.values(), start=1)}
    further = [part for parts in targets.parts.values() for part in parts[1:]]
    names |= dict(enumerate(further, start=targets.ignore + 1))  # values that no voxel has
    ignored = stored.array == targets.ignore
    array = stored.array.copy()
    array[ignored] = 0
    return LabelMap(array, stored.affine, names, ignored=ignored if ignored.any() else None)
