"""`labelct segment`: a trained network applied to CT of any format."""

import argparse
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from time import monotonic

from labelct.commands import case_files
from labelct.commands.arguments import Parser
from labelct.commands.case_files import is_probabilities, is_whole
from labelct.commands.masks import (
    ITK_SNAP,
    LABELS,
    Record,
    case_of,
    check_labels,
    input_digest,
    is_made,
    mask_paths,
    named,
)
from labelct.commands.segmenter import Segmenter
from labelct.commands.volume_table import NAME as TABLE
from labelct.commands.volume_table import write_table
from labelct.errors import InputError, LabelctError, listed
from labelct.folders import check_no_folder, check_takes_files
from labelct.io import dicom_seg
from labelct.io.inputs import find_images
from labelct.io.series import parts_of_series
from labelct.io.volumes import ct_files, is_label_map
from labelct.models import built_in, find_model
from labelct.progress import ProgressBar
from labelct.trainer.settings import DeviceSettings

log = logging.getLogger(__name__)

SHOWN = 4  # names of files in a line
DESCRIPTION = """\
Segment CT with a trained network.

For each CT the output folder holds, under the CT's name,
  NAME.nii.gz         the mask, on the grid and in the orientation of the CT; NAME.seg.nrrd beside NRRD,
                      NAME.mha beside MetaImage
  NAME.png            slices with the structures drawn in
  NAME.seg.dcm        the mask as a DICOM segmentation, beside DICOM (pip install 'labelct[dicom]')
and for all of them volumes.csv (millilitres, HU, what the scan cuts), labels.json and labels.txt (names and
colours, for ITK-SNAP). What is there already is not made again, so the same command goes on where it was stopped.
"""
EXAMPLES = """\
examples:
  labelct segment ct.nii.gz -o masks
  labelct segment dicom_folder more/*.nrrd -o masks --model latest
  labelct segment study -o masks --model outputs/runs/2026-01-31/12-00-00-000000 --series 4
"""


def parser() -> Parser:
    """Return the parser of the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    command = Parser(prog="labelct segment", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=raw)
    add = command.add_argument
    inputs = "NIfTI, NRRD or MetaImage files, multi-frame DICOM files, folders of one DICOM series, folders above them"
    add("ct", nargs="+", type=Path, metavar="CT", help=inputs)
    add("-o", "--output", type=Path, required=True, help="folder of the masks; made where it is missing")
    add("--model", help=_model_help())
    add("--series", default="", metavar="UID", help="of a folder with several DICOM series: the UID or number of one")
    add("--device", default="auto", choices=("auto", "cpu", "gpu"), help="where the network runs (auto: a GPU if any)")
    add("--probabilities", action="store_true", help=PROBABILITIES)
    add("--all-components", action="store_true", help="keep every part of each structure, also specks")
    add("--not-hu", action="store_true", help="take the values as they are, though they cannot be HU")
    add("--overwrite", action="store_true", help="make masks again that are there, by another model or of another CT")
    return command


PROBABILITIES = (
    "also NAME.probabilities.nii.gz, 4-D, a volume for each structure; takes 2 bytes of memory a voxel and structure"
    " (512 x 512 x 400: 0.2 GB each)"
)


def _model_help() -> str:
    names = list(built_in())
    shipped = f"the name of one that comes with labelct ({', '.join(names)})" if names else ""
    default = f"; default: {names[0]}" if len(names) == 1 else ""
    ways = ["a run's folder", "latest (the run under outputs/ that ended last)", "a folder with a model.json", shipped]
    return ", ".join(way for way in ways if way) + default


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
    check_takes_files(given.output)
    check_no_folder(given.output / name for name in (LABELS, ITK_SNAP, TABLE))
    (images, failed), folder = find_images(given.ct, given.output), find_model(given.model)
    empty = len(failed)
    masks = mask_paths(_without_label_maps(images, given.ct), given.output)
    from labelct.trainer.model import model_key, read_model

    model = case_files.ModelIdentity(folder.resolve().name, model_key(folder), read_model(folder)["labels"])
    print(f"model: {', '.join(model.labels)} ({folder})")
    cases = _cases(given, masks, model, failed)
    missing = [case for case in cases if given.overwrite or not (is_made(case.mask, case.record) and is_whole(case))]
    check_labels(given.output, list(masks.values()), model.labels)
    unread = len(failed)
    try:
        if missing:
            _segment(given, folder, model, missing, failed)
    except LabelctError:  # which ends the command, with the last line
        _tell(failed.values())
        raise
    finally:  # once for all cases, also where they are interrupted: it gathers the records of the whole folder
        write_table(given.output)
    counts = [f"{len(missing) - len(failed) + unread} of {len(masks) + empty} segmented"]
    counts += [f"{len(cases) - len(missing)} skipped"] if len(cases) > len(missing) else []
    counts += [f"{len(failed)} failed"] if failed else []
    print(f"{', '.join(counts)}: {given.output}")
    _tell(failed.values())
    return 1 if failed else 0


def _tell(failures: Iterable[str]) -> None:
    for line in failures:
        print(f"labelct segment: {line}", file=sys.stderr)


def _without_label_maps(images: Sequence[Path], given: Sequence[Path]) -> list[Path]:
    """Return images without the label maps that lie beside them in folders; a line says how many, and which.

    Probabilities of an earlier run are left out without a word, as its pictures are.

    Raises:
        InputError: Nothing else lies there.
    """
    found = [path for path in images if path not in given and not is_probabilities(path)]
    images = [path for path in images if path in given or path in found]
    maps = [path for path in found if is_label_map(path)]
    if maps:
        told = listed(maps, SHOWN)
        if len(maps) == len(images):
            raise InputError(given[0], f"holds no CT, but label maps: {told}", "give the folder of the images")
        print(f"left out, for label maps are no CT: {len(maps)} ({told})")
    return [path for path in images if path not in maps]


def _cases(
    given: argparse.Namespace, masks: Mapping[Path, Path], model: case_files.ModelIdentity, failed: dict[Path, str]
) -> list[case_files.CaseFiles]:
    """Return what is to be made of each CT; one that cannot be read, or not be written of, goes to `failed`."""
    options = {"all_components": given.all_components, "not_hu": given.not_hu}
    cases = []
    parts = {} if given.series else parts_of_series([image for image in masks if image.is_dir()])
    for image, mask in masks.items():
        try:
            ct_files(image)
            if image in parts:
                problem = f"holds slices of one series, and {parts[image]} others"
                raise InputError(image, problem, "put them in one folder, or give one alone")
            record = Record(input_digest(image, given.series), model.key, model.labels, options)
            case = case_files.CaseFiles(image, given.series, mask, record, _beside(image, given.probabilities))
            case_files.check_places(case)
        except LabelctError as error:
            failed[image] = str(error)
        else:
            cases.append(case)
    return cases


def _beside(image: Path, probabilities: bool) -> tuple[str, ...]:
    """Return the endings of the files beside a mask, without what no package is there for."""
    beside = case_files.endings_for(image, probabilities, dicom_seg=True)
    if case_files.DICOM_SEG not in beside or dicom_seg.is_available():
        return beside
    _say_once(f"no DICOM-SEG beside the masks, highdicom is not installed; {dicom_seg.INSTALL}")
    return case_files.endings_for(image, probabilities, dicom_seg=False)


@cache
def _say_once(line: str) -> None:
    log.warning("%s", line)


def _segment(
    given: argparse.Namespace,
    folder: Path,
    model: case_files.ModelIdentity,
    work: Sequence[case_files.CaseFiles],
    failed: dict[Path, str],
) -> None:
    """Segment each CT; one that cannot be goes to `failed`, a disk that takes no mask ends it all."""
    segmenter = Segmenter.open(folder, DeviceSettings(kind=given.device), given)
    start, pace = monotonic(), ""
    with named(given.output, model.structures), ProgressBar("segmentation", len(work)) as bar:
        for done, case in enumerate(work, start=1):
            bar.update(done - 1, text=f"{case_of(case.mask)}{pace}")
            try:
                result = segmenter.result(case)
            except LabelctError as error:
                failed[case.image] = str(error)
            else:
                case_files.write(case, result, model)
                del result  # a volume of hundreds of megabytes, before the next one is read
            pace = f", {(monotonic() - start) / done:.1f} s a case"
        bar.update(len(work), text=pace.removeprefix(", "))
