"""`labelct replay`: one volume of a training set made again, bit for bit, from its line in the manifest."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelct import dataset
from labelct.cohort.base import Subject
from labelct.cohort.settings import SPLITS, FolderSettings
from labelct.commands.arguments import Parser
from labelct.config import section
from labelct.errors import InputError, did_you_mean, kind_and_line
from labelct.filenames import check_name
from labelct.folders import check_takes_files, scratch, together
from labelct.io import content
from labelct.phantom.settings import EmbeddedSettings
from labelct.targets import Targets
from labelct.texts import read_json, read_text
from labelct.writing import copy

if TYPE_CHECKING:
    from labelct.sampler import Sampler

# What a volume is made from; what of it does not fit is found by the recipe.
LINE = ("source", "recipe", "entropy", "scan", "digests")
SECTIONS = ("cohort", "data", "fill", "texture", "drop", "scanner", "dose", "targets", "labelct")
REMEDY = "give the manifest.jsonl of a training set, with config.json and dataset.json beside it"


def parser() -> Parser:
    """Return the parser of the command line."""
    command = Parser(
        prog="labelct replay",
        description="Make one volume of a training set again, bit for bit, and compare it with what the manifest says.",
    )
    command.add_argument("manifest", type=Path, help="manifest.jsonl of a training set, or the folder it lies in")
    command.add_argument("line", help="number of the line, from 1, or the name of the volume")
    command.add_argument(
        "-o", "--output", type=Path, default=Path(), help="folder for <name>_0000.nii.gz, <name>.nii.gz"
    )
    command.add_argument("--cohort-root", type=Path, help="the cohort's folder, where it lies elsewhere by now")
    command.add_argument("--texture-root", type=Path, help="the folder of the video files, likewise")
    return command


def main(arguments: Sequence[str]) -> int:
    """Make the volume of the command line again.

    Args:
        arguments: What stands behind `labelct replay`.

    Returns:
        The exit code, 0.

    Raises:
        LabelctError: The line, or a file that the volume was made from, is missing or another one; or the volume did
            not come out as the manifest says.
    """
    given = parser().parse_args(arguments)
    from labelct.synthesis.recipe import UNFIT

    manifest = given.manifest / "manifest.jsonl" if given.manifest.is_dir() else given.manifest
    line, made_with = read_line(manifest, given.line), _made_with(manifest)
    for name, root in {"cohort": given.cohort_root, "texture": given.texture_root}.items():
        if root is not None:
            made_with[name]["root"] = str(root)
    try:
        image, label = replay(line, made_with, manifest.parent, given.output)
    except UNFIT as error:
        problem = f"its line {line['name']} describes no volume ({kind_and_line(error)})"
        raise InputError(manifest, problem, REMEDY) from error
    for kind, path in {"image": image, "label": label}.items():
        if content.digest(path) != line["digests"][kind]:
            remedy = f"it was made by labelct {made_with['labelct']}; other versions and processors may round otherwise"
            raise InputError(path, f"is not the {kind} that the manifest describes", remedy)
    print(f"{image}\n{label}\nboth are what line {given.line} of {manifest} describes, bit for bit")
    return 0


def read_line(manifest: Path, wanted: str) -> dict[str, Any]:
    """Return a line of a manifest by its number, from 1, or by the name of its volume.

    Raises:
        InputError: The manifest cannot be read or has no such line.
    """
    try:
        lines = [json.loads(line) for line in read_text(manifest, REMEDY).splitlines()]
    except (ValueError, RecursionError) as error:
        raise InputError(manifest, f"cannot be read ({error})", REMEDY) from None
    if not all(isinstance(line, dict) and isinstance(line.get("name"), str) for line in lines):
        raise InputError(manifest, "is no manifest: a line of it names no volume", REMEDY)
    for line in lines:
        check_name(manifest, "name", line["name"])
    for number, line in enumerate(lines, start=1):
        if wanted in (str(number), line["name"]):
            return _checked(manifest, line)
    remedy = did_you_mean(wanted, [line["name"] for line in lines]) or "give a number or a name in it"
    raise InputError(manifest, f"has {len(lines)} lines and no {wanted!r}", remedy)


def replay(line: Mapping[str, Any], made_with: Mapping[str, Any], tables: Path, output: Path) -> tuple[Path, Path]:
    """Make the volume of a manifest line again.

    Args:
        line: Of the manifest.
        made_with: `config.json` of the training set.
        tables: The folder of the training set, which holds the tables that it was painted from.
        output: The folder for both files.

    Returns:
        The image and the label.

    Raises:
        InputError: The cohort, the CT or the texture clips are not those that the volume was made from.
    """
    from labelct.stages import scanning, synthesis

    check_takes_files(output)
    name, sampler = line["name"], _sampler(made_with, tables)
    with scratch() as folder:
        subject = _subject(line["case"], section("cohort", made_with["cohort"]), folder)
        stages = tables.absolute().parents[1]
        subject = _beside(_translated(subject, line, made_with, stages), line, stages)
        loaded = sampler.load(subject)
        _check_source(subject, loaded.source, line)
        synthesis.write(folder, name, sampler.recipe.apply(loaded.case, line["recipe"]), loaded.affine)
        work = scanning.ScanWork(dict(line), folder, None, sampler.acquisition, line["entropy"][0], folder)
        scanning.scan_again(work, {"seed": line["scan"]["seed"]})
        paths = output / f"{name}_0000.nii.gz", output / f"{name}.nii.gz"
        with together(output) as written:
            copy(dataset.image_path(folder, name), written / paths[0].name)
            copy(dataset.label_path(folder, name), written / paths[1].name)
    return paths


def _checked(manifest: Path, line: dict[str, Any]) -> dict[str, Any]:
    """Return a line that has what a volume is made from, and whose case leads to no other folder."""
    check_name(manifest, "case", line.get("case"))
    missing = [key for key in LINE if key not in line]
    if missing:
        raise InputError(manifest, f"its line {line['name']} has no {missing[0]}", REMEDY)
    digests = line["digests"]
    if not isinstance(digests, dict) or not {"image", "label"} <= set(digests):
        raise InputError(manifest, f"its line {line['name']} has no digests of image and label", REMEDY)
    return line


def _sampler(made_with: Mapping[str, Any], tables: Path) -> Sampler:
    """Return what made the volumes of a training set."""
    from labelct.sampler import Sampler
    from labelct.scanner.scan import Acquisition
    from labelct.stages.priors import beside
    from labelct.synthesis.recipe import Recipe

    names = ("data", "fill", "texture", "drop", "scanner", "dose")
    data, fill, texture, drop, scanner, dose = (section(name, made_with[name]) for name in names)
    recipe = Recipe.of(beside(data, tables), fill, texture, drop, Targets(made_with["targets"]))
    return Sampler(recipe, Acquisition(scanner, dose))


def _subject(case: str, settings: Any, folder: Path) -> Subject:
    """Return one case of a cohort; an embedded one is drawn again into `folder`."""
    from labelct.cohort.open import open_cohort
    from labelct.phantom import cases as phantom

    if isinstance(settings, EmbeddedSettings):
        phantom.generate_case(settings, case, folder / "cohort")
        phantom.write_index(settings, folder / "cohort")
        settings = FolderSettings(root=str(folder / "cohort"), modality=settings.modality)
    settings = dataclasses.replace(settings, cases=[case], splits=dict.fromkeys(SPLITS), splits_file=None)
    try:
        cohort = open_cohort(settings)
    except InputError as error:
        remedy = f"{error.remedy}, or say where the cohort lies with --cohort-root"
        raise InputError(error.path, error.problem, remedy) from None
    return next(subject for subject in cohort.everyone if subject.case == case)


def _translated(subject: Subject, line: Mapping[str, Any], made_with: Mapping[str, Any], stages: Path) -> Subject:
    """Return a subject with the CT that the translation of a line made of its MR; as it is where there was none.

    Args:
        subject: The line's.
        line: Of the manifest.
        made_with: `config.json` of the training set.
        stages: The folder of all stages of the run that made it.

    Raises:
        InputError: The trained translation is not where it lay, or the case has no MR.
    """
    if "translation" not in line:
        return subject
    from labelct.trainer.settings import DeviceSettings
    from labelct.translation.translator import with_ct

    folder = _stage(stages, "translation", line["translation"]["stage"], f"the translation that {line['name']}")
    if subject.load_mr is None:
        raise InputError(subject.files[0], "the case has no MR", "give the cohort of the first run with --cohort-root")
    prediction = section("translation", made_with["translation"]).prediction
    return with_ct(subject, folder, DeviceSettings(), prediction)


def _beside(subject: Subject, line: Mapping[str, Any], stages: Path) -> Subject:
    """Return a subject with the atlases that a line was drawn with.

    Args:
        subject: The line's.
        line: Of the manifest.
        stages: The folder of all stages of the run that made it.

    Raises:
        InputError: They are not where they lay.
    """
    from labelct.stages import anatomies, atlases

    for told, key in line.get("atlases", {}).items():
        kind, _, name = told.partition(" ")
        folder = _stage(stages, anatomies.STAGES[kind], key, f"the atlas {name} that {line['name']}")
        subject = atlases.beside(subject, kind, {name: folder})
    return subject


def _stage(stages: Path, stage: str, key: str, what: str) -> Path:
    """Return the folder of a stage that a line was made with, `what`; `InputError` where it is not there."""
    folder = stages / stage / check_name(stages, "stage", key)
    if not folder.is_dir():
        remedy = "leave the manifest in outputs/stages of the run that made it"
        raise InputError(folder, f"{what} was made with is not there", remedy)
    return folder


def _check_source(subject: Subject, source: Mapping[str, str | None], line: Mapping[str, Any]) -> None:
    for kind, digest in source.items():
        if digest != line["source"][kind]:
            problem = f"its {kind} is not the one that {line['name']} was made from"
            raise InputError(subject.files[0], problem, "give the cohort of the first run with --cohort-root")


def _made_with(manifest: Path) -> dict[str, Any]:
    """Return what `config.json` says, with the targets in the order of their numbers, which the file does not keep."""
    made_with = read_json(manifest.with_name("config.json"), REMEDY)
    dataset_file = manifest.with_name("dataset.json")
    numbers = (read_json(dataset_file, REMEDY) or {}).get("labels")
    missing = [name for name in SECTIONS if not isinstance(made_with, dict) or name not in made_with]
    if missing:
        raise InputError(manifest.with_name("config.json"), f"has no {missing[0]}", REMEDY)
    if not isinstance(numbers, dict) or not all(type(numbers.get(name)) is int for name in made_with["targets"]):
        raise InputError(dataset_file, "its labels are not the targets of config.json", REMEDY)
    parts = made_with["targets"]
    made_with["targets"] = {name: parts[name] for name in sorted(parts, key=lambda name: int(numbers[name]))}
    return made_with
