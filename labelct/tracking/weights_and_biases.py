"""A run at Weights & Biases, online where that can be, else kept on disk for `wandb sync`."""

import logging
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from labelct.errors import one_line
from labelct.tracking.settings import Description, LoggerSettings, SegmentedSlice

log = logging.getLogger(__name__)
OPENING_S = 30  # wandb would wait for a minute and a half before it gives up on a network that is slow
ANSWER_S = 3  # a server that is there answers within a second; jobs of a sweep ask one by one


@dataclass
class WandbRun:
    """An open run behind the face of `labelct.tracking.tracker.Mirror`.

    Attributes:
        run: wandb's own object.
    """

    run: Any
    name: str = "wandb"

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Record metrics at a step, which is a metric itself: wandb's own counts every call."""
        self.run.log({**metrics, "step": step})

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Record a table."""
        import wandb

        self.run.log({name: wandb.Table(columns=[*columns], data=[list(row) for row in rows])})

    def figure(self, name: str, path: Path) -> None:
        """Record a picture."""
        import wandb

        self.run.log({name: wandb.Image(str(path))})

    def segmentations(self, name: str, slices: Sequence[SegmentedSlice]) -> None:
        """Record slices with masks that can be switched, and a table of their cases with the pictures in it."""
        import wandb

        shown = [_image(one) for one in slices]
        targets = list(dict.fromkeys(target for one in slices for target in one.dice))
        rows = [[one.test, one.case, *(one.dice.get(target) for target in targets), _image(one)] for one in slices]
        columns: list[str | int] = ["test", "case", *(f"dice {target}" for target in targets), "picture"]
        self.run.log({name: shown, "cases": wandb.Table(columns=columns, data=rows)})

    def artifact(self, kind: str, name: str, paths: Sequence[Path]) -> None:
        """Keep files as one artifact."""
        import wandb

        artifact = wandb.Artifact(name, type=kind)
        for path in paths:
            artifact.add_file(str(path))
        self.run.log_artifact(artifact)

    def describe(self, values: Mapping[str, Any]) -> None:
        """Add to the configuration."""
        self.run.config.update(dict(values), allow_val_change=True)

    def summary(self, values: Mapping[str, object]) -> None:
        """Set single figures of the whole job."""
        self.run.summary.update(dict(values))

    def close(self, exit_code: int) -> None:
        """End the run."""
        self.run.finish(exit_code=exit_code)


def _image(one: SegmentedSlice) -> Any:
    import wandb

    masks = {
        name: {"mask_data": mask, "class_labels": {0: "background", **one.labels}} for name, mask in one.masks.items()
    }
    dice = ", ".join(f"{target} {value:.3f}" for target, value in one.dice.items())
    return wandb.Image(one.image, masks=masks, caption=f"{one.test} {one.case}: Dice {dice}")


def open_run(settings: LoggerSettings, folder: Path, described: Description) -> WandbRun | None:
    """Open a run; what keeps it from going online leaves it offline, in `wandb/` of the job's folder.

    Args:
        settings: Project, entity and mode.
        folder: The job's folder.
        described: The job.

    Returns:
        The run; None where wandb opens none.
    """
    import wandb

    quiet = wandb.Settings(silent=True, console="off", symlink=False, init_timeout=OPENING_S)
    account: dict[str, Any] = {"project": settings.project, "entity": settings.entity, "dir": str(folder)}
    account |= {"name": described.name, "config": dict(described.config), "job_type": described.job_type}
    account |= {"group": described.group, "tags": list(described.tags)}
    account |= {"reinit": "finish_previous", "settings": quiet}
    mode, hindrance = mode_of(settings)
    logging.getLogger("wandb").propagate = False  # it tells of a failure in lines of its own; one of ours is enough
    for attempt in dict.fromkeys((mode, "offline", "disabled")):
        try:
            run = wandb.init(**{**account, "mode": attempt})
        except Exception as error:
            hindrance = f"wandb does not open {attempt} ({one_line(error)})"
            continue
        if hindrance:
            kept = f"the run is kept offline in {folder / 'wandb'}, which wandb sync sends"
            log.warning("%s; %s", hindrance, kept if attempt == "offline" else "nothing is kept for it")
        run.define_metric("*", step_metric="step")
        return WandbRun(run)
    log.warning("%s", hindrance)
    return None


def mode_of(settings: LoggerSettings) -> tuple[str, str]:
    """Return how wandb is opened, never so that it asks for a key, and what keeps a run offline that shall not be.

    Args:
        settings: `mode` `auto` respects WANDB_MODE; `online` needs a key and a network and is `offline` without them.
    """
    mode = os.environ.get("WANDB_MODE", "online") if settings.mode == "auto" else settings.mode
    mode = {"dryrun": "offline", "run": "online"}.get(mode, mode)
    if mode in ("offline", "disabled"):
        return mode, ""
    hindrance = _hindrance()
    return "offline" if hindrance else "online", hindrance


def _hindrance() -> str:
    """Return what keeps a run from going online; empty where nothing does."""
    if not _has_key():
        return "wandb has no API key (wandb login, or WANDB_API_KEY)"
    return "" if _reachable() else f"wandb does not reach {_host()[0]}"


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
