"""What the cycle makes of a few slices: a picture for people, and whether the generators have collapsed."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct.translation.networks import Cycle
from labelct.translation.settings import TranslationSettings
from labelct.translation.sliding import translate
from labelct.writing import written

ROWS = 4
COLLAPSED = 0.02  # spread of what a generator makes, of a span of 2, below which it makes one grey or one picture


class Samples:
    """The same few slices of both cohorts, looked at again and again.

    Attributes:
        mr: `(row, 1, x, y)`.
        ct: The same, unpaired.
    """

    def __init__(self, mr: NDArray[np.generic], ct: NDArray[np.generic]) -> None:
        """Choose slices, evenly spaced, from `(slice, x, y)`."""
        self.mr, self.ct = (_chosen(slices) for slices in (mr, ct))

    def made(self, cycle: Cycle, settings: TranslationSettings, device: torch.device) -> dict[str, Tensor]:
        """Return MR, CT made of it, MR made of that, CT, and MR made of it: `(row, 1, x, y)`, on the host."""
        mr, ct = self.mr.to(device), self.ct.to(device)
        made_ct = translate(cycle.to_ct, mr, settings)
        again = translate(cycle.to_mr, made_ct, settings)
        made_mr = translate(cycle.to_mr, ct, settings)
        named = {"mr": mr, "made_ct": made_ct, "cycled_mr": again, "ct": ct, "made_mr": made_mr}
        return {name: images.cpu() for name, images in named.items()}


def collapsed(images: Tensor) -> bool:
    """Return whether translated images `(image, 1, x, y)` are one grey each, or all one picture."""
    flat = images.flatten(1).float()
    within = float(flat.std(1).max())
    between = float(flat.std(0).mean()) if len(flat) > 1 else 1.0
    return within < COLLAPSED or between < COLLAPSED * within


def draw(made: dict[str, Tensor], path: Path) -> None:
    """Write a picture: a row for each slice, MR | synthetic CT | MR made of that again | CT (another patient's).

    Args:
        made: Of `Samples.made`.
        path: The PNG file.
    """
    from matplotlib.image import imsave

    columns = [made[name][:, 0] for name in ("mr", "made_ct", "cycled_mr", "ct")]
    tall, wide = (max(images.shape[axis] for images in columns) for axis in (2, 1))
    whole = np.full((len(columns[0]) * tall, len(columns) * wide), -1.0, np.float32)
    for number, images in enumerate(columns):
        for row, image in enumerate(images.numpy()):
            shown = image[::-1, ::-1].T  # as radiologists look: the patient's right on the left, front up
            top, left = row * tall, number * wide
            whole[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    picture = BytesIO()
    imsave(picture, whole, cmap="gray", vmin=-1, vmax=1, format="png")
    with written(path) as file:
        file.write(picture.getvalue())


def _chosen(slices: NDArray[np.generic]) -> Tensor:
    numbers = [int((row + 0.5) * len(slices) / ROWS) for row in range(ROWS)]
    return torch.from_numpy(np.array(slices[numbers], np.float32))[:, None]
