"""What one job leaves for people: scores, figures, a table on the console and the tracker's copy of all three.


Without a test (`test=none`) it leaves its record and figures, and says how the model is used.
"""

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from labelct.cohort.base import Subject
from labelct.config import Config
from labelct.dataset import StoredCase, TrainingSet
from labelct.evaluation import figures
from labelct.io import nifti
from labelct.job_status import SCORES
from labelct.report import scores, statistics, tables
from labelct.report.strips import dice_plot
from labelct.stages import durations, testing
from labelct.store import Stage
from labelct.tracking import Tracker
from labelct.tracking.settings import SegmentedSlice
from labelct.versions import software, versions
from labelct.writing import copy, write_json

TABLE = "scores.csv"
PANELS = 4  # synthetic volumes in the montage: beside the CT they fill the width of a page


@dataclass(frozen=True)
class Outcome:
    """What the chain of one job came to.

    Attributes:
        stages: The stages used, in order.
        tested: The subjects of each test cohort with the stage of their masks; the first one's image stands beside the
            synthetic volumes. Empty where nothing is tested.
        rows: One row of scores per test cohort, case and label.
    """

    stages: Sequence[Stage]
    tested: Mapping[str, tuple[Sequence[Subject], Stage]]
    rows: Sequence[dict[str, Any]]


def write(
    config: Config, folder: Path, arm: dict[str, str], overrides: list[str], outcome: Outcome, tracker: Tracker
) -> float | None:
    """Leave `scores.json`, `scores.csv` and `figures/` in a job's folder, print the table, tell the tracker.

    Without a test the record has no rows, there is no table, and what is printed is how to use the model.

    Args:
        config: The experiment.
        folder: The job's folder.
        arm: The options that tell this job from others.
        overrides: What was typed.
        outcome: What the chain came to.
        tracker: The job's tracker.

    Returns:
        The mean Dice over all rows where it is defined, None where it is in none.
    """
    table = scores.table(outcome.rows)
    summary = summarise(table)
    record: dict[str, Any] = {
        "arm": arm,
        "overrides": overrides,
        "keys": [[stage.name, stage.key] for stage in outcome.stages],
    }
    record["seconds"] = durations.seconds(durations.with_ancestors(outcome.stages))
    record["software"] = software(versions())
    write_json(folder / SCORES, {**record, "summary": summary, "rows": scores.plain(table)})
    _figures(config, outcome, folder / "figures")
    for path in sorted((folder / "figures").glob("*.png")):
        tracker.figure(path.stem, path)
    seconds: dict[str, float] = {}
    for name, _, value in record["seconds"]:
        seconds[name] = seconds.get(name, 0.0) + value
    hours = {name: round(value / 3600, 4) for name, value in seconds.items()}
    tracker.describe({"stages": {stage.name: stage.key for stage in outcome.stages}, "hours": hours})
    if not config.test:
        _print_model(config, folder, outcome.stages)
        return None
    scores.write_csv(folder / TABLE, table)
    tracker.table("scores", list(table), table.to_numpy().tolist())
    tracker.segmentations("segmentations", lambda: _segmented(config, outcome))
    tracker.summary({f"{key}/{metric}": value for key, means in summary.items() for metric, value in means.items()})
    _print(table, folder)
    return scores.mean_dice(table)


def summarise(table: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Return `n`, `absent` and mean and standard deviation of each metric by `test/label`, as the report has them."""
    if table.empty:
        return {}
    means = statistics.summarise(table, ["test", "label"])
    names = ["n", "absent", *(f"{metric}{end}" for metric in statistics.SHOWN for end in ("", "_std"))]
    return dict(zip(means["test"] + "/" + means["label"], scores.plain(means[names]), strict=True))


def _figures(config: Config, outcome: Outcome, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for stage in (stage for stage in outcome.stages if stage.name == "scores"):
        for picture in sorted((stage.folder / "figures").glob("*.png")):
            copy(picture, folder / f"overlay_{picture.name}")
    for model in (stage for stage in outcome.stages if (stage.folder / "progress.png").is_file()):
        copy(model.folder / "progress.png", folder / "training.png")
    if outcome.rows:
        figures.save(dice_plot(scores.table(outcome.rows)), folder / "dice.png")
    training_set = next(stage for stage in outcome.stages if stage.name == "dataset")
    values, window = list(config.targets.values.values()), testing.window(config)
    panels = [_panel(case, values, window) for case in TrainingSet(training_set.folder).train[:PANELS]]
    reference = next((subjects[0] for subjects, _ in outcome.tested.values()), None)
    panels += [_reference_panel(config, reference)] if reference else []
    figures.montage(panels, folder / "montage.png")


def _segmented(config: Config, outcome: Outcome) -> list[SegmentedSlice]:
    """Return a slice of the worst cases of each test cohort, as many as `evaluation.overlays` says."""
    found = []
    for name, (subjects, masks) in outcome.tested.items():
        rows = [row for row in outcome.rows if row["test"] == name]
        found += testing.slices(config, name, subjects, masks.folder, rows)
    return found


def _panel(case: StoredCase, values: list[int], window: tuple[float, float]) -> figures.MontagePanel:
    image, target = nifti.read_volume(case.image), nifti.read_label_map(case.label).array
    middle = figures.centre(target, values)
    return figures.MontagePanel(case.name, figures.Scan(image.array, image.spacing, window), middle)


def _reference_panel(config: Config, reference: Subject) -> figures.MontagePanel:
    image, label_map = testing.image_of(config, reference), reference.label_map()
    truth = config.targets.merge(label_map.array, label_map.names)
    scan = figures.Scan(image.array, image.spacing, testing.window(config))
    return figures.MontagePanel(
        f"{'MR' if reference.load_mr else 'CT'} {reference.case}",
        scan,
        figures.centre(truth, list(config.targets.values.values())),
    )


def _print(table: pd.DataFrame, folder: Path) -> None:
    """Print the scores as the report has them, with the error of the volume, and where they lie."""
    from rich import get_console

    means = statistics.summarise(table, ["test", "label"])
    volume = (100 * means[["volume_error", "volume_error_std"]]).to_dict("records")
    shown = tables.cells(means, [], None, 0.0).drop(columns=["95 % CI", "missed", "invented"], errors="ignore")
    shown["volume %"] = [tables.spread(row, "volume_error", 1) for row in volume]
    console = get_console()
    tables.show(shown, console, "scores.csv")
    console.print(f"scores, figures and log: {folder}", soft_wrap=True)


def _print_model(config: Config, folder: Path, stages: Sequence[Stage]) -> None:
    """Print where the model is and how it is used."""
    from rich import get_console

    console, run = get_console(), min(os.path.relpath(folder), str(folder), key=len)
    model = next(stage.folder for stage in stages if stage.name == "training")
    lines = [f"model: {model}", f"figures and log: {folder}", "segment a CT with it:"]
    lines += [f"  labelct segment my_ct.nii.gz -o out --model {shlex.quote(run)}"]
    lines += ["its masks mean nothing: this was a trial, with debug="] if config.debug.caps else []
    for line in lines:
        console.print(line, soft_wrap=True, markup=False, highlight=False)
