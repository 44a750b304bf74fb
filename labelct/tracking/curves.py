"""What the columns of a training's `log.csv` are called at a tracker, and the curves of a training that is over."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from labelct.tracking.tracker import Tracker

LOG = "log.csv"  # what every training leaves its curves in
FINE = "fine"  # the folder of a cascade's second network, in that of its model
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
    for step, values in _steps(path):
        tracker.log(named(values, group), step)


@dataclass
class FinePass(Tracker):
    """The curves of the second network of a cascade, told to a tracker behind those of the first one.

    Attributes:
        tracker: What is told; metrics have `fine_` in front of their last word, as `val/fine_dice`.
        offset: Steps of the first network: trackers want steps that grow.
    """

    tracker: Tracker = field(default_factory=Tracker)
    offset: int = 0

    @classmethod
    def behind(cls, log: Path, tracker: Tracker) -> "FinePass":
        """Return what tells `tracker` of the second network.

        Args:
            log: `log.csv` of the first one, which is trained.
            tracker: The tracker.
        """
        return cls(tracker=tracker, offset=max((step for step, _ in _steps(log)), default=0))

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Record `metrics` of the second network at its `step`."""
        told = {}
        for name, value in metrics.items():
            group, _, last = name.rpartition("/")
            told[f"{group}/fine_{last}"] = value
        self.tracker.log(told, step + self.offset)


def replay_passes(folder: Path, tracker: Tracker) -> None:
    """Tell a tracker the curves of a trained model, and where it is a cascade those of its second network.

    Args:
        folder: The model's.
        tracker: The tracker.
    """
    replay(folder / LOG, tracker)
    replay(folder / FINE / LOG, FinePass.behind(folder / LOG, tracker))


def rows(path: Path) -> Iterator[dict[str, float]]:
    """Yield the numbers of each row of a log; a row that a kill tore is left out, and there may be no log.

    Args:
        path: `log.csv`.
    """
    if not path.is_file():
        return
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            with suppress(TypeError, ValueError):
                yield {name: float(text) for name, text in row.items() if name and text}


def _steps(path: Path) -> Iterator[tuple[int, dict[str, float]]]:
    for values in rows(path):
        if step := next((name for name in STEPS if name in values), None):
            yield int(values.pop(step)), values
