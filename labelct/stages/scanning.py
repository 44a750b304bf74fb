"""Clean volumes through the simulated scanner into a training set in nnU-Net's raw layout."""

import dataclasses
import json
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labelct import __version__, dataset
from labelct.config import Config, plain
from labelct.io import content, nifti
from labelct.parallel import map_cases
from labelct.priors.check import report, sentence
from labelct.sampler import SCAN, entropy
from labelct.scanner.scan import Acquisition, project, sample_scan, scan
from labelct.scanner.settings import ScannerSettings
from labelct.stages import priors
from labelct.stages.acquisition import resolved, shared_out
from labelct.stages.synthesis import names_of, records
from labelct.store import Stage, build, is_finished, ordered, recipe_of, stage_of
from labelct.synthesis.recipes import RECIPES
from labelct.writing import copy, write_json, write_text, written

log = logging.getLogger(__name__)
VERSION = 3
ELSEWHERE = frozenset({"memory", "cache", "backend"})  # how a scan is computed, which leaves its image as it is


@dataclass(frozen=True)
class ScanWork:
    """One clean volume to scan."""

    record: dict[str, Any]
    clean: Path
    projections: Path | None
    acquisition: Acquisition
    seed: int
    folder: Path


def run(config: Config, synthesis: Stage, root: Path) -> Stage:
    """Return the training set: `imagesTr/`, `labelsTr/`, `dataset.json`, `splits_final.json` and `manifest.jsonl`.

    Beside the manifest lie `config.json` and the tables that the volumes were painted from, which `labelct replay`
    needs besides a line of it, and `priors_check.json`, whether each organ is as dense as the prior says.

    Noise-free projections are a stage of their own, which the doses of a sweep share. They are made, again where they
    were taken away, for a training set that is not there yet, and for no other.

    Args:
        config: The experiment; read are scanner, dose, targets and what its data are.
        synthesis: The stage of clean volumes.
        root: The folder of all stages.

    Returns:
        The stage.
    """
    config = dataclasses.replace(config, scanner=_scanner(config))
    line_integrals = _projections(config, synthesis)
    projections = None if line_integrals is None else stage_of(root, line_integrals)
    parents = [synthesis] if projections is None else [synthesis, projections]
    settings: dict[str, Any] = {"scanner": _physics(config.scanner)}
    if config.scanner.kind != "none":
        settings |= {"dose": plain(config.dose), "seed": config.data.seed}
    settings["targets"] = ordered(config.targets.parts)

    def make(folder: Path) -> None:
        for name in ("imagesTr", "labelsTr", "records"):
            (folder / name).mkdir(exist_ok=True)
        work = _work(config, synthesis, folder, None if projections is None else projections.folder)
        parallel = shared_out(config.parallel, config.scanner)
        map_cases(_scan_case, work, parallel, f"scanner {config.scanner.kind}")
        lines = records(folder, [one.record["name"] for one in work])
        index(folder, lines, config.targets.names)
        shutil.rmtree(folder / "records")
        share_tables(synthesis.folder, folder)
        write_json(folder / "config.json", _made_with(config))

    recipe = recipe_of("dataset", VERSION, settings, parents)
    if line_integrals is not None and not is_finished(stage_of(root, recipe)):
        _project(config, synthesis, line_integrals, root)
    return build(root, recipe, make)


def _work(config: Config, synthesis: Stage, folder: Path, projections: Path | None = None) -> list[ScanWork]:
    acquisition, read = Acquisition(config.scanner, config.dose), records(synthesis.folder, names_of(synthesis.folder))
    return [ScanWork(record, synthesis.folder, projections, acquisition, config.data.seed, folder) for record in read]


def _scanner(config: Config) -> ScannerSettings:
    """Return the scanner of the training volumes: clinical CT are scans already."""
    if config.data.is_scanned() or config.scanner.kind == "none":
        return resolved(config)
    log.info(
        "data=%s: the CT are scans already, scanner and dose are left out (data.rescan=true scans again)",
        config.data.kind,
    )
    return ScannerSettings(kind="none")


def _made_with(config: Config) -> dict[str, Any]:
    """Return the settings that the volumes were made with, and where their files lay on this machine."""
    sections = ["cohort", "data", "fill", "texture", "drop", "scanner", "dose"]
    if RECIPES[config.data.kind].translated:
        sections.append("translation")
    return {"labelct": __version__, "targets": config.targets.parts} | {
        name: plain(getattr(config, name)) for name in sections
    }


def _physics(scanner: ScannerSettings) -> dict[str, Any]:
    """Return the settings that change the image: those that the kind of scan reads, but for `ELSEWHERE`."""
    if scanner.kind != "helical":
        return {"kind": scanner.kind}
    unread = {"full": {"noise_only"}, "noise_only": {"rays_per_cell", "focal_spot"}}[scanner.mode]
    return {name: value for name, value in plain(scanner).items() if name not in {*ELSEWHERE, *unread}}


def _projections(config: Config, synthesis: Stage) -> dict[str, Any] | None:
    """Return the recipe of the noise-free projections; None where none are kept."""
    if not config.scanner.keeps_projections:
        return None
    return recipe_of("projections", VERSION, {"scanner": _geometry(config.scanner)}, [synthesis])


def _project(config: Config, synthesis: Stage, recipe: dict[str, Any], root: Path) -> None:
    """Make the noise-free projections of clean volumes."""

    def make(folder: Path) -> None:
        work, parallel = _work(config, synthesis, folder), shared_out(config.parallel, config.scanner)
        map_cases(_project_case, work, parallel, "forward projection")

    build(root, recipe, make)


def _geometry(scanner: ScannerSettings) -> dict[str, Any]:
    """Return the settings that noise-free projections depend on: photons and reconstruction come after them."""
    later = ("recon", "mode", "efficiency")
    kept = {name: value for name, value in _physics(scanner).items() if name not in later}
    return {**kept, "field_of_view": scanner.recon.field_of_view}  # it decides how far the helix goes on


def _project_case(work: ScanWork) -> None:
    path = work.folder / f"{work.record['name']}.npy"
    if path.exists():
        return
    volume = nifti.read_volume(work.clean / "volumes" / f"{work.record['name']}.nii.gz")
    projections = project(np.asarray(volume.array, np.float32), volume.spacing, work.acquisition)
    assert projections is not None
    with written(path, "free disk space or set scanner.cache=false") as file:
        np.save(file, projections)


def _scan_case(work: ScanWork) -> None:
    """Write one scanned volume with its label and record, unless all of them are there."""
    name = work.record["name"]
    record = work.folder / "records" / f"{name}.json"
    files = {"image": dataset.image_path(work.folder, name), "label": dataset.label_path(work.folder, name)}
    if all(path.is_file() for path in (record, *files.values())):
        return
    drawn_from = entropy(work.seed, SCAN, work.record["case"], work.record["replicate"])
    params = sample_scan(np.random.default_rng(drawn_from))
    scan_again(work, params)
    digests = {kind: content.digest(path) for kind, path in files.items()}
    write_json(record, {**work.record, "scan": {"entropy": drawn_from, **params}, "digests": digests})


def scan_again(work: ScanWork, params: dict[str, Any]) -> None:
    """Write the image and the label that a record and the scan's `params` describe."""
    name = work.record["name"]
    image = dataset.image_path(work.folder, name)
    clean = work.clean / "volumes" / f"{name}.nii.gz"
    if work.acquisition.scanner.kind == "none":
        share(clean, image)
    else:
        volume = nifti.read_volume(clean)
        projections = None if work.projections is None else np.load(work.projections / f"{name}.npy", mmap_mode="r")
        values = np.asarray(volume.array, np.float32)
        hu = scan(values, volume.spacing, work.acquisition, params, projections)
        nifti.write(image, hu, volume.affine)
    share(work.clean / "labels" / f"{name}.nii.gz", dataset.label_path(work.folder, name))


def share(source: Path, target: Path) -> None:
    """Give `target` the bytes of `source`, as a hard link where the file system has them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        copy(source, target)


def share_tables(source: Path, target: Path) -> None:
    """Copy the tables that volumes were painted from to another folder of the same volumes."""
    for name in priors.FILES.values():
        if (source / name).is_file():
            copy(source / name, target / name)


def index(folder: Path, lines: list[dict[str, Any]], targets: list[str]) -> None:
    """Write the files that describe a training set.

    Args:
        folder: The training set.
        lines: What was drawn for each volume, with its `split`.
        targets: Names of the targets, the first of which has the value 1.
    """
    splits = {split: [line["name"] for line in lines if line["split"] == split] for split in ("train", "val")}
    spacing = lines[0]["spacing"] if all(line["spacing"] == lines[0]["spacing"] for line in lines) else None
    dataset.write_index(folder, targets, splits, spacing, ignore=any(line.get("ignored") for line in lines))
    write_text(folder / "manifest.jsonl", "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))
    _check(folder, lines, lines[0]["tables"]["priors"])


def _check(folder: Path, lines: list[dict[str, Any]], prior: str) -> None:
    """Write `priors_check.json` from what each record says about its organs, and say it in the log."""
    checked = [[{"name": name, **row} for name, row in line["check"].items()] for line in lines if line["check"]]
    if not checked:
        write_json(
            folder / "priors_check.json", {"prior": prior, "skipped": "intensities are not meant to be those of CT"}
        )
        return
    found = report(checked, prior)
    write_json(folder / "priors_check.json", found)
    log.info("%s", sentence(found))
