"""A further process of a DDP training: `python -m labelct.trainer.ddp_worker FOLDER`, started by the first one."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from labelct.errors import LabelctError
from labelct.processes import end_with
from labelct.streaming import read_shared
from labelct.targets import Targets
from labelct.tracking import Tracker
from labelct.trainer.device import RANK
from labelct.trainer.face import TrainingTask
from labelct.trainer.region import Region
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import TRAINERS


def take_part(main: Callable[[Path], None], what: str) -> None:
    """Run this process as one of several that end with the first, and say in one line why it fails.

    Args:
        main: What it does, of the folder that the command line names.
        what: What they do together.
    """
    end_with(os.getppid())
    try:
        main(Path(sys.argv[1]))
    except LabelctError as error:
        sys.exit(f"process {os.environ.get(RANK)} of the {what}: {error}")


def main(folder: Path) -> None:
    """Take part in the training that `job.json` in `folder` describes; the curves are those of the first process."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    device, volumes = DeviceSettings(**job["device"]), read_shared(folder, job["volumes"])
    trainer = TRAINERS[job["settings"]["kind"]]
    region = None if job["region"] is None else Region(**job["region"])
    settings, targets = trainer.Settings(**job["settings"]), Targets(job["targets"])
    task = TrainingTask(settings, targets, device, job["seed"], volumes, region=region)
    trainer.fit(task, Path(job["training_set"]), folder, Tracker())


if __name__ == "__main__":
    take_part(main, "training")
