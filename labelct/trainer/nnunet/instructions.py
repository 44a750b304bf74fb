"""What labelct tells the trainer class that nnU-Net makes, maybe in another process: a JSON file, and where it is."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from labelct.streaming import SyntheticVolumes, read_shared
from labelct.tracking.curves import LOG
from labelct.trainer.nnunet.settings import NnunetSettings
from labelct.writing import write_json, write_text

VARIABLE = "LABELCT_NNUNET_JOB"
"""The environment variable that names the file: environments are all that reaches nnU-Net's processes."""
FILE = "job.json"
COLUMNS = ("epoch", "loss", "loss_val", "dice", "dice_smooth", "learning_rate", "seconds")
X = 2  # the place of x among nnU-Net's axes (z, y, x)


@dataclass(frozen=True)
class Instructions:
    """How to train.

    Attributes:
        folder: Holds this file and gets `log.csv`, one row an epoch.
        settings: Of the training.
        seed: Of the weights and the patches.
        lateral: Whether a target has a side.
        drawn_from: Name of the file that training volumes are drawn from; None: they are stored.
    """

    folder: Path
    settings: NnunetSettings
    seed: int
    lateral: bool
    drawn_from: str | None = None

    @classmethod
    def read(cls) -> Instructions:
        """Return those that the environment names."""
        place = Path(os.environ[VARIABLE])
        job = json.loads(place.read_text(encoding="utf-8"))
        settings = NnunetSettings(**job["settings"])
        return cls(place.parent, settings, job["seed"], job["lateral"], job["volumes"])

    @contextmanager
    def given(self) -> Iterator[None]:
        """Write the file and name it in the environment, which whoever started the training restores."""
        job = {"settings": asdict(self.settings), "seed": self.seed, "lateral": self.lateral}
        write_json(self.folder / FILE, {**job, "volumes": self.drawn_from})
        os.environ[VARIABLE] = str(self.folder / FILE)
        try:
            yield
        finally:
            del os.environ[VARIABLE]

    def volumes(self) -> SyntheticVolumes | None:
        """Return what training volumes are drawn from, read ahead for workers that are forked later; None: stored."""
        volumes = read_shared(self.folder, self.drawn_from)
        if volumes is not None:
            volumes.load()
        return volumes

    def seed_all(self, stage: int, rank: int) -> None:
        """Start the global random streams of Python, numpy and torch for a stage of the training and a process."""
        state = int(np.random.SeedSequence([self.seed, stage, rank]).generate_state(1)[0])
        random.seed(state)
        np.random.seed(state)  # noqa: NPY002
        torch.manual_seed(state)

    def share(self, begun: Sequence[float], ended: Sequence[float]) -> float:
        """Return how much of the minutes is over; 0 where there are none.

        Args:
            begun: When each epoch so far began, s.
            ended: When it ended.
        """
        minutes = self.settings.minutes
        return 0.0 if minutes is None else (sum(ended) - sum(begun)) / (60 * minutes)

    def mirrored(self, axes: Sequence[int], forward: Sequence[int]) -> tuple[int, ...]:
        """Return those axes that may be mirrored.

        Args:
            axes: What nnU-Net would mirror, after its transposition.
            forward: Its transposition of `(z, y, x)`.
        """
        mirror = self.settings.mirror
        if mirror == "none":
            return ()
        if mirror == "all" or (mirror == "auto" and not self.lateral):
            return tuple(axes)
        kept = list(forward)[-len(axes) :]
        return tuple(axis for axis in axes if kept[axis] != X)

    def log(self, rows: Sequence[Sequence[float]]) -> None:
        """Write the log anew, whole or not at all: whoever follows it sees no half of a line.

        Args:
            rows: The columns after `epoch`, which counts from 1.
        """
        lines = [[str(epoch), *(f"{float(value):.6g}" for value in row)] for epoch, row in enumerate(rows, start=1)]
        write_text(self.folder / LOG, "".join(",".join(line) + "\n" for line in [COLUMNS, *lines]))
