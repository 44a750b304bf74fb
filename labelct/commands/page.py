"""The report as one HTML page that needs no other file: tables, pictures and the worst cases of each arm."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from labelct.commands.arms import Job

STYLE = """
:root { color-scheme: light; --ink: #1d2329; --faint: #66707a; --line: #d9dee3; --tint: #f5f7f9; --warn: #8a5300; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 80rem; margin: 2rem auto;
  padding: 0 1.2rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .55rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { border-bottom: 2px solid var(--ink); } tr:hover td { background: var(--tint); }
.name { text-align: left; } p.note { color: var(--faint); margin: .15rem 0; } p.warning { color: var(--warn); }
.figures { display: flex; flex-wrap: wrap; gap: 1.2rem; align-items: flex-start; }
figure { margin: 0; flex: 0 1 auto; max-width: 100%; } figcaption { color: var(--faint); font-size: .85rem; }
img { max-width: 100%; height: auto; } .worst img { max-height: 20rem; } code { font-size: .85rem; }
"""


def render(
    title: str,
    table: tuple[Sequence[str], Sequence[Sequence[str]]],
    remarks: Sequence[str],
    pictures: Mapping[str, Path],
    worst: Mapping[str, Path],
    failed: Sequence[tuple[Path, str]],
) -> str:
    """Return the page.

    Args:
        title: Its heading.
        table: Header and lines of the results.
        remarks: What a reader must know to judge them; warnings open with `Warning`.
        pictures: The plots by caption.
        worst: Overlays of the worst cases by caption.
        failed: Jobs without scores and why.
    """
    styles = ["note warning" if text.startswith("Warning") else "note" for text in remarks]
    notes = [f'<p class="{style}">{escape(text)}</p>' for style, text in zip(styles, remarks, strict=True)]
    parts = [f"<h1>{escape(title)}</h1>", '<div class="wide">', _table(*table), "</div>", *notes]
    parts += ["<h2>Plots</h2>", _figures(pictures, "figures")] if pictures else []
    if worst:
        parts += ["<h2>Worst case of each arm</h2>", _figures(worst, "figures worst")]
    if failed:
        items = [f"<li><code>{escape(str(folder))}</code>: {escape(reason)}</li>" for folder, reason in failed]
        parts += ["<h2>Jobs without scores</h2>", "<ul>", *items, "</ul>"]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n'
    )


def worst_overlays(jobs: Sequence[Job], by: Sequence[str]) -> dict[str, Path]:
    """Return for each arm, by a caption, the overlay of the case that it segmented worst."""
    found: dict[str, tuple[float, str, Path]] = {}
    for job in jobs:
        for row in job.rows:
            path = job.folder / "figures" / f"overlay_{row['test']}_{row['case']}.png"
            arm, dice = job.arm(by), row["dice"]
            if not math.isnan(dice) and path.is_file() and dice < found.get(arm, (2.0,))[0]:
                found[arm] = (dice, f"{arm}, seed {job.seed}: {row['case']}, {row['label']}, Dice {dice:.3f}", path)
    return {caption: path for _, caption, path in found.values()}


def _table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    names = header.index("n")

    def cell(tag: str, text: str, column: int) -> str:
        style = ' class="name"' if column < names else ""
        return f"<{tag}{style}>{escape(text)}</{tag}>"

    rows = ["".join(cell("td", text, column) for column, text in enumerate(line)) for line in lines]
    head = "".join(cell("th", text, column) for column, text in enumerate(header))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _figures(pictures: Mapping[str, Path], style: str) -> str:
    figures = []
    for caption, path in pictures.items():
        data = base64.b64encode(path.read_bytes()).decode()
        text = escape(caption)
        image = f'<img alt="{text}" src="data:image/png;base64,{data}">'
        figures.append(f"<figure>{image}<figcaption>{text}</figcaption></figure>")
    return f'<div class="{style}">' + "".join(figures) + "</div>"
