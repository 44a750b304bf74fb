"""The tracker of one job: what is told to it lands in `curves.csv` and in every mirror, each opened and closed once."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from labelct.errors import check_installed, one_line
from labelct.tracking.settings import Description, LoggerSettings, SegmentedSlice

log = logging.getLogger(__name__)
COLUMNS = "step,metric,value\n"


class Mirror(Protocol):
    """A tracker of others, behind one face. Whatever it raises is said once, and the job goes on without it."""

    name: str

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Record metrics at a step."""

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Record a table."""

    def figure(self, name: str, path: Path) -> None:
        """Record a picture."""

    def segmentations(self, name: str, slices: Sequence[SegmentedSlice]) -> None:
        """Record slices with their masks, and a table of their cases."""

    def artifact(self, kind: str, name: str, paths: Sequence[Path]) -> None:
        """Keep files."""

    def describe(self, values: Mapping[str, Any]) -> None:
        """Add to the configuration."""

    def summary(self, values: Mapping[str, object]) -> None:
        """Set single figures of the whole job."""

    def close(self, exit_code: int) -> None:
        """End the run."""


@dataclass
class Tracker:
    """The curves of one job; the file is the truth and the mirrors have the same.

    Attributes:
        curves: The CSV file, one line per value; None records nothing.
        mirrors: The open trackers.
    """

    curves: Path | None = None
    mirrors: list[Mirror] = field(default_factory=list)

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Record `metrics` at `step`; the columns of the file are step, metric, value."""
        if self.curves is not None:
            lines = "".join(f"{step},{name},{float(value):.6g}\n" for name, value in metrics.items())
            try:
                with self.curves.open("a", encoding="utf-8") as file:
                    file.write(lines)
            except OSError as error:
                told = "%s cannot be written (%s); the trainer's log.csv has the curves"
                log.warning(told, self.curves, error.strerror or error)
                self.curves = None
        self._each(lambda mirror: mirror.log(metrics, step))

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Mirror a table, which the job has written to a file of its own."""
        self._each(lambda mirror: mirror.table(name, columns, rows))

    def figure(self, name: str, path: Path) -> None:
        """Mirror the picture at `path`."""
        self._each(lambda mirror: mirror.figure(name, path))

    def segmentations(self, name: str, slices: Callable[[], Sequence[SegmentedSlice]]) -> None:
        """Mirror slices with their masks, which are cut only where there is a mirror."""
        if self.mirrors:
            found = slices()
            self._each(lambda mirror: mirror.segmentations(name, found))

    def artifact(self, kind: str, name: str, paths: Sequence[Path]) -> None:
        """Keep files with the mirrors as one artifact of a `kind`, for instance `model`."""
        self._each(lambda mirror: mirror.artifact(kind, name, paths))

    def describe(self, values: Mapping[str, Any]) -> None:
        """Add to the configuration what is known only in the end, such as the keys of the stages."""
        self._each(lambda mirror: mirror.describe(values))

    def summary(self, values: Mapping[str, object]) -> None:
        """Set single figures of the whole job, such as its mean Dice."""
        self._each(lambda mirror: mirror.summary(values))

    def close(self, exit_code: int) -> None:
        """End the runs of all mirrors."""
        for mirror in self.mirrors:
            try:
                mirror.close(exit_code)
            except Exception as error:
                log.warning("%s did not close (%s); the run's files are kept", mirror.name, one_line(error))
        self.mirrors.clear()

    def _each(self, action: Callable[[Mirror], None]) -> None:
        """Call `action` with each mirror; one that breaks is reported once and dropped, the job goes on."""
        for mirror in tuple(self.mirrors):
            try:
                action(mirror)
            except Exception as error:
                self.mirrors.remove(mirror)
                log.warning("%s stopped mirroring (%s); curves.csv goes on", mirror.name, one_line(error))
                Tracker(None, [mirror]).close(1)


def check(settings: LoggerSettings) -> None:
    """Raise `InputError` where a tracker is asked for whose package is not installed."""
    for name in ("wandb", "tensorboard", "mlflow"):
        if getattr(settings, name):
            check_installed(name)


@contextmanager
def track(settings: LoggerSettings, folder: Path, described: Description) -> Iterator[Tracker]:
    """Open the tracking of one job and close it whatever happens, so that the next job of a sweep starts afresh.

    Args:
        settings: Trackers and accounts.
        folder: The job's folder; `curves.csv`, `wandb/`, `tensorboard/`, `mlflow.db` and `mlruns/` land there.
        described: The job.

    Yields:
        The tracker.

    Raises:
        InputError: A tracker's package is not installed.
    """
    check(settings)
    folder.mkdir(parents=True, exist_ok=True)
    tracker = Tracker(folder / "curves.csv" if settings.records else None)
    if tracker.curves is not None and not tracker.curves.exists():
        tracker.curves.write_text(COLUMNS, encoding="utf-8")
    for name, opened in _openers(settings).items():
        try:
            if (mirror := opened(settings, folder, described)) is not None:
                tracker.mirrors.append(mirror)
        except Exception as error:
            log.warning("%s does not open (%s); curves.csv goes on", name, one_line(error))
    try:
        yield tracker
    except BaseException:
        tracker.close(1)
        raise
    tracker.close(0)


Opener = Callable[[LoggerSettings, Path, Description], Mirror | None]


def _openers(settings: LoggerSettings) -> dict[str, Opener]:
    """Return what opens each of the trackers that are asked for; their packages are loaded by now."""
    found: dict[str, Opener] = {}
    if settings.wandb:
        from labelct.tracking import weights_and_biases

        found["wandb"] = weights_and_biases.open_run
    if settings.tensorboard:
        from labelct.tracking import lightning_loggers

        found["tensorboard"] = lightning_loggers.open_tensorboard
    if settings.mlflow:
        from labelct.tracking import lightning_loggers

        found["mlflow"] = lightning_loggers.open_mlflow
    return found
