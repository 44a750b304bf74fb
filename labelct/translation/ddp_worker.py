"""A further process of a DDP training: `python -m labelct.translation.ddp_worker FOLDER`, started by the first one."""

from pathlib import Path

from labelct.texts import read_json
from labelct.tracking import Tracker
from labelct.trainer.ddp_worker import take_part
from labelct.trainer.device import torch_threads
from labelct.trainer.progress import quiet
from labelct.trainer.settings import DeviceSettings
from labelct.translation.settings import TranslationSettings
from labelct.translation.training import JOB, fit


def main(folder: Path) -> None:
    """Take part in the training that `job.json` in `folder` describes; the curves are those of the first process."""
    job = read_json(folder / JOB, "start the training again")
    settings, device = TranslationSettings(**job["settings"]), DeviceSettings(**job["device"])
    with quiet(), torch_threads(device):
        fit(settings, device, folder, Tracker())


if __name__ == "__main__":
    take_part(main, "translation")
