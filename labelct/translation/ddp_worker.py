"""A further process of a DDP training: `python -m labelct.translation.ddp_worker FOLDER`, started by the first one."""

import os
import sys
from pathlib import Path

from labelct.errors import LabelctError
from labelct.processes import end_with
from labelct.texts import read_json
from labelct.tracking import Tracker
from labelct.trainer.device import RANK, torch_threads
from labelct.trainer.progress import quiet
from labelct.trainer.settings import DeviceSettings
from labelct.translation.settings import TranslationSettings
from labelct.translation.training import JOB, fit


def main(folder: Path) -> None:
    """Take part in the training that `job.json` in `folder` describes; the curves are those of the first process."""
    end_with(os.getppid())
    job = read_json(folder / JOB, "start the training again")
    settings, device = TranslationSettings(**job["settings"]), DeviceSettings(**job["device"])
    with quiet(), torch_threads(device):
        fit(settings, device, folder, Tracker())


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except LabelctError as error:
        sys.exit(f"process {os.environ.get(RANK)} of the translation: {error}")
