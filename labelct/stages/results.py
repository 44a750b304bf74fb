"""What one job leaves for people: scores, figures, a table on the console and the tracker's copy of all three."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labelct.cohort.base import Subject
from labelct.config import Config
from labelct.dataset import TrainingSet
from labelct.evaluation import figures
from labelct.io import nifti
from labelct.stages import testing
from labelct.store import Stage, write_json
from labelct.tracking import Tracker
from labelct.volume import Volume

METRICS = ("dice", "surface_dice", "hd95", "volume_error")
PANELS = 4


def write(
    config: Config,
    folder: Path,
    arm: dict[str, str],
    overrides: list[str],
    stages: Sequence[Stage],
    reference: Subject,
    rows: list[dict[str, Any]],
    tracker: Tracker,
) -> float | None:
    """Leave `scores.json`, `scores.csv` and `figures/` in a job's folder, print the table, tell the tracker.

    Args:
        config: The experiment.
        folder: The job's folder.
        arm: The options that tell this job from others.
        overrides: What was typed.
        stages: The stages used, in order.
        reference: The test subject whose CT stands beside the synthetic volumes.
        rows: One row per test cohort, case and label.
        tracker: The job's tracker.

    Returns:
        The mean Dice over all rows where it is defined, None where it is in none.
    """
    summary = summarise(rows)
    record = {"arm": arm, "overrides": overrides, "keys": [[stage.name, stage.key] for stage in stages]}
    write_json(folder / "scores.json", {**record, "summary": summary, "rows": [testing.finite(row) for row in rows]})
    testing.write_rows(folder / "scores.csv", rows)
    _figures(config, stages, reference, rows, folder / "figures")
    columns = testing.columns(rows)
    tracker.table("scores", columns, [[row[column] for column in columns] for row in rows])
    for path in sorted((folder / "figures").glob("*.png")):
        tracker.figure(path.stem, path)
    tracker.summary({f"{key}/{metric}": value for key, means in summary.items() for metric, value in means.items()})
    _print(summary, folder)
    return mean_dice(rows)


def mean_dice(rows: Sequence[dict[str, Any]]) -> float | None:
    """Return the mean Dice over the rows where it is defined, None where it is in none: absent is never a score."""
    values = np.array([row["dice"] for row in rows], dtype=float)
    return float(np.nanmean(values)) if np.isfinite(values).any() else None


def summarise(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float | None]]:
    """Return mean and standard deviation of each metric by `test/label`; rows without the label are left out."""
    summary: dict[str, dict[str, float | None]] = {}
    for key in dict.fromkeys((row["test"], row["label"]) for row in rows):
        chosen = [row for row in rows if (row["test"], row["label"]) == key]
        entry: dict[str, float | None] = {"n": len(chosen), "absent": sum(row["absent"] == "both" for row in chosen)}
        for metric in METRICS:
            values = np.array([row[metric] for row in chosen], dtype=float)
            values = values[np.isfinite(values)]
            entry[metric] = float(values.mean()) if values.size else None
            entry[f"{metric}_sd"] = float(values.std(ddof=1)) if values.size > 1 else None
        summary["/".join(key)] = entry
    return summary


def _figures(
    config: Config, stages: Sequence[Stage], reference: Subject, rows: list[dict[str, Any]], folder: Path
) -> None:
    folder.mkdir(exist_ok=True)
    for scores in (stage for stage in stages if stage.name == "scores"):
        for picture in sorted((scores.folder / "figures").glob("*.png")):
            shutil.copyfile(picture, folder / f"overlay_{picture.name}")
    for model in (stage for stage in stages if (stage.folder / "progress.png").is_file()):
        shutil.copyfile(model.folder / "progress.png", folder / "training.png")
    figures.dice_plot(rows, folder / "dice.png")
    training_set = next(stage for stage in stages if stage.name == "dataset")
    panels = [_panel(case.name, case.image, case.label) for case in TrainingSet(training_set.folder).train[:PANELS]]
    ct, label_map = testing.ct_of(reference), reference.load_label_map()
    truth = config.targets.merge(label_map.array, label_map.names)
    panels.append((f"CT {reference.case}", ct, figures.centre(truth, list(config.targets.values.values()))))
    volumes = [(title, volume.array, volume.spacing) for title, volume, _ in panels]
    figures.montage(volumes, folder / "montage.png", [centre for *_, centre in panels], testing.window(config))


def _panel(name: str, image: Path, label: Path) -> tuple[str, Volume, tuple[int, ...]]:
    target = nifti.read_label_map(label).array
    return name, nifti.read_volume(image), figures.centre(target, range(1, int(target.max(initial=0)) + 1))


def _print(summary: dict[str, dict[str, float | None]], folder: Path) -> None:
    """Print the scores as a table, and where they lie."""
    from rich import get_console
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table("test", "structure", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("cases", "Dice", "surface Dice", "HD95 mm", "volume %"):
        table.add_column(name, no_wrap=True)
    for key, means in summary.items():
        test, label = key.split("/", 1)
        cases = f"{means['n']:.0f}" + (f" ({means['absent']:.0f} absent)" if means["absent"] else "")
        scores = (_cell(means, "dice"), _cell(means, "surface_dice"), _cell(means, "hd95", 1))
        table.add_row(test, label, cases, *scores, _cell(means, "volume_error", 1, 100.0))
    console = get_console()
    console.print(table)
    console.print(f"scores, figures and log: {folder}", soft_wrap=True)


def _cell(means: dict[str, float | None], metric: str, digits: int = 3, factor: float = 1.0) -> str:
    mean, sd = means[metric], means[f"{metric}_sd"]
    if mean is None:
        return "-"
    return f"{factor * mean:.{digits}f}" + ("" if sd is None else f" ± {factor * sd:.{digits}f}")
