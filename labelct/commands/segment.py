"""`labelct segment`: a trained network applied to CT files."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelct.commands.arguments import Parser
from labelct.commands.masks import (
    Record,
    check_labels,
    input_digest,
    is_made,
    mask_paths,
    named,
    write_mask,
)
from labelct.errors import InputError, LabelctError
from labelct.io.volumes import ct_files
from labelct.models import find_model
from labelct.progress import track
from labelct.trainer.settings import DeviceSettings

if TYPE_CHECKING:
    from labelct.volume import Volume


def parser() -> Parser:
    """Return the parser of the command line."""
    command = Parser(prog="labelct segment", description="Segment CT with a trained network.")
    add = command.add_argument
    add("ct", nargs="+", type=Path, help="NIfTI files, or folders that hold one DICOM series each")
    add("-o", "--output", type=Path, required=True, help="folder for <case>.nii.gz, its record and labels.json")
    add("--model", help="a run's folder, latest, a folder of stages/training, or the name of a model of labelct")
    add("--device", default="cpu", choices=("cpu", "gpu", "auto"), help="where the network runs")
    add("--all-components", action="store_true", help="keep every part of each structure, also specks")
    add("--not-hu", action="store_true", help="take the values as they are, though they cannot be HU")
    add("--overwrite", action="store_true", help="make masks again that are there, by another model or of another CT")
    return command


def main(arguments: Sequence[str]) -> int:
    """Segment every CT of the command line; a mask that is there already, by the same model, is left alone.

    Args:
        arguments: What stands behind `labelct segment`.

    Returns:
        The exit code, 0; 1 where a CT could not be segmented, which stops none of the others.

    Raises:
        InputError: The model cannot be read, or something else lies where a mask should go.
    """
    given = parser().parse_args(arguments)
    masks = mask_paths(given.ct, given.output)
    folder = find_model(given.model)
    from labelct.trainer.model import model_key, read_model

    labels = read_model(folder)["labels"]
    failed: dict[Path, str] = {}
    records = _records(masks, (model_key(folder), labels), _options(given), failed)
    missing = {ct: record for ct, record in records.items() if given.overwrite or not is_made(masks[ct], record)}
    check_labels(given.output, list(masks.values()), labels)
    if missing:
        _segment(given, folder, {ct: (masks[ct], record) for ct, record in missing.items()}, failed)
    done = len([ct for ct in missing if ct not in failed])
    counts = [f"{done} of {len(masks)} segmented"]
    counts += [f"{len(records) - len(missing)} skipped"] if len(records) > len(missing) else []
    counts += [f"{len(failed)} failed"] if failed else []
    print(f"{', '.join(counts)}: {given.output}")
    for line in failed.values():
        print(f"labelct segment: {line}", file=sys.stderr)
    return 1 if failed else 0


def _options(given: argparse.Namespace) -> dict[str, bool]:
    return {"all_components": given.all_components, "not_hu": given.not_hu}


def _records(
    masks: Mapping[Path, Path], model: tuple[str, dict[str, int]], options: dict[str, bool], failed: dict[Path, str]
) -> dict[Path, Record]:
    """Return the record of each mask; a CT that cannot be read goes to `failed`."""
    records = {}
    for ct in masks:
        try:
            ct_files(ct)
            records[ct] = Record(input_digest(ct), *model, options)
        except LabelctError as error:
            failed[ct] = str(error)
    return records


def _segment(
    given: argparse.Namespace, folder: Path, work: Mapping[Path, tuple[Path, Record]], failed: dict[Path, str]
) -> None:
    """Segment each CT; one that cannot be goes to `failed`, a disk that takes no mask ends it all."""
    from labelct.evaluation.components import keep_largest
    from labelct.trainer.model import components_of, read_image
    from labelct.trainer.table import open_model

    predictor = open_model(folder, DeviceSettings(kind=given.device))
    counts = {} if given.all_components else components_of(folder, predictor.labels)
    with named(given.output, predictor.labels):
        for ct, (mask, record) in track(work.items(), "segmentation", len(work)):
            found = _masked(ct, partial(read_image, folder, unchecked=given.not_hu), predictor, failed)
            if found is not None:
                write_mask(mask, keep_largest(found[1], counts), found[0], record)


def _masked(
    ct: Path, read: "Callable[[Path], Volume]", predictor: Any, failed: dict[Path, str]
) -> "tuple[Volume, Any] | None":
    """Return an image as the model knows it and its labels, or None and the reason in `failed`."""
    try:
        volume = read(ct)
        return volume, predictor.predict(volume)
    except LabelctError as error:
        failed[ct] = str(error)
    except MemoryError:
        failed[ct] = str(InputError(ct, "needs more memory than there is", "crop it, or segment it on another machine"))
    return None
