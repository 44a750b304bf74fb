"""Label maps of whole anatomies as stages: on the grid of the volumes, with the names of the values that they have."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.cohort.base import Cohort, Subject
from labelct.cohort.grid import regrid
from labelct.io import nifti
from labelct.parallel import ParallelSettings, map_cases
from labelct.stages import inputs
from labelct.store import REMADE, Stage, build, mention, planning, recipe_of
from labelct.synthesis.settings import DataSettings
from labelct.texts import read_json
from labelct.volume import LabelMap
from labelct.writing import write_json

VERSION = 1
STAGES = {"whole": "atlas", "completed": "completion"}  # the stage that each field of a subject is kept in
MAP, NAMES = "map.nii.gz", "names.json"


def read(folder: Path) -> LabelMap:
    """Return the label map of a stage; one copy of an atlas serves all cases of a process."""
    return _shared(folder) if folder.parent.name == STAGES["whole"] else _stored(folder)


def names_in(folder: Path) -> dict[int, str]:
    """Return the names of the values that the label map of a stage has."""
    return {int(value): name for value, name in read_json(folder / NAMES, REMADE).items()}


def write(folder: Path, array: NDArray[Any], affine: NDArray[np.float64], names: Mapping[int, str]) -> None:
    """Write a label map and the names of the values that it has."""
    present = set(np.unique(array).tolist()) - {0}
    nifti.write(folder / MAP, array, affine)
    write_json(folder / NAMES, {str(value): names[value] for value in sorted(present)})


def grid_of(data: DataSettings) -> dict[str, Any]:
    """Return the settings that decide over the grid of an atlas."""
    return {"spacing": data.spacing, "interpolation": data.interpolation}


def files_of(subject: Subject, root: Path) -> list[inputs.Row]:
    """Return what stands for the files of a subject in a recipe, wherever they lie."""
    return inputs.fingerprint(Cohort("", (subject,), (), ()), root)


def on_grid(subject: Subject, data: DataSettings, root: Path) -> Stage:
    """Return the stage of an atlas on the grid of the volumes.

    Args:
        subject: The atlas.
        data: The recipe of the volumes.
        root: The folder of all stages.
    """

    def make(folder: Path) -> None:
        label_map, _ = regrid(subject.label_map(), None, **grid_of(data))
        write(folder, label_map.array, label_map.affine, label_map.names)

    return build(root, recipe_of(STAGES["whole"], VERSION, {**grid_of(data), "files": files_of(subject, root)}), make)


def built(stage_of: Callable[[Any], Stage], items: Sequence[Any], parallel: ParallelSettings, told: str) -> list[Stage]:
    """Return the stage of each item, built by workers, or named by this process where none is made.

    Args:
        stage_of: Builds one.
        items: What they are made of.
        parallel: How they spread over processes.
        told: What the progress bar calls them.
    """
    if planning():
        return [stage_of(item) for item in items]
    stages = map_cases(stage_of, items, parallel, told)
    mention(stages)
    return stages


@lru_cache(maxsize=16)
def _shared(folder: Path) -> LabelMap:
    found = _stored(folder)
    found.array.setflags(write=False)
    return found


def _stored(folder: Path) -> LabelMap:
    return nifti.read_label_map(folder / MAP, names_in(folder))
