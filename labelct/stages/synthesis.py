"""Clean volumes from label maps: HU without noise, the training label and a record of every number drawn."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from labelct.cohort.base import Cohort, Subject
from labelct.config import Config, plain
from labelct.errors import InputError
from labelct.io import nifti
from labelct.parallel import map_cases
from labelct.store import Stage, build, canonical, recipe_of, write_json
from labelct.synthesis import bank as banks
from labelct.synthesis.recipe import sample_recipe, synthesize
from labelct.synthesis.resample import resample_labels, resample_volume
from labelct.volume import LabelMap, Volume

VERSION = 1
STREAM = 1


@dataclass(frozen=True)
class Job:
    """One case to synthesise with all its replicates."""

    subject: Subject
    split: str
    replicates: int
    config: Config
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
    settings = {name: plain(getattr(config, name)) for name in ("data", "fill", "texture", "drop")}
    settings["targets"] = config.targets
    settings["cases"] = {"train": [s.case for s in cohort.train], "val": [s.case for s in cohort.val]}
    settings["texture"] = {**settings["texture"], "root": None, "bank": banks.fingerprint(config.texture)}

    def make(folder: Path) -> None:
        for name in ("volumes", "labels", "records"):
            (folder / name).mkdir(exist_ok=True)
        jobs = [Job(subject, "train", config.data.replicates, config, folder) for subject in cohort.train]
        jobs += [Job(subject, "val", config.data.replicates_val, config, folder) for subject in cohort.val]
        if not jobs:
            raise InputError(cohort_stage.folder, "no training subject is left", "check splits and limit.train=")
        map_cases(synthesise, jobs, config.parallel, f"synthesis {config.data.kind}")

    return build(root, recipe_of("synthesis", VERSION, settings, [cohort_stage]), make)


def stream(seed: int, stage: int, case: str, replicate: int) -> list[int]:
    """Return the entropy of one case's own random stream."""
    return [seed, stage, zlib.crc32(case.encode()), replicate]


def synthesise(job: Job) -> None:
    """Write every replicate of one case that is not there yet; its record, written last, marks it finished."""
    names = {replicate: f"{job.subject.case}_r{replicate}" for replicate in range(job.replicates)}
    missing = {r: name for r, name in names.items() if not (job.folder / "records" / f"{name}.json").exists()}
    if not missing:
        return
    label_map, ct = _load(job)
    for replicate, name in missing.items():
        entropy = stream(job.config.data.seed, STREAM, job.subject.case, replicate)
        params = _paint(job, label_map, ct, name, entropy)
        record = {"name": name, "case": job.subject.case, "replicate": replicate, "split": job.split}
        record |= {"entropy": entropy, "shape": list(label_map.array.shape), "spacing": list(label_map.spacing)}
        write_json(job.folder / "records" / f"{name}.json", {**record, "recipe": params})


def _load(job: Job) -> tuple[LabelMap, Volume | None]:
    label_map = job.subject.load_label_map()
    wanted = {part for parts in job.config.targets.values() for part in parts}
    if not wanted & set(label_map.names.values()):
        known = ", ".join(sorted(label_map.names.values())[:12])
        raise InputError(job.subject.files[0], f"has none of the targets {sorted(wanted)}", f"choose targets= from {known} …")
    ct = job.subject.load_ct() if job.subject.load_ct else None
    if job.config.data.spacing is None:
        return label_map, ct
    spacing = (float(job.config.data.spacing),) * 3
    return resample_labels(label_map, spacing), None if ct is None else resample_volume(ct, spacing)


def _paint(job: Job, label_map: LabelMap, ct: Volume | None, name: str, entropy: list[int]) -> dict[str, Any]:
    config, bank = job.config, _bank(canonical(plain(job.config.texture)), job.config)
    args = (label_map.array, label_map.spacing, label_map.names, config.targets)
    params = sample_recipe(
        *args, config.data, config.fill, config.texture, config.drop, bank, np.random.default_rng(entropy)
    )
    hu, target = synthesize(*args, params, bank, None if ct is None else ct.array)
    nifti.write(job.folder / "volumes" / f"{name}.nii.gz", np.rint(hu).astype(np.int16), label_map.affine)
    nifti.write(job.folder / "labels" / f"{name}.nii.gz", target, label_map.affine)
    return params


_BANKS: dict[str, banks.Bank] = {}


def _bank(key: str, config: Config) -> banks.Bank:
    """Return the texture bank, decoded once a process."""
    if key not in _BANKS:
        _BANKS[key] = banks.load_bank(config.texture)
    return _BANKS[key]


def records(stage: Stage) -> list[dict[str, Any]]:
    """Return what was drawn for each volume of the stage, in the order of names."""
    paths = sorted((stage.folder / "records").glob("*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]
