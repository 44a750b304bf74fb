"""nnU-Net's environment variables, and where it looks for its files."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

DATASET = "Dataset001_labelct"
PLANS = "nnUNetPlans"
TRAINER = "LabelctTrainer"
EXTERNAL = Path(__file__).parents[1] / "external"
LOG = "nnunet.log"
NOISY = r"(nnunetv2|torch|batchgenerators.*|acvl_utils|distutils|blosc2)\b.*"


@contextmanager
def roots(
    folder: Path, preprocessed: Path | None = None, augmenters: int = 1, compiled: bool = False
) -> Iterator[None]:
    """Give nnU-Net the folders `raw`, `preprocessed` and `results` below `folder`, and restore the environment.

    A stage has roots of its own, so that there is one data set in each, whose number and name never collide.

    Args:
        folder: The stage.
        preprocessed: The root of the preprocessed data, where it is that of another stage.
        augmenters: Processes that augment patches; 0 does it in the training process, but the planner wants 1.
        compiled: Let torch compile the network.

    Yields:
        Nothing; what nnU-Net prints meanwhile lands in `folder/nnunet.log`.
    """
    before = dict(os.environ)
    places = {name: folder / name for name in ("raw", "preprocessed", "results")}
    places["preprocessed"] = preprocessed or places["preprocessed"]
    os.environ.update({f"nnUNet_{name}": str(place) for name, place in places.items()})
    os.environ.update(nnUNet_extTrainer=str(EXTERNAL), nnUNet_n_proc_DA=str(augmenters))
    os.environ.update(nnUNet_def_n_proc="1", nnUNet_wandb_enabled="0", nnUNet_compile=str(compiled))
    try:
        with (folder / LOG).open("a", encoding="utf-8") as log, redirect_stdout(log), warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=NOISY)
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def fold_of(folder: Path, configuration: str) -> Path:
    """Return the folder of checkpoints and pictures below a stage; its parent is nnU-Net's model folder."""
    return folder / "results" / DATASET / f"{TRAINER}__{PLANS}__{configuration}" / "fold_0"
