"""The report as one HTML page that needs no other file: tables, pictures, the worst cases and volumes of each arm."""

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from labelct.report import hours, jobs, tables
from labelct.report.arms import FinishedRun
from labelct.report.document import Report
from labelct.report.methods import Methods

TEMPLATE = "report.html.j2"


def render(report: Report, pictures: Mapping[str, Path], methods: Methods, out: Path) -> str:
    """Return the page.

    Args:
        report: What it shows; remarks that open with `Warning` stand out.
        pictures: The plots by caption.
        methods: How it was done, in words.
        out: The folder that the page will lie in, from which its links to the jobs lead.
    """
    environment = Environment(
        loader=PackageLoader("labelct.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(TEMPLATE).render(
        report=report,
        table=_table(report.table),
        folds=_table(report.fold_table),
        hours=_table(hours.cells(report.hours) if len(report.hours) else report.hours),
        named=tables.first_number(report.table),
        plots=_embedded(pictures),
        worst=_embedded(worst_overlays(report.shown.members, report.by)),
        montages=_embedded(montages(report.shown.members, report.by)),
        methods=methods,
        jobs=jobs.table(report.runs, report.by, out),
    )


def worst_overlays(runs: Sequence[FinishedRun], by: Sequence[str]) -> dict[str, Path]:
    """Return for each arm, by a caption, the overlay of the case that it segmented worst."""
    found: dict[str, tuple[float, str, Path]] = {}
    for run in runs:
        arm = run.arm(by)
        for row in run.scores.dropna(subset="dice").to_dict("records"):
            path, dice = run.folder / "figures" / f"overlay_{row['test']}_{row['case']}.png", row["dice"]
            if path.is_file() and dice < found.get(arm, (2.0,))[0]:
                of = f"{arm}, seed {run.trained}: {row['case']}, {row['label']}"
                found[arm] = (dice, f"{of}, Dice {dice:.3f}", path)
    return {caption: path for _, caption, path in found.values()}


def montages(runs: Sequence[FinishedRun], by: Sequence[str]) -> dict[str, Path]:
    """Return for each arm, by its name, what its first run shows of its training volumes beside a scan of the test."""
    found: dict[str, Path] = {}
    for run in runs:
        path = run.folder / "figures" / "montage.png"
        if path.is_file():
            found.setdefault(run.arm(by), path)
    return found


def _table(table: pd.DataFrame) -> str:
    """Return a table whose cells pandas has escaped, nothing for an empty one."""
    return "" if table.empty else tables.html(table)


def _embedded(pictures: Mapping[str, Path]) -> list[tuple[str, str]]:
    """Return captions and pictures as addresses that hold the picture itself."""
    embedded = []
    for caption, path in pictures.items():
        with suppress(FileNotFoundError):  # its job was deleted meanwhile
            embedded.append((caption, "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()))
    return embedded
