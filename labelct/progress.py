"""The progress bar of everything that takes long: what, how far, a word on how it goes, time spent and time left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import IO, Any, TypeVar

from labelct import events
from labelct.signals import check_interrupted

Item = TypeVar("Item")
WIDTH = 24  # characters of the description, so that the bars of one job stand below each other


class ProgressBar(AbstractContextManager["ProgressBar"]):
    """A bar on the console; as a context it appears at once, or, where the total is not known yet, with `update`."""

    def __init__(self, description: str, total: int | None = None, file: IO[str] | None = None) -> None:
        """Make a bar that is not shown yet.

        Args:
            description: What takes long.
            total: How many steps there are; None where the first `update` says.
            file: Where the bar goes even when standard output is redirected later; None: the console.
        """
        from rich import progress
        from rich.console import Console

        what, text = progress.TextColumn(f"{{task.description:<{WIDTH}}}"), progress.TextColumn("{task.fields[text]}")
        self._progress = progress.Progress(
            *(what, progress.BarColumn(), progress.MofNCompleteColumn()),
            *(text, progress.TimeElapsedColumn(), progress.TimeRemainingColumn()),
            console=None if file is None else Console(file=file),
        )
        self._task = self._progress.add_task(description, total=total, text="")

    def __enter__(self) -> ProgressBar:
        """Show the bar, if it is known how long it takes."""
        if self._progress.tasks[0].total is not None:
            self._progress.start()
            self._tell(0)
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the bar as it stands."""
        self.stop()

    def stop(self) -> None:
        """Leave the bar as it stands."""
        if self._progress.live.is_started:
            self._progress.stop()

    def update(self, done: int, total: int | None = None, text: str | None = None) -> None:
        """Move the bar, and show it; a command that was asked to end does so here at the latest.

        Args:
            done: Steps done.
            total: Steps there are; None: as before.
            text: How it goes; None: as before.
        """
        check_interrupted()
        fields: dict[str, Any] = {} if text is None else {"text": text}
        self._progress.update(self._task, completed=done, total=total, **fields)
        self._progress.start()  # more than once does no harm
        self._tell(done)

    def _tell(self, done: int) -> None:
        task = self._progress.tasks[0]
        total = None if task.total is None else int(task.total)
        events.tell(events.ProgressEvent(task.description, done, total, task.fields["text"]))

    def print(self, line: str) -> None:
        """Print a line of its own above the bar."""
        self._progress.console.print(line)


def track(items: Iterable[Item], description: str, total: int) -> Iterator[Item]:
    """Yield `items`, of which there are `total`, under a progress bar named `description`."""
    with ProgressBar(description, total) as bar:
        for done, item in enumerate(items, start=1):
            yield item
            bar.update(done)


def is_watched() -> bool:
    """Return whether somebody sees a bar: on a terminal, or in a notebook that has ipywidgets."""
    from rich import get_console

    console = get_console()
    return find_spec("ipywidgets") is not None if console.is_jupyter else console.is_terminal
