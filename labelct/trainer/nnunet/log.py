"""What a user sees of nnU-Net's training: a bar over its epochs, and the tracker's curves, read from its log."""

import csv
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from labelct.progress import ProgressBar
from labelct.tracking import Tracker
from labelct.tracking.curves import named

POLL_S = 0.5  # an epoch takes seconds at least, and four thousand of them are read in 10 ms


@contextmanager
def followed(path: Path, epochs: int, minutes: float | None, tracker: Tracker) -> Iterator[None]:
    """Show the rows that grow in a log and pass them on, whichever process writes them.

    The log is written anew each time, with the earlier epochs of a resumed training, so that all curves are whole.

    Args:
        path: The CSV file with a column `epoch`; what lies there of an earlier run is removed.
        epochs: How many there will be.
        minutes: How long the training takes, where it is one by time: the bar goes by its seconds then.
        tracker: Gets the other columns as `train/<column>`, those of the validation as `val/<column>`.

    Yields:
        Nothing; inside, standard output may be redirected, the bar stays where it was.
    """
    path.unlink(missing_ok=True)
    by_time = minutes is not None
    total = epochs if minutes is None else round(60 * minutes)
    bar = ProgressBar("nnU-Net (seconds)" if by_time else "nnU-Net epochs", total, sys.stdout)
    finished, seen = threading.Event(), 0

    def read() -> None:
        nonlocal seen
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines() if path.exists() else ()))
        for row in rows[seen:]:
            seen = _pass_on(row, tracker)
        if rows:
            spent = min(total, round(sum(float(row["seconds"]) for row in rows)))
            text = f"loss {float(rows[-1]['loss']):.3f}  Dice {float(rows[-1]['dice_smooth']):.3f}"
            bar.update(spent if by_time else seen, text=f"epoch {seen}  {text}" if by_time else text)

    def follow() -> None:
        while not finished.wait(POLL_S):
            read()

    thread = threading.Thread(target=follow, name="nnunet-log", daemon=True)
    with bar:
        thread.start()
        try:
            yield
        finally:
            finished.set()
            thread.join()
            read()


def _pass_on(row: Mapping[str, str], tracker: Tracker) -> int:
    values = {name: float(value) for name, value in row.items()}
    epoch = int(values.pop("epoch"))
    tracker.log(named(values), epoch)
    return epoch
