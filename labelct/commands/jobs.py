"""What became of the jobs of one command line, read from the files that they left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from hydra.experimental.callback import Callback
from omegaconf import DictConfig


class JobFolders(Callback):
    """Remembers where this process sends its jobs, whichever launcher runs them."""

    folder: ClassVar[Path | None] = None
    multirun: ClassVar[bool] = False

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Remember the folder of a single job."""
        JobFolders.folder, JobFolders.multirun = Path(config.hydra.run.dir), False

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Remember the folder of a sweep."""
        JobFolders.folder, JobFolders.multirun = Path(config.hydra.sweep.dir), True


def failures(folder: Path) -> list[tuple[Path, str]]:
    """Return the job folders at or below `folder` whose `status.json` is not `finished`, with the reason."""
    found = []
    for path in sorted(folder.rglob("status.json")):
        status = json.loads(path.read_text(encoding="utf-8"))
        if status["state"] != "finished":
            found.append((path.parent, status.get("reason") or "it was stopped before its end"))
    return found
