"""A folder that holds all of a model and points nowhere else: its formats, labels, configuration, origin and card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from labelct import inventory
from labelct.errors import InputError, check_installed
from labelct.evaluation import palette
from labelct.export.card import card
from labelct.export.provenance import FILE, Provenance, Statement, configuration, gather
from labelct.folders import check_takes_files, whole
from labelct.trainer.table import trainer_of
from labelct.writing import write_json, write_text

CARD, LABELS, CONFIGURATION = "MODEL_CARD.md", "labels.json", "config.yaml"
OWN = "labelct"  # the format that lies in the folder itself; the others have folders of their own below it
NEEDS = {"onnx": ("onnx", "onnxscript")}
DOCUMENTED = {"monai": Path("docs", "README.md")}  # where a format wants the card, too


@dataclass(frozen=True)
class Wanted:
    """What shall be written of a model.

    Attributes:
        formats: `labelct`, `monai`, `onnx`, `nnunet`: those that its trainer gives.
        half: Whether weights are stored in 16 bits.
        overwrite: Take the place of a model that was exported to the same folder before.
    """

    formats: Sequence[str] = (OWN,)
    half: bool = False
    overwrite: bool = False


def export(model: Path, run: Path | None, output: Path, wanted: Wanted, stated: Statement) -> None:
    """Write a model to a folder, whole or not at all.

    Args:
        model: The folder of a training, or one exported before.
        run: The run that made it, whose configuration and scores go along; None where there is none.
        output: The folder.
        wanted: Formats and precision.
        stated: What the user says of it.

    Raises:
        InputError: The model is not whole, its trainer does not give a format, a package is missing, something else
            lies at `output`, or the disk is full.
    """
    trainer = trainer_of(model)
    for form in wanted.formats:
        if form not in trainer.FORMATS:
            problem = f"its trainer gives no --format {form}"
            raise InputError(model, problem, f"it gives {', '.join(trainer.FORMATS)}")
        check_installed(*NEEDS.get(form, ()))
    check_output(output, wanted.overwrite)
    known = gather(model, run, stated)
    with whole(output) as folder:
        for form in dict.fromkeys(wanted.formats):
            place = folder if form == OWN else folder / form
            place.mkdir(exist_ok=True)
            trainer.export(model, place, form, wanted.half)
        _describe(folder, known, configuration(model, run), wanted.formats)
        write_json(folder / inventory.FILE, inventory.take(folder))


def check_output(output: Path, overwrite: bool) -> None:
    """Raise `InputError` where a model must not be written, for something lies there or it is no place for a folder."""
    if output.is_symlink() or (output.exists() and not output.is_dir()):
        raise InputError(output, "is there, and is no folder", "give another -o")
    if not output.exists():
        check_takes_files(output.absolute().parent)
        return
    if Path.cwd().is_relative_to(output.resolve()):
        raise InputError(output, "is the folder that this command was called in, or above it", "give another -o")
    filled = any(output.iterdir())
    if filled and not (output / CARD).is_file():
        raise InputError(output, "is there, and holds no exported model", "give another -o")
    if filled and not overwrite:
        raise InputError(output, "is there already", "give another -o, or --overwrite to write it again")


def _describe(folder: Path, known: Provenance, config: Mapping[str, Any], formats: Sequence[str]) -> None:
    """Write labels, configuration, origin and card beside the formats."""
    by_value = palette.colours(known.labels)
    colours = {name: by_value[value] for name, value in known.labels.items()}
    table = {name: {"value": value, "colour": colours[name]} for name, value in known.labels.items()}
    write_json(folder / LABELS, table, sort_keys=False)
    write_json(folder / FILE, asdict(known), sort_keys=False)
    if config:
        write_text(folder / CONFIGURATION, yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True))
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    text = card(known, colours, files)
    write_text(folder / CARD, text)
    for form in formats:
        if form in DOCUMENTED:
            write_text(folder / form / DOCUMENTED[form], text)
