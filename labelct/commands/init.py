"""`labelct init FOLDER`: an experiment file for label maps of one's own, and what to run next; it asks nothing."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labelct.commands.arguments import Parser, check_output
from labelct.errors import InputError, listed

if TYPE_CHECKING:
    from labelct.proposal.layout import Layout
    from labelct.proposal.machine import Machine
    from labelct.proposal.plan import Proposal
    from labelct.proposal.survey import Look
    from labelct.proposal.tables import Table

EXPERIMENT = "experiment"
MOST_SHOWN = 30  # labels
WORDS = ("null", "true", "false", "nan", "inf")  # what Hydra does not read as the name of an option


def parser() -> Parser:
    """Return the parser of the command line."""
    command = Parser(
        prog="labelct init",
        description="Look at a folder of label maps and write an experiment that trains on them, without any CT.",
        epilog="docs/your-own.md walks from label maps to a mask on a CT.",
    )
    add = command.add_argument
    add("folder", type=Path, help="label maps: files, a folder a case, nnU-Net raw, or TotalSegmentator's masks")
    add("-o", "--output", type=Path, help="the experiment file (conf/experiment/NAME.yaml, NAME as the folder's)")
    add("--names", help="what the label values are called: JSON, CSV, ITK-SNAP, or totalsegmentator_v2")
    add("--labels", metavar="PATTERN", help="which files are the label maps, as 'labels/*.nii.gz'")
    add("--targets", default="", metavar="NAMES", help="what the network learns: liver,spleen (all labels)")
    add("--overwrite", action="store_true", help="write over an experiment file that is there")
    return command


def main(arguments: Sequence[str]) -> int:
    """Write an experiment for a folder of label maps, and print what was found, assumed and is to be run.

    Args:
        arguments: What stands behind `labelct init`.

    Returns:
        The exit code, 0.

    Raises:
        LabelctError: The folder holds no label maps that can be used, or the file is there already.
    """
    given = parser().parse_args(arguments)
    output = _output(given)
    from labelct.proposal import experiment, layout, machine, plan, survey

    found = layout.find(given.folder, given.labels)
    table, passed = _table(given.names, found)  # first: the survey reads every file
    looks = survey.survey(found.labels)
    found = _as_files(found, looks, table)
    here = machine.this_machine()
    proposed = _with_targets(plan.propose(found, looks, table.names if table else {}, here), given.targets)
    text = experiment.text(proposed, table.path.name if table else "")
    _write(output, text)
    _print(proposed, looks, table, passed, here)
    _print_next(output, proposed)
    return 0


def _output(given: argparse.Namespace) -> Path:
    """Return the file to write, which a run finds as experiment=NAME.

    Raises:
        InputError: It is there already, no run would find it, or it has the name of an experiment that ships.
    """
    from labelct.config import option_names
    from labelct.proposal.experiment import file_of

    shipped, output = option_names(EXPERIMENT), given.output or file_of(_slug(given.folder))
    if given.output is None and output.stem in shipped:
        output = output.with_stem(f"{output.stem}_own")
    if output.suffix != ".yaml" or output.absolute().parent.name != EXPERIMENT or not _is_option(output.stem):
        remedy = "write to conf/experiment/NAME.yaml, NAME of letters, digits and _"
        raise InputError(output, "a run finds an experiment as FOLDER/experiment/NAME.yaml", remedy)
    if output.stem in shipped:
        raise InputError(output, f"experiment={output.stem} is one that ships", "give another name with -o")
    check_output(output)
    if output.exists() and not given.overwrite:
        raise InputError(output, "is there already", "give --overwrite, or another name with -o")
    return output


def _slug(folder: Path) -> str:
    slug = re.sub(r"[^A-Za-z0-9]+", "_", os.path.basename(os.path.realpath(folder))).strip("_").lower()
    return slug if _is_option(slug) else f"maps_{slug}".rstrip("_")


def _is_option(name: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z][\w-]*", name, re.ASCII)) and name.lower() not in WORDS


def _table(names: str | None, found: Layout) -> tuple[Table | None, list[Path]]:
    """Return what label values are called, as far as a file says, and the files that were passed over."""
    from labelct.cohort.names import PRESETS, PROSTATE, preset
    from labelct.proposal import tables
    from labelct.proposal.layout import KINDS

    if names in (*PRESETS, *PROSTATE):
        return tables.Table(Path(names), preset(names)), []
    if names is not None:
        return tables.Table(Path(names), tables.read(Path(names))), []
    if found.structures:
        return None, []
    # of a folder that is a part of a data set, as `labelsTr`, the table lies beside it
    whole = Path(os.path.realpath(found.root))
    return tables.find([found.root, *([whole.parent] if KINDS.fullmatch(whole.name) else [])])


def _as_files(found: Layout, looks: Sequence[Look], table: Table | None) -> Layout:
    """Return the layout of a data set of nnU-Net as one of files where its table lacks a value, which that refuses."""
    from labelct.proposal.layout import of_files

    values = {value for seen in looks for value in seen.voxels}
    if found.kind != "nnunet_raw" or (table and values <= set(table.names)):
        return found
    return of_files(found.root, found.labels)


def _with_targets(proposed: Proposal, targets: str) -> Proposal:
    """Return the plan with the targets that were asked for.

    Raises:
        SettingError: There is no label of such a name.
    """
    import dataclasses

    from labelct.errors import SettingError, did_you_mean

    wanted = [name.strip() for name in targets.split(",") if name.strip()]
    known = {one.name: one.name for one in proposed.structures}
    known |= {one.given: one.name for one in proposed.structures if one.given}
    for name in wanted:
        if name not in known:
            raise SettingError("--targets", name, f"some of {', '.join(known)}", did_you_mean(name, known))
    return dataclasses.replace(proposed, targets=[known[name] for name in wanted]) if wanted else proposed


def _write(output: Path, text: str) -> None:
    """Write the experiment, and take it away again where it could not be run.

    Raises:
        LabelctError: It cannot be composed.
    """
    from labelct.commands import compose
    from labelct.writing import write_text

    before = output.read_text(encoding="utf-8") if output.exists() else None
    write_text(output, text)
    try:
        compose.check_jobs([f"{EXPERIMENT}={output.stem}"], False, str(output.absolute().parent.parent))
    except BaseException:
        if before is None:
            output.unlink()
        else:
            write_text(output, before)
        raise


def _print(plan: Proposal, looks: Sequence[Look], table: Table | None, passed: Sequence[Path], here: Machine) -> None:
    layout = plan.layout
    fields = sorted({" x ".join(f"{length:.3g}" for length in seen.spacing) for seen in looks})
    grids = fields[0] if len(fields) == 1 else f"{fields[0]} to {fields[-1]}"
    _say("found", f"{_maps(layout.cases)} (cohort={layout.kind}) in {layout.root}, voxels of {grids} mm")
    if table:
        unnamed = [str(one.value) for one in plan.structures if one.given is None]
        _say("names", f"by {table.path}" + (f", which does not name {', '.join(unnamed)}" if unnamed else ""))
    elif not layout.structures:
        left = f"; passed over {', '.join(path.name for path in passed)}" if passed else ""
        _say("names", f"nothing says what the labels are called{left}: label_1 ...; give --names=FILE, for example")
        _say("", '{"1": "liver", "2": "spleen"} as names.json in the folder, or --names=totalsegmentator_v2')
    if layout.unknown:
        _say("names", f"passed over, for TotalSegmentator has no such structure: {listed(layout.unknown, MOST_SHOWN)}")
    _say("machine", here.described())
    for name, lines in (("labels", _labels(plan)), ("assumed", _assumed(plan)), ("unknown", _unknown(plan))):
        for number, line in enumerate(lines):
            _say("" if number else name, line)


def _labels(plan: Proposal) -> Iterable[str]:
    from labelct.proposal.experiment import prior_of

    for one in plan.structures[:MOST_SHOWN]:
        value = "" if one.value is None else f"{one.value:>5}  "
        called = f" (given as {one.given!r})" if one.given and one.given != one.name else ""
        yield f"{value}{one.name}{called}: {prior_of(one.name, plan)}"
    if len(plan.structures) > MOST_SHOWN:
        yield f"and {len(plan.structures) - MOST_SHOWN} more"


def _assumed(plan: Proposal) -> list[str]:
    """Return what was assumed, a line each."""
    from labelct.proposal.experiment import volumes

    part = "an adult trunk" if plan.is_trunk else "a small field of view, without a trunk's bones, lungs and couch"
    chosen = "all labels" if len(plan.targets) == len(plan.structures) else ", ".join(plan.targets[:8])
    return [
        f"targets: {chosen}; values of the mask in this order, from 1",
        f"recipe data={plan.recipe} in {part}; contrast data.phase={volumes(plan)['phase']}",
        f"{_maps(plan.train)} to train on, {plan.replicates} volumes of each; {plan.val} to choose the checkpoint by",
        f"volumes of {plan.spacing:g} mm, trainer={plan.trainer} at {plan.network_spacing:g} mm, device={plan.device}",
    ]


def _unknown(plan: Proposal) -> list[str]:
    """Return what could not be known, a line each."""
    lines = ["how good the masks are: nothing is scored (test=none) until there is a CT with labels to score on"]
    if lacking := [one.name for one in plan.structures if one.name in plan.near]:
        some = ", ".join(lacking[:8]) + (" ..." if len(lacking) > 8 else "")
        lines.append(
            f"the HU of {some}: any, until a row in a CSV file gives them, data.priors=FILE (docs/your-own.md)"
        )
    if plan.layout.cases < 10:
        lines.append("how people differ: ten label maps or more show that better")
    return lines


def _print_next(output: Path, plan: Proposal) -> None:
    from labelct.commands.groups import OWN

    folder = output.absolute().parent.parent
    where = "" if folder == Path(OWN).absolute() else f"--config-dir {shlex.quote(os.path.relpath(folder))} "
    command = f"labelct run {where}{EXPERIMENT}={output.stem}"
    _say("wrote", str(output))
    _say("next", f"{command} debug=smoke    tries the whole chain in about a minute")
    hours = "about 20 minutes of training" if plan.trainer == "unet_gpu" else "about an hour on two cores"
    _say("", f"{command}                trains: {hours}")


def _maps(number: int) -> str:
    return f"{number} label map{'s' * (number != 1)}"


def _say(head: str, line: str) -> None:
    print(f"{head:<9}{line}")
