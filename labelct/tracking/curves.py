"""What the columns of a training's `log.csv` are called at a tracker, and the curves of a training that is over."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from labelct.tracking.tracker import Tracker

STEPS = ("step", "epoch")
VALIDATION = ("dice", "loss_val")  # columns of these names, or with something behind: `dice_liver`, `dice_smooth`


def named(values: Mapping[str, float], group: str = "train") -> dict[str, float]:
    """Return metrics by the names that trackers know them by: `train/loss`, and `val/dice` of the validation.

    Args:
        values: By the column of the log.
        group: What stands in front of metrics of the training.
    """
    found = {}
    for name, value in values.items():
        if name.startswith(VALIDATION):
            found[f"val/{name.removesuffix('_val')}"] = value
        elif name != "seconds":
            found[f"{group}/{name}"] = value
    return found


def replay(path: Path, tracker: Tracker, group: str = "train") -> None:
    """Tell a tracker the curves of a training that an earlier job has made, as they grew; none where there is no log.

    Args:
        path: `log.csv`.
        tracker: The tracker.
        group: As of `named`.
    """
    for step, values in _rows(path):
        tracker.log(named(values, group), step)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield step and numbers of each row; a row that a kill tore is left out."""
    if not path.is_file():
        return
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                values = {name: float(text) for name, text in row.items() if name and text}
                step = int(next(values.pop(name) for name in STEPS if name in values))
            except (TypeError, ValueError, StopIteration):
                continue
            yield step, values
