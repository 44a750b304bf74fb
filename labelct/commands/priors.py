"""`labelct priors`: HU priors fitted to CT with masks, shown, volumes checked against them; the histogram of a body."""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from labelct.cohort.base import Subject
from labelct.cohort.settings import FilesSettings, FolderSettings, NnunetRawSettings, TotalSegmentatorSettings
from labelct.commands import compose
from labelct.commands.arguments import Parser, check_output, natural
from labelct.errors import InputError
from labelct.parallel import ParallelSettings, map_cases
from labelct.priors import AUTO, PHASES, TRAIN, Prior, Priors, load_priors
from labelct.writing import write_json, write_text

HEAD = f"{'class':<28}{'portal':>8}{'native':>8}{'between':>8}{'texture':>8}{'gas':>6}{'gas HU':>8}  grade"


def parser() -> Parser:
    """Return the parser of the command line."""
    command = Parser(prog="labelct priors", description="HU priors of organs.")
    verbs = command.add_subparsers(dest="verb", required=True)
    fit = verbs.add_parser(
        "fit",
        help="estimate means, spreads, textures, gas and histograms from CT with masks",
        epilog="See docs/synthesis.md",
    )
    fit.add_argument("overrides", nargs="*", metavar="OVERRIDE", help="a cohort as for labelct run: cohort=folder ...")
    fit.add_argument("-o", "--output", type=Path, required=True, help="the CSV file to write")
    fit.add_argument("--all", action="store_true", help="fit to the test split too")
    fit.add_argument("--erode", type=natural, default=1, help="voxels peeled off each organ first (default 1)")
    show = verbs.add_parser("show", help="print a table of priors")
    show.add_argument("csv", nargs="?", default="builtin", help="a CSV file; none: the built-in table")
    check = verbs.add_parser("check", help="compare CT or synthetic volumes with a prior, organ by organ")
    check.add_argument("folder", type=Path, help="a training set, or a cohort with CT")
    check.add_argument(
        "--priors", help="a CSV file; none: what a training set was painted from, else the built-in table"
    )
    check.add_argument("--phase", default="portal", choices=PHASES, help="of the volumes")
    check.add_argument("-o", "--output", type=Path, help="a JSON file for the result")
    body = verbs.add_parser("body", help="measure the histogram of a whole body, for data.cylinder.histogram=")
    body.add_argument("ct", type=Path, help="a NIfTI file or a folder with a DICOM series")
    body.add_argument("-o", "--output", type=Path, required=True, help="the CSV file to write")
    body.add_argument("--phase", choices=PHASES, help="of the CT; it is compared with data.phase")
    body.add_argument("--source", help="what the file says that it was measured on; none: the name of the CT")
    return command


def main(arguments: Sequence[str]) -> int:
    """Fit, show or check priors, or measure a body.

    Args:
        arguments: What stands behind `labelct priors`.

    Returns:
        The exit code, 0; that an organ is off is a result and no error.

    Raises:
        LabelctError: The cohort, its CT or the table cannot be read.
    """
    given, more = parser().parse_known_args(list(arguments))
    if more and (given.verb != "fit" or any(argument.startswith("-") for argument in more)):
        parser().error(f"unrecognized arguments: {' '.join(more)}")
    if more:
        given.overrides += more
    if getattr(given, "output", None):
        check_output(given.output)
    {"fit": _fit, "show": _show, "check": _check, "body": _body}[given.verb](given)
    return 0


def _fit(given: argparse.Namespace) -> None:
    from labelct.priors.fit import priors_csv
    from labelct.stages import cohorts
    from labelct.stages.priors import fit

    config = compose.configuration(given.overrides)
    cohort, stage = cohorts.prepare_training(config, Path(config.paths.outputs) / "stages")
    subjects = (*cohort.train, *cohort.val, *(cohort.test if given.all else ()))
    with_ct = [subject for subject in subjects if subject.load_ct is not None]
    if not with_ct:
        raise InputError(stage.folder, "no training or validation case has a CT", "set cohort.splits, or --all")
    base = load_priors("builtin" if config.data.priors in (AUTO, TRAIN) else config.data.priors)
    fitted = fit(with_ct, config, base, given.erode)
    write_text(given.output, priors_csv(fitted))
    seen = sum(prior is not base.table.get(name) for name, prior in fitted.table.items())
    phase = config.data.phase
    print(f"{given.output}: {seen} classes fitted to {len(with_ct)} CT as {phase}, the others from {base.source}")


def _body(given: argparse.Namespace) -> None:
    from labelct.io.volumes import read_ct
    from labelct.synthesis.body_histogram import body_csv, measure_body

    ct = read_ct(given.ct)
    body = measure_body(ct.array, ct.spacing, given.source or given.ct.name, given.phase or "")
    write_text(given.output, body_csv(body))
    middle = body.hu[len(body.hu) // 2]
    print(f"{given.output}: the body of {body.source}, {body.hu[0]:.0f} to {body.hu[-1]:.0f} HU, median {middle:.0f}")


def _show(given: argparse.Namespace) -> None:
    priors = load_priors(given.csv)
    print("\n".join([HEAD, *map(_line, priors.table.values())]))
    print(f"\n{len(priors.table)} classes, {priors.source}; HU. Columns: {', '.join(Prior.__dataclass_fields__)}")


def _line(prior: Prior) -> str:
    numbers = (prior.hu_pv_mean, prior.hu_native_mean, prior.hu_sd_between, prior.hu_sd_texture)
    gas = f"{prior.gas_fraction:>6.2f}{prior.hu_gas:>8.0f}" if prior.gas_fraction else f"{'':>14}"
    fitted = " with histogram" if prior.quantiles else ""
    return f"{prior.name:<28}" + "".join(f"{number:>8.1f}" for number in numbers) + f"{gas}  {prior.evidence}{fitted}"


def _check(given: argparse.Namespace) -> None:
    from labelct.cohort.open import open_cohort
    from labelct.priors.check import report, sentence
    from labelct.stages.priors import FILES

    cohort = open_cohort(_layout(given.folder))
    subjects = [subject for subject in cohort.everyone if subject.load_ct is not None]
    if not subjects:
        raise InputError(given.folder, "holds no case with a CT", "give a folder with CT and label maps")
    painted_from = given.folder / FILES["priors"]
    priors = load_priors(given.priors or (str(painted_from) if painted_from.is_file() else "builtin"))
    look = partial(_check_case, priors=priors, time=float(PHASES.index(given.phase)))
    found = report(map_cases(look, subjects, ParallelSettings(), "organs checked"), priors.source)
    if not found["organs"]:
        raise InputError(given.folder, "no label has a prior", "rename the labels, or give --priors with rows for them")
    print(f"{'organ':<28}{'volumes':>8}{'mean':>8}{'prior':>8}{'sd':>7}{'off by sd':>11}{'within':>8}")
    for organ in found["organs"]:
        numbers = f"{organ['mean']:>8.1f}{organ['expected']:>8.1f}{organ['sd']:>7.1f}{organ['deviation']:>11.1f}"
        verdict = "pass" if organ["passed"] else "FAIL"
        print(f"{organ['name']:<28}{organ['volumes']:>8}{numbers}{organ['share']:>8.0%}  {verdict}")
    print(sentence(found))
    if given.output:
        write_json(given.output, found)


def _layout(folder: Path) -> FilesSettings:
    """Return the cohort that a folder looks like."""
    if (folder / "dataset.json").is_file():
        return NnunetRawSettings(root=str(folder))
    if any(folder.glob("*/segmentations")):
        return TotalSegmentatorSettings(root=str(folder))
    return FolderSettings(root=str(folder))


def _check_case(subject: Subject, priors: Priors, time: float) -> list[dict[str, Any]]:
    from labelct.priors.check import check

    assert subject.load_ct is not None
    label_map, ct = subject.label_map(), subject.load_ct()
    return check(ct.array.astype(np.float32), label_map.array.astype(np.uint32), label_map.names, priors, time=time)
