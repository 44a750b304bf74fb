"""What a user sees of nnU-Net's training: a bar over its epochs, and the tracker's curves, read from its log."""

from __future__ import annotations

import csv
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from labelct.tracking import Tracker

POLL_S = 0.5


@contextmanager
def followed(path: Path, epochs: int, tracker: Tracker) -> Iterator[None]:
    """Show the rows that grow in a log and pass them on, whichever process writes them.

    A resumed training writes its earlier epochs first, so that the curves of every job are whole.

    Args:
        path: The CSV file with a column `epoch`; what lies there of an earlier run is removed.
        epochs: How many there will be.
        tracker: Gets the other columns as `train/<column>`.

    Yields:
        Nothing; inside, standard output may be redirected, the bar stays where it was.
    """
    path.unlink(missing_ok=True)
    shown = TextColumn("{task.fields[shown]}")
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), shown)
    bar = Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=Console(file=sys.stdout))
    follower, finished = Follower(path, bar, epochs, tracker), threading.Event()

    def follow() -> None:
        while not finished.wait(POLL_S):
            follower.read()

    thread = threading.Thread(target=follow, name="nnunet-log", daemon=True)
    with bar:
        thread.start()
        try:
            yield
        finally:
            finished.set()
            thread.join()
            follower.read()


class Follower:
    """Reads the rows that a growing CSV file has gained."""

    def __init__(self, path: Path, bar: Progress, epochs: int, tracker: Tracker) -> None:
        """Begin with the file's first row."""
        self.path, self.bar, self.tracker, self.position = path, bar, tracker, 0
        self.columns: list[str] = []
        self.task = bar.add_task("nnU-Net epochs", total=epochs, shown="")

    def read(self) -> None:
        """Pass on every line that is whole."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self.position)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self.position += len(whole)
        for row in csv.reader(whole.decode().splitlines()):
            if self.columns:
                self._pass_on(row)
            else:
                self.columns = row

    def _pass_on(self, row: list[str]) -> None:
        values = {name: float(value) for name, value in zip(self.columns, row, strict=True)}
        epoch = int(values.pop("epoch"))
        self.tracker.log({f"train/{name}": value for name, value in values.items()}, epoch)
        shown = f"loss {values['loss']:.3f}  Dice {values['dice_smooth']:.3f}"
        self.bar.update(self.task, completed=epoch, shown=shown)
