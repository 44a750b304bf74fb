"""What a user sees of nnU-Net's training: a bar over its epochs, and the tracker's curves, read from its log."""

import csv
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labelct.progress import ProgressBar
from labelct.tracking import Tracker

POLL_S = 0.5  # an epoch takes seconds at least, and reading a file that has not grown costs nothing


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
    bar = ProgressBar("nnU-Net epochs", epochs, sys.stdout)
    follower, finished = Follower(path, bar, tracker), threading.Event()

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

    def __init__(self, path: Path, bar: ProgressBar, tracker: Tracker) -> None:
        """Begin with the file's first row."""
        self.path, self.bar, self.tracker, self.position = path, bar, tracker, 0
        self.columns: list[str] = []

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
        self.bar.update(epoch, text=f"loss {values['loss']:.3f}  Dice {values['dice_smooth']:.3f}")
