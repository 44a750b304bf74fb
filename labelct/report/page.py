"""The report as one HTML page that needs no other file: tables, pictures and the worst cases of each arm."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from labelct.report import hours, tables
from labelct.report.arms import FinishedRun
from labelct.report.document import Report

STYLE = """
:root { color-scheme: light; --ink: #1d2329; --faint: #66707a; --line: #d9dee3; --tint: #f5f7f9; --warn: #8a5300; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 80rem; margin: 2rem auto;
  padding: 0 1.2rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .55rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { border-bottom: 2px solid var(--ink); } tr:hover td { background: var(--tint); }
p.note { color: var(--faint); margin: .15rem 0; } p.warning { color: var(--warn); }
.figures { display: flex; flex-wrap: wrap; gap: 1.2rem; align-items: flex-start; }
figure { margin: 0; flex: 0 1 auto; max-width: 100%; } figcaption { color: var(--faint); font-size: .85rem; }
img { max-width: 100%; height: auto; } .worst img { max-height: 20rem; } code { font-size: .85rem; }
"""

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>{style}</style></head>
<body>
{body}
</body>
</html>
"""


def render(report: Report, pictures: Mapping[str, Path]) -> str:
    """Return the page.

    Args:
        report: What it shows; remarks that open with `Warning` stand out.
        pictures: The plots by caption.
    """
    styles = ["note warning" if text.startswith("Warning") else "note" for text in report.remarks]
    notes = [f'<p class="{style}">{escape(text)}</p>' for style, text in zip(styles, report.remarks, strict=True)]
    parts = [f"<h1>{escape(report.title)}</h1>", '<div class="wide">', tables.html(report.table), "</div>", *notes]
    parts += ["<h2>Plots</h2>", _figures(pictures, "figures")] if pictures else []
    if worst := worst_overlays(report.runs, report.by):
        parts += ["<h2>Worst case of each arm</h2>", _figures(worst, "figures worst")]
    if not report.folds.empty:
        parts += ["<h2>Folds</h2>", '<div class="wide">', tables.html(report.fold_table), "</div>"]
    if not report.hours.empty:
        parts += ["<h2>Hours</h2>", '<div class="wide">', tables.html(hours.cells(report.hours)), "</div>"]
    if report.failed:
        items = [f"<li><code>{escape(str(folder))}</code>: {escape(reason)}</li>" for folder, reason in report.failed]
        parts += ["<h2>Jobs without scores</h2>", "<ul>", *items, "</ul>"]
    named = tables.first_number(report.table)
    style = f"{STYLE}th:nth-child(-n+{named}), td:nth-child(-n+{named}) {{ text-align: left; }}\n"
    return PAGE.format(title=escape(report.title), style=style, body="\n".join(parts))


def worst_overlays(runs: Sequence[FinishedRun], by: Sequence[str]) -> dict[str, Path]:
    """Return for each arm, by a caption, the overlay of the case that it segmented worst."""
    found: dict[str, tuple[float, str, Path]] = {}
    for run in runs:
        arm = run.arm(by)
        for row in run.scores.dropna(subset="dice").to_dict("records"):
            path, dice = run.folder / "figures" / f"overlay_{row['test']}_{row['case']}.png", row["dice"]
            if path.is_file() and dice < found.get(arm, (2.0,))[0]:
                of = f"{arm}, seed {run.seed}" + (f", fold {run.fold}" if run.fold else "")
                found[arm] = (dice, f"{of}: {row['case']}, {row['label']}, Dice {dice:.3f}", path)
    return {caption: path for _, caption, path in found.values()}


def _figures(pictures: Mapping[str, Path], style: str) -> str:
    figures = []
    for caption, path in pictures.items():
        data = base64.b64encode(path.read_bytes()).decode()
        text = escape(caption)
        image = f'<img alt="{text}" src="data:image/png;base64,{data}">'
        figures.append(f"<figure>{image}<figcaption>{text}</figcaption></figure>")
    return f'<div class="{style}">' + "".join(figures) + "</div>"
