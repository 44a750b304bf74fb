"""Where curves, tables and figures of a job go: `curves.csv` beside its results, mirrored to Weights & Biases."""

import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from labelct.settings import Checked, choice

LOG = logging.getLogger(__name__)
COLUMNS = "step,metric,value\n"
OPENING_S = 30  # wandb would wait for a minute and a half before it gives up on a network that is slow
ANSWER_S = 3  # a server that is there answers within a second; jobs of a sweep ask one by one


@dataclass
class LoggerSettings(Checked):
    """Where the curves go besides the console and the trainer's own `log.csv`.

    Attributes:
        kind: `none`, `csv` (curves.csv in the job's folder) or `wandb` (the same, mirrored to Weights & Biases).
        project: Project at Weights & Biases.
        entity: User or team there; null takes the account's default.
        mode: `auto` (WANDB_MODE where it is set; else online with a key and a network, offline without), `online`,
            `offline` or `disabled`.
        artifacts: Whether the scores and the trained model are kept at Weights & Biases too.
    """

    kind: str = choice("csv", ("none", "csv", "wandb"))
    project: str = "labelct"
    entity: str | None = None
    mode: str = choice("auto", ("auto", "online", "offline", "disabled"))
    artifacts: bool = False


@dataclass
class Tracker:
    """The curves of one job; the file is the truth and the run at Weights & Biases mirrors it.

    Attributes:
        curves: The CSV file, one line per value; None records nothing.
        run: The open wandb run, or None.
    """

    curves: Path | None = None
    run: Any = None

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Record `metrics` at `step`; the columns of the file are step, metric, value."""
        if self.curves is not None:
            with self.curves.open("a", encoding="utf-8") as file:
                file.writelines(f"{step},{name},{float(value):.6g}\n" for name, value in metrics.items())
        self._mirror(lambda run, _: run.log({**metrics, "step": step}))

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Mirror a table, which the job has written to a file of its own."""
        given = {"columns": list(columns), "data": [list(row) for row in rows]}
        self._mirror(lambda run, wandb: run.log({name: wandb.Table(**given)}))

    def figure(self, name: str, path: Path) -> None:
        """Mirror the picture at `path`."""
        self._mirror(lambda run, wandb: run.log({name: wandb.Image(str(path))}))

    def artifact(self, kind: str, name: str, paths: Sequence[Path]) -> None:
        """Keep files at Weights & Biases as one artifact of a `kind`, for instance `model`."""

        def keep(run: Any, wandb: Any) -> None:
            artifact = wandb.Artifact(name, type=kind)
            for path in paths:
                artifact.add_file(str(path))
            run.log_artifact(artifact)

        self._mirror(keep)

    def summary(self, values: Mapping[str, object]) -> None:
        """Set single figures of the whole job, such as its mean Dice."""
        self._mirror(lambda run, _: run.summary.update(dict(values)))

    def _mirror(self, action: Callable[[Any, Any], None]) -> None:
        """Call `action` with run and module; a mirror that breaks is reported once and dropped, the job goes on."""
        if self.run is None:
            return
        try:
            import wandb

            action(self.run, wandb)
        except Exception as error:
            LOG.warning("wandb stopped mirroring (%s); curves.csv goes on", error)
            _finish(self, 1)


@dataclass(frozen=True)
class Description:
    """What a job is called and filed under.

    Attributes:
        name: Its name.
        config: The resolved configuration as plain containers.
        group: What it belongs to, for instance the sweep; the group of the settings comes first.
        tags: Tags in front of those of the settings.
        job_type: What it is, for instance `experiment`.
    """

    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    group: str | None = None
    tags: Sequence[str] = ()
    job_type: str | None = None


@contextmanager
def track(settings: LoggerSettings, folder: Path, described: Description) -> Iterator[Tracker]:
    """Open the tracking of one job and close it whatever happens, so that the next job of a sweep starts afresh.

    Args:
        settings: Kind and account.
        folder: The job's folder; `curves.csv` and `wandb/` land there.
        described: The job.

    Yields:
        The tracker.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tracker = Tracker(None if settings.kind == "none" else folder / "curves.csv")
    if tracker.curves is not None and not tracker.curves.exists():
        tracker.curves.write_text(COLUMNS, encoding="utf-8")
    if settings.kind == "wandb":
        tracker.run = _open_run(settings, folder, described)
    try:
        yield tracker
    except BaseException:
        _finish(tracker, 1)
        raise
    _finish(tracker, 0)


def wandb_mode(settings: LoggerSettings) -> str:
    """Return the wandb mode of a job: `online`, `offline` or `disabled`, never one that asks for a key.

    Args:
        settings: `mode` `auto` respects WANDB_MODE; `online` needs a key and a network and is `offline` without them.
    """
    mode = os.environ.get("WANDB_MODE", "online") if settings.mode == "auto" else settings.mode
    mode = {"dryrun": "offline", "run": "online"}.get(mode, mode)
    if mode in ("offline", "disabled"):
        return mode
    return "online" if _has_key() and _reachable() else "offline"


def _open_run(settings: LoggerSettings, folder: Path, described: Description) -> Any:
    """Open a wandb run; what keeps it from going online leaves it offline."""
    import wandb

    quiet = wandb.Settings(silent=True, console="off", symlink=False, init_timeout=OPENING_S)
    account: dict[str, Any] = {"project": settings.project, "entity": settings.entity, "dir": str(folder)}
    account |= {"name": described.name, "config": dict(described.config), "job_type": described.job_type}
    account |= {"group": described.group, "tags": list(described.tags)}
    account |= {"reinit": "finish_previous", "settings": quiet}
    mode = wandb_mode(settings)
    if mode == "offline" and settings.mode == "online":
        LOG.warning("logger.mode=online: no API key or no network, so the run is kept offline in %s", folder / "wandb")
    for attempt in dict.fromkeys((mode, "offline", "disabled")):
        try:
            run = wandb.init(**{**account, "mode": attempt})
        except Exception as error:
            LOG.warning("wandb does not open %s (%s)", attempt, error)
            continue
        run.define_metric("*", step_metric="step")
        return run
    return None


def _finish(tracker: Tracker, exit_code: int) -> None:
    run, tracker.run = tracker.run, None
    if run is not None:
        try:
            run.finish(exit_code=exit_code)
        except Exception as error:
            LOG.warning("wandb did not close (%s); the run's files are kept", error)


def _has_key() -> bool:
    from netrc import NetrcParseError, netrc

    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        return netrc(os.environ.get("NETRC")).authenticators(_host()[0]) is not None
    except (OSError, NetrcParseError):
        return False


def _reachable() -> bool:
    try:
        with socket.create_connection(_host(), timeout=ANSWER_S):
            return True
    except OSError:
        return False


def _host() -> tuple[str, int]:
    address = urlparse(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai"))
    return address.hostname or "api.wandb.ai", address.port or (80 if address.scheme == "http" else 443)
