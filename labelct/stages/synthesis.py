"""Clean volumes from label maps: HU without noise, the training label and a record of every number drawn."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.cohort.base import Cohort, Subject
from labelct.cohort.grid import regrid
from labelct.config import Config, plain
from labelct.errors import InputError
from labelct.io import nifti
from labelct.io.video import find_videos
from labelct.parallel import map_cases
from labelct.store import Stage, build, ordered, recipe_of, write_json
from labelct.synthesis.bank import Bank, load_bank, make_bank
from labelct.synthesis.check import check
from labelct.synthesis.priors import load_priors
from labelct.synthesis.recipe import Painted, draw_volume, synthesize
from labelct.synthesis.settings import DropSettings
from labelct.volume import LabelMap, Volume

VERSION = 4
STREAM = 1
UNCHECKED = ("uniform", "mixture")


@dataclass(frozen=True)
class Job:
    """One case to synthesise with all its replicates."""

    subject: Subject
    split: str
    replicates: int
    config: Config
    bank: Bank
    folder: Path


def run(config: Config, cohort: Cohort, cohort_stage: Stage, root: Path) -> Stage:
    """Return the stage of clean volumes: `volumes/`, `labels/` and one `records/<name>.json` a volume.

    Args:
        config: The experiment; read are data, fill, texture, drop and targets.
        cohort: Training and validation subjects.
        cohort_stage: The stage that identifies their files.
        root: The folder of all stages.

    Returns:
        The stage.
    """
    settings = _settings(config)
    settings["cases"] = {"train": [s.case for s in cohort.train], "val": [s.case for s in cohort.val]}

    def make(folder: Path) -> None:
        for name in ("volumes", "labels", "records"):
            (folder / name).mkdir(exist_ok=True)
        bank = load_bank(config.texture) if "texture" in settings else make_bank([], [])
        copies = 1 if config.data.mode == "online" else config.data.replicates
        jobs = [Job(subject, "train", copies, config, bank, folder) for subject in cohort.train]
        jobs += [Job(subject, "val", config.data.replicates_val, config, bank, folder) for subject in cohort.val]
        map_cases(synthesise, jobs, config.parallel, f"synthesis {config.data.kind}")

    if not cohort.train:
        raise InputError(cohort_stage.folder, "no training subject is left", "check cohort.splits and limit.train")
    return build(root, recipe_of("synthesis", VERSION, settings, [cohort_stage]), make)


def _settings(config: Config) -> dict[str, Any]:
    """Return what the recipe reads: a clinical CT has neither fill nor texture nor drop."""
    data = {name: value for name, value in plain(config.data).items() if name != "rescan"}
    data["priors"] = _content(config.data.priors)
    data["cylinder"]["histogram"] = _content(config.data.cylinder.histogram)
    news = {"subclasses": config.data.subclasses.count, "headroom_mm": config.data.headroom_mm}
    news["surroundings"] = config.data.surroundings.is_active()
    for name in (name for name, used in news.items() if not used):
        del data[name]  # volumes from before there were any keep their key
    if config.data.kind == "clinical":
        kept = ("kind", "replicates", "replicates_val", "spacing", "seed")
        return {"data": {name: data[name] for name in kept}, "targets": ordered(config.targets)}
    settings: dict[str, Any] = {"data": data, "fill": plain(config.fill), "drop": plain(config.drop)}
    settings["targets"] = ordered(config.targets)
    if config.texture.kind == "video":
        clips = [[path.name, path.stat().st_size] for path in find_videos(config.texture.root or "")]
        return {**settings, "texture": {**plain(config.texture), "root": clips}}
    return {**settings, "texture": plain(config.texture)}


def _content(source: str) -> str:
    """Return what identifies a table: the name of a built-in one, the digest of a file."""
    if source == "builtin":
        return source
    try:
        return hashlib.sha256(Path(source).read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(source, f"cannot be read ({error.strerror})", "give a CSV file or builtin") from None


def stream(seed: int, stage: int, case: str, replicate: int) -> list[int]:
    """Return the entropy of one case's own random stream."""
    return [seed, stage, zlib.crc32(case.encode()), replicate]


def synthesise(job: Job) -> None:
    """Write every replicate of one case that is not there yet; its record, written last, marks it finished."""
    names = {replicate: f"{job.subject.case}_r{replicate}" for replicate in range(job.replicates)}
    missing = {r: name for r, name in names.items() if not (job.folder / "records" / f"{name}.json").exists()}
    if not missing:
        return
    label_map, ct, source = load(job.subject, job.config.data.spacing, job.config.data.headroom_mm)
    _check_targets(job, label_map)
    for replicate, name in missing.items():
        entropy = stream(job.config.data.seed, STREAM, job.subject.case, replicate)
        painted = _paint(job, label_map, ct, name, entropy)
        record = {"name": name, "case": job.subject.case, "replicate": replicate, "split": job.split, "source": source}
        record |= {"entropy": entropy, "shape": list(label_map.array.shape), "spacing": list(label_map.spacing)}
        record |= {"check": _checked(job.config, painted)}
        write_json(job.folder / "records" / f"{name}.json", {**record, "recipe": painted.params})


def load(
    subject: Subject, spacing: float | None, headroom_mm: float = 0.0
) -> tuple[LabelMap, Volume | None, dict[str, str | None]]:
    """Read a subject.

    Args:
        subject: The case.
        spacing: Isotropic voxel size in mm to resample to; None keeps its own.
        headroom_mm: Of `regrid`.

    Returns:
        Label map and CT on one grid, and digests of what the files hold, `label_map` and `ct`, which a replay compares.
    """
    label_map = subject.load_label_map()
    ct = subject.load_ct() if subject.load_ct else None
    source = {"label_map": digest(label_map.array), "ct": None if ct is None else digest(ct.array)}
    return *regrid(label_map, ct, spacing, headroom_mm), source


def digest(array: NDArray[Any]) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 over the voxels of an array."""
    return hashlib.sha256(np.ascontiguousarray(array).view(np.uint8).data).hexdigest()[:16]


def _check_targets(job: Job, label_map: LabelMap) -> None:
    wanted = {part for parts in job.config.targets.values() for part in parts}
    values = [value for value, name in label_map.names.items() if name in wanted]
    if not np.isin(label_map.array, values).any():
        problem = f"holds no voxel of the targets {', '.join(sorted(wanted))}"
        raise InputError(
            job.subject.files[0], problem, "leave the case out with cohort.cases= or choose other targets="
        )


def _paint(job: Job, label_map: LabelMap, ct: Volume | None, name: str, entropy: list[int]) -> Painted:
    config, rng = job.config, np.random.default_rng(entropy)
    drop = config.drop if job.split == "train" or config.drop.validation else DropSettings(0.0)
    what = (label_map.array, label_map.spacing, label_map.names, config.targets)
    sections = (config.data, config.fill, config.texture)
    painted = draw_volume(*what, *sections, drop, job.bank, rng, ct=None if ct is None else ct.array)
    write(job.folder, name, painted.volume, painted.target, label_map.affine)
    return painted


def write(
    folder: Path, name: str, volume: NDArray[np.float32], target: NDArray[np.uint8], affine: NDArray[np.float64]
) -> None:
    """Write a clean volume and its target where the scanner looks for them."""
    nifti.write(folder / "volumes" / f"{name}.nii.gz", volume, affine)
    nifti.write(folder / "labels" / f"{name}.nii.gz", target, affine)


def paint_again(
    label_map: LabelMap,
    ct: Volume | None,
    targets: dict[str, list[str]],
    recipe: dict[str, Any],
    bank: Bank,
    name: str,
    folder: Path,
) -> None:
    """Write the clean volume and the target that a record describes.

    Args:
        label_map: Of `load`.
        ct: Of `load`.
        targets: Names of the structures that make up each target.
        recipe: What was drawn.
        bank: The texture clips that it was drawn for.
        name: Of the volume.
        folder: Gets `volumes/` and `labels/`.
    """
    what = (label_map.array, label_map.spacing, label_map.names, targets, recipe, bank)
    write(folder, name, *synthesize(*what, None if ct is None else ct.array), label_map.affine)


def _checked(config: Config, painted: Painted) -> dict[str, dict[str, Any]] | None:
    """Return what `check` found of the organs by name; None where intensities are not meant to be those of CT."""
    if config.data.kind == "synthseg" or (config.data.kind != "clinical" and config.fill.kind in UNCHECKED):
        return None
    mean = {"portal": 1.0, "native": 0.0}.get(config.data.phase, config.data.enhancement)
    enhancement, anatomy = painted.params.get("enhancement", mean), painted.anatomy
    pasted = painted.params.get("pasted", list(anatomy.names.values()))
    names = {value: name for value, name in anatomy.names.items() if name in pasted}
    rows = check(painted.volume, anatomy.label_map, names, load_priors(config.data.priors), enhancement)
    kept = ("mean", "sd", "expected", "deviation", "passed")
    rounded = ({key: round(row[key], 2) if key != "passed" else row[key] for key in kept} for row in rows)
    return {row["name"]: found for row, found in zip(rows, rounded, strict=True)}


def records(stage: Stage) -> list[dict[str, Any]]:
    """Return what was drawn for each volume of the stage, in the order of names."""
    paths = sorted((stage.folder / "records").glob("*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]
