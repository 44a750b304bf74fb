"""Clean volumes from label maps: HU without noise, the training label and a record of every number drawn."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.cohort.base import Cohort, Subject
from labelct.config import Config, plain
from labelct.errors import InputError
from labelct.io import nifti
from labelct.io.video import find_videos
from labelct.parallel import map_cases
from labelct.priors.check import check
from labelct.sampler import SYNTHESIS, Loaded, Sampler, entropy
from labelct.scanner.scan import Acquisition
from labelct.stages import inputs, priors, selection
from labelct.stages.acquisition import resolved
from labelct.stages.translation import described
from labelct.store import RECIPE, REMADE, Stage, build, ordered, recipe_of
from labelct.synthesis.recipe import Recipe, Synthetic
from labelct.synthesis.recipes import RECIPES
from labelct.texts import read_json
from labelct.writing import write_json

VERSION = 6
# What of `data` says how volumes are used and not what is in them.
ELSEWHERE = frozenset({"rescan", "mode", "patches", "replicates", "replicates_val"})


@dataclass(frozen=True)
class SynthesisWork:
    """One case to synthesise with all its replicates."""

    subject: Subject
    split: str
    replicates: int
    sampler: Sampler
    seed: int
    folder: Path
    tables: Mapping[str, str]


def sampler(config: Config, folder: Path) -> Sampler:
    """Return what makes the volumes of an experiment.

    Args:
        config: The experiment.
        folder: Of its clean volumes or its training set, which holds the tables that they are painted from.
    """
    data = priors.beside(config.data, folder)
    recipe = Recipe.of(data, config.fill, config.texture, config.drop, config.targets)
    return Sampler(recipe, Acquisition(resolved(config), config.dose))


def run(config: Config, cohort: Cohort, cohort_stage: Stage, root: Path) -> Stage:
    """Return the stage of clean volumes: `volumes/`, `labels/`, one `records/<name>.json` a volume, and the tables.

    Args:
        config: The experiment; read are data, fill, texture, drop and targets.
        cohort: Training and validation subjects.
        cohort_stage: The stage that identifies their files.
        root: The folder of all stages.

    Returns:
        The stage.
    """
    if not cohort.train:
        raise InputError(cohort_stage.folder, "no training subject is left", "check cohort.splits and limit.train")
    tables = priors.tables(config, cohort, root)
    settings = _settings(config, tables, root)
    settings["cases"] = {"train": [s.case for s in cohort.train], "val": [s.case for s in cohort.val]}

    def make(folder: Path) -> None:
        for name in ("volumes", "labels", "records"):
            (folder / name).mkdir(exist_ok=True)
        tables.write(folder)
        whole, seed = sampler(config, folder), config.data.seed
        checked = whole if config.drop.validation else whole.without_drop()
        make_one = partial(SynthesisWork, seed=seed, folder=folder, tables=tables.identity)
        work = [make_one(subject, "train", copies(config), whole) for subject in cohort.train]
        work += [make_one(subject, "val", config.data.replicates_val, checked) for subject in cohort.val]
        alone = RECIPES[config.data.kind].translated  # one translation at a time takes the whole device
        parallel = config.parallel.one_by_one() if alone else config.parallel
        map_cases(synthesise, work, parallel, f"synthesis {config.data.kind}")

    return build(root, recipe_of("synthesis", VERSION, settings, [cohort_stage, *tables.stages]), make)


def copies(config: Config) -> int:
    """Return the volumes stored of a training case; one, as a sample, where the trainer draws its own."""
    return 1 if config.data.mode == "online" else config.data.replicates


def _settings(config: Config, tables: priors.Tables, root: Path) -> dict[str, Any]:
    """Return the settings that the recipe reads."""
    kind = RECIPES[config.data.kind]
    replicates = {"train": copies(config), "val": config.data.replicates_val}
    settings: dict[str, Any] = {"replicates": replicates, "targets": ordered(config.targets.parts)}
    if kind.translated:  # how many windows at once changes no volume
        settings["translation"] = {"overlap": config.translation.prediction.overlap}
    if not kind.draws:
        kept = ("kind", "spacing", "interpolation", "seed", *(["mr"] if kind.image == "mr" else []))
        return {**settings, "data": {name: value for name, value in plain(config.data).items() if name in kept}}
    data = {name: value for name, value in plain(config.data).items() if name not in ELSEWHERE | kind.unread}
    data["priors"] = tables.identity["priors"]
    data["atlas"] = {name: value for name, value in data["atlas"].items() if name in ("whole", "completed")}
    if "cylinder" in data:
        data["cylinder"]["histogram"] = tables.identity["body"]
    settings |= {"data": data, "fill": plain(config.fill), "drop": plain(config.drop)}
    return settings | ({"texture": _texture(config, root)} if kind.textured else {})


def _texture(config: Config, root: Path) -> dict[str, Any]:
    """Return the settings of the texture, with what stands for the video files in place of their folder."""
    texture = plain(config.texture)
    del texture["cache_mb"]
    if config.texture.kind == "video":
        del texture["frames"], texture["clips"]
        videos = find_videos(config.texture.root or "")
        texture["root"] = inputs.identified([[path.name, path.stat().st_size] for path in videos], videos, root)
    return texture


def synthesise(work: SynthesisWork) -> None:
    """Write every replicate of one case that is not there yet."""
    names = {replicate: f"{work.subject.case}_r{replicate}" for replicate in range(work.replicates)}
    missing = {replicate: name for replicate, name in names.items() if not _is_complete(name, work.folder)}
    if not missing:
        return
    loaded = work.sampler.load(work.subject)
    _check_targets(work, loaded)
    for replicate, name in missing.items():
        drawn_from = entropy(work.seed, SYNTHESIS, work.subject.case, replicate)
        synthetic = work.sampler.recipe.draw(loaded.case, np.random.default_rng(drawn_from))
        write(work.folder, name, synthetic, loaded.affine)
        record = {"name": name, "case": work.subject.case, "replicate": replicate, "split": work.split}
        record |= {"source": loaded.source, "entropy": drawn_from, "check": _checked(work.sampler.recipe, synthetic)}
        record["tables"] = dict(work.tables)
        record |= {"shape": list(synthetic.target.shape), "spacing": list(loaded.case.spacing)}
        if work.sampler.recipe.reads_atlases:
            record["atlases"] = dict(work.subject.stages)
        if loaded.case.ignored is not None:
            record["ignored"] = int((synthetic.target == work.sampler.recipe.targets.ignore).sum())
        if work.sampler.recipe.kind.translated:
            record |= described(work.subject)
        write_json(work.folder / "records" / f"{name}.json", {**record, "recipe": synthetic.params})


def _is_complete(name: str, folder: Path) -> bool:
    files = f"records/{name}.json", f"volumes/{name}.nii.gz", f"labels/{name}.nii.gz"
    return all((folder / file).is_file() for file in files)


def _check_targets(work: SynthesisWork, loaded: Loaded) -> None:
    recipe, case = work.sampler.recipe, loaded.case
    anatomy = selection.structures(recipe.targets, recipe.data.lesions)
    values = [value for value, name in case.names.items() if name in anatomy]
    if not np.isin(case.label_map, values).any():
        problem = f"holds no voxel of the targets {', '.join(sorted(anatomy))}"
        remedy = "leave the case out with cohort.cases= or choose other targets="
        raise InputError(work.subject.files[0], problem, remedy)


def write(folder: Path, name: str, synthetic: Synthetic, affine: NDArray[np.float64]) -> None:
    """Write a clean volume and its target where the scanner looks for them.

    Args:
        folder: Gets `volumes/` and `labels/`.
        name: Of the volume.
        synthetic: The volume.
        affine: `(4, 4)`, voxel index to mm.
    """
    nifti.write(folder / "volumes" / f"{name}.nii.gz", synthetic.volume, affine)
    nifti.write(folder / "labels" / f"{name}.nii.gz", synthetic.target, affine)


def _checked(recipe: Recipe, synthetic: Synthetic) -> dict[str, dict[str, Any]] | None:
    """Return what `check` found of the organs by name; None where intensities are not meant to be those of CT."""
    if not recipe.hu_is_ct:
        return None
    drawn = {"enhancement": recipe.data.mean_enhancement, "time": recipe.data.mean_time}
    drawn |= synthetic.params.get("intensity", {})
    anatomy = synthetic.anatomy
    pasted = synthetic.params.get("drop", {}).get("pasted", list(anatomy.names.values()))
    drunk = synthetic.params.get("contents") or {}  # the prior says nothing of these
    names = {value: name for value, name in anatomy.names.items() if name in pasted and name not in drunk}
    rows = check(synthetic.volume, anatomy.label_map, names, recipe.priors, drawn["enhancement"], drawn["time"])
    kept = ("mean", "sd", "expected", "deviation", "passed")
    rounded = ({key: round(row[key], 2) if key != "passed" else row[key] for key in kept} for row in rows)
    return {row["name"]: found for row, found in zip(rows, rounded, strict=True)}


def names_of(folder: Path) -> list[str]:
    """Return the names of the volumes of a finished stage, as its recipe has them: what lies there may be less."""
    settings = read_json(folder / RECIPE, REMADE)["settings"]
    cases, replicates = settings["cases"], settings["replicates"]
    return [f"{case}_r{number}" for split in cases for case in cases[split] for number in range(replicates[split])]


def records(folder: Path, names: Iterable[str]) -> list[dict[str, Any]]:
    """Return what was drawn for each volume of a stage's folder, in the order of their files.

    Args:
        folder: Holds `records/`.
        names: The volumes, each of which must have its record.

    Raises:
        InputError: A record is missing or damaged.
    """
    return [read_json(folder / "records" / file, REMADE) for file in sorted(f"{name}.json" for name in names)]
