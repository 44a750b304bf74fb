"""One job: its chain, its end in `status.json`, and in a sweep a process of its own, whose death ends nothing else."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.core.utils import configure_log
from omegaconf import DictConfig, OmegaConf

from labelct.config import study, typed
from labelct.errors import LabelctError
from labelct.store import write_json, write_text

log = logging.getLogger(__name__)
LOG = "labelct.log"


def run(composed: DictConfig, folder: Path, choices: Mapping[str, Any], overrides: Sequence[str]) -> float | None:
    """Run one job in `folder`; its end, good or bad, lands in `status.json`.

    Args:
        composed: The composed configuration.
        folder: The job's folder.
        choices: The option chosen in each configuration group.
        overrides: What was typed.

    Returns:
        The mean Dice over cases and targets; None when the job failed.
    """
    write_json(folder / "status.json", {"state": "running", "pid": os.getpid()})
    try:
        score = _chain(composed, folder, choices, overrides)
    except LabelctError as error:
        log.error("%s", error)
        _fail(folder, str(error))
        return None
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        write_text(folder / "traceback.txt", traceback.format_exc())
        log.error("%s (a fault of labelct, not of the input: see %s)", reason, folder / "traceback.txt")
        _fail(folder, reason)
        return None
    write_json(folder / "status.json", {"state": "finished", "dice": score})
    return score


def run_apart(folder: Path, launched_from: Path) -> float | None:
    """Run the job that Hydra described in `folder/.hydra` in a process of its own and wait for its end.

    Basic and joblib launchers lose every job that is left when one is killed or exits; here the job alone is lost. The
    process reads a pipe that this one holds open, so that it ends when this one does, killed or not, together with the
    workers that it started, which share its session.

    Args:
        folder: The job's folder.
        launched_from: The folder that relative paths start from.

    Returns:
        As `run`.
    """
    write_json(folder / "status.json", {"state": "running"})
    command = [sys.executable, "-m", "labelct.commands.job", str(folder)]
    with subprocess.Popen(command, cwd=launched_from, stdin=subprocess.PIPE, start_new_session=True) as process:
        code = process.wait()
    _end_group(process.pid)
    status = json.loads((folder / "status.json").read_text(encoding="utf-8"))
    if status["state"] == "running":
        reason = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        log.error("%s", reason)
        _fail(folder, reason + (" (out of memory, or by hand)" if code == -signal.SIGKILL else ""))
    return status.get("dice")


def main() -> None:
    """Run the job of the folder that is the first argument."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    folder = Path(sys.argv[1])
    described = folder / ".hydra"
    settings = OmegaConf.load(described / "hydra.yaml")
    configure_log(settings.hydra.job_logging, settings.hydra.verbose)
    composed, overrides = OmegaConf.load(described / "config.yaml"), OmegaConf.load(described / "overrides.yaml")
    assert isinstance(composed, DictConfig)
    given = [str(override) for override in overrides]
    composed.group = composed.group or study(given) or " ".join(folder.absolute().parts[-3:-1])
    run(composed, folder, dict(settings.hydra.runtime.choices), given)


def _chain(composed: DictConfig, folder: Path, choices: Mapping[str, Any], overrides: Sequence[str]) -> float | None:
    from labelct import pipeline

    arm = {str(group): str(option) for group, option in choices.items() if not str(group).startswith("hydra")}
    composed.group = composed.group or study(overrides) or None
    return pipeline.run(typed(composed), folder, arm, overrides)


def _fail(folder: Path, reason: str) -> None:
    write_json(folder / "status.json", {"state": "failed", "reason": reason, "log": str(folder / LOG)})


def _end_with_parent() -> None:
    """End this process and its workers when the other end of its standard input is closed."""
    while os.read(0, 1):
        pass
    _end_group(os.getpid())
    os._exit(1)


def _end_group(leader: int) -> None:
    """Kill what is left of the processes that `leader` started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


if __name__ == "__main__":
    main()
