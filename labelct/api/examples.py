"""A case of the embedded cohort in memory: something to try the other verbs on, with nothing to download."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelct.api.arguments import number_of, whole_of
from labelct.phantom.cases import draw_case, names
from labelct.phantom.settings import PhantomSettings


class Example(NamedTuple):
    """A procedural trunk.

    Attributes:
        label_map: `(x, y, z)` uint8, RAS+; 0 is air.
        spacing: Voxel size `(x, y, z)`, mm.
        names: `{value: name}`.
        ct: `(x, y, z)` float32 HU: a clinical-looking CT of it, with noise.
    """

    label_map: NDArray[np.uint8]
    spacing: tuple[float, float, float]
    names: dict[int, str]
    ct: NDArray[np.float32]


def example(case: str = "test_000", spacing: float = 4.0, seed: int = 0) -> Example:
    """Draw a case of the embedded cohort, the one that `cohort=phantom` has of that name.

    Args:
        case: Any name; the cohort's own are `train_000`, `val_000`, `test_000` and so on.
        spacing: Isotropic voxel size, mm, 0.5 to 16.
        seed: Of the cohort's anatomies, with the name it decides everything that is drawn.

    Returns:
        `label_map, spacing, names, ct`.

    Raises:
        SettingError: The voxel size or the seed is out of range.
    """
    settings = PhantomSettings(spacing=number_of("spacing", spacing), seed=whole_of("seed", seed))
    arrays, (x, y, z) = draw_case(settings, str(case))
    table = dict(enumerate(names(settings), start=1))
    return Example(arrays["labels"], (x, y, z), table, np.rint(arrays["ct"]).astype(np.float32))
