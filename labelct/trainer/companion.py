"""A further process of a DDP training: `python -m labelct.trainer.companion FOLDER`, started by `device.companions`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from labelct.dataset import TrainingSet
from labelct.streaming import read_shared
from labelct.tracking import Tracker
from labelct.trainer.settings import DeviceSettings, unet_settings
from labelct.trainer.unet import fit


def main(folder: Path) -> None:
    """Take part in the training that `job.json` in `folder` describes; the curves are those of the first process."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    training_set, device = TrainingSet(Path(job["training_set"])), DeviceSettings(**job["device"])
    volumes = read_shared(folder, job["volumes"])
    fit(training_set, unet_settings(job["settings"]), device, job["seed"], folder, Tracker(), volumes)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
