"""Volumes painted and scanned as they are asked for, for a training loop of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from operator import index as whole
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.utils.data import Dataset, get_worker_info

from labelct.api.arguments import Grid, Names, label_map_of, names_of, whole_of
from labelct.api.sampling import PAINTED, Sections, painted_by, sampler_of, sections_of, subject_of
from labelct.cohort.base import Subject, load_label_map
from labelct.errors import InputError, SettingError, check_choice
from labelct.io.content import check_link
from labelct.io.inputs import ENDINGS, without_ending
from labelct.progress import is_watched
from labelct.sampler import Sampler
from labelct.scanner.scan import Acquisition
from labelct.streaming import SyntheticVolumes
from labelct.synthesis.recipes import RECIPES
from labelct.volume import IGNORE

LabelMapLike: TypeAlias = str | PathLike[str] | tuple[ArrayLike, Grid]


class SyntheticDataset(Dataset[tuple[Tensor, Tensor]]):
    """A new volume of every label map in every epoch, painted and scanned when it is asked for.

    What an item is depends on the seed, its index and the epoch alone: the same bits with any number of workers of a
    `DataLoader`. It is what the pipeline draws of that case with `data.mode=online` when it passes over the cases for
    that time. Label maps are read at once and kept, in memory that forked workers share.

    Attributes:
        names: `{value: name}` of the label maps.
        target_names: `{value: name}` of the targets, from 1.
    """

    def __init__(
        self,
        label_maps: Sequence[LabelMapLike],
        names: Names,
        recipe: str = "synth3",
        scanner: str = "image",
        dose: str = "low",
        seed: int = 0,
        **settings: Any,
    ) -> None:
        """Read the label maps, and look for everything that their volumes need.

        Args:
            label_maps: Files (`.nii`, `.nii.gz`, `.nrrd`), or pairs of an array `(x, y, z)` and its voxel size in mm or
                affine, as `synthesize` takes them. They are not changed.
            names: `{value: name}` of every structure in the maps, or a preset as `"totalsegmentator_v2"`.
            recipe: A preset of `data` that paints: `synth1`, `synth2`, `synth3`, `synthseg`.
            scanner: A preset. `image` takes a second, `none` no time, a helical scan minutes a volume.
            dose: A preset.
            seed: Of everything that is drawn.
            **settings: As of `synthesize`, and keys of scanner or dose. `data={"spacing": 3.0}` brings all maps onto
                voxels of that size.

        Raises:
            InputError: A label map cannot be read, or holds a value without a name.
            SettingError: A preset or key does not exist.
            ConfigError: A setting does not allow its value.
        """
        _check_form(label_maps)
        own_seed = whole_of("seed", seed)
        table = names_of(names)
        self.names = {value: name for value, name in table.items() if name != IGNORE}
        presets = {"recipe": recipe, "scanner": scanner, "dose": dose}
        check_choice("recipe", recipe, [name for name, kind in RECIPES.items() if kind.image is None])
        config = painted_by(presets, self.names, settings, (*PAINTED, "scanner", "dose"))
        self.target_names = {value: name for name, value in config.targets.values.items()}
        acquisition = Acquisition(config.scanner, config.dose)
        subjects = tuple(_subject(number, given, table) for number, given in enumerate(label_maps))
        self._volumes = SyntheticVolumes(subjects, partial(_sampler, sections_of(config), acquisition, own_seed))
        self._volumes.load(bar=is_watched() and any(isinstance(given, (str, PathLike)) for given in label_maps))
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()  # workers that outlive an epoch see it change

    def __len__(self) -> int:
        """Return the number of label maps."""
        return len(self._volumes.subjects)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return the volume of a label map in this epoch.

        Args:
            index: Of the label map.

        Returns:
            Image `(1, x, y, z)` float32 HU and target `(1, x, y, z)` uint8, RAS+: 0, the values in `target_names`, and
            one more where a label map says `ignore`.

        Raises:
            IndexError: There is no such label map.
            SettingError: A worker of a `DataLoader` is asked for scans on a GPU.
        """
        worker = get_worker_info()
        if worker is not None and self._volumes.sampler.acquisition.backend == "cuda":
            raise SettingError("num_workers", worker.num_workers, "0 with scanner.backend=cuda", "a card is not shared")
        number, count = whole(index), len(self)
        if not -count <= number < count:
            raise IndexError(f"index {number}: allowed is 0 to {count - 1}")
        drawn = self._volumes.of_subject(number % count, self.epoch)
        return torch.as_tensor(drawn.hu)[None], torch.as_tensor(drawn.target)[None]

    @property
    def epoch(self) -> int:
        """The epoch whose volumes items are, from 0."""
        return int(self._epoch)

    def set_epoch(self, epoch: int) -> None:
        """Go to an epoch; call it before each pass over a `DataLoader`, whose workers see it at its next pass.

        Args:
            epoch: From 0.

        Raises:
            SettingError: It is no whole number of 0 or more.
        """
        self._epoch.fill_(whole_of("epoch", epoch))

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was pickled; a copy has an epoch of its own."""
        self.__dict__.update(state)
        self._epoch.share_memory_()


def _sampler(sections: Sections, acquisition: Acquisition, seed: int) -> Sampler:
    painted = sampler_of(sections)
    recipe = replace(painted.recipe, data=replace(painted.recipe.data, seed=seed))
    return replace(painted, recipe=recipe, acquisition=acquisition)


def _check_form(label_maps: Sequence[LabelMapLike]) -> None:
    """Raise `InputError` where they are no list of files or pairs, as an array whose spacing is given behind it is."""
    if isinstance(label_maps, (str, PathLike)) or not isinstance(label_maps, Sequence) or not label_maps:
        kind = "nothing" if isinstance(label_maps, Sequence) and not label_maps else f"a {type(label_maps).__name__}"
        raise InputError("label_maps", f"is {kind}", "give a list of files, or of pairs (array, spacing)")
    for number, given in enumerate(label_maps):
        if not isinstance(given, (str, PathLike)) and (not isinstance(given, (tuple, list)) or len(given) != 2):
            problem = f"its part {number} is a {type(given).__name__}"
            raise InputError("label_maps", problem, "give files, or pairs (array, spacing)")


def _subject(number: int, given: LabelMapLike, names: dict[int, str]) -> Subject:
    if isinstance(given, (str, PathLike)):
        path = Path(given)
        check_link(path)
        if not path.is_file():
            raise InputError(path, "does not exist", f"give a file that ends in {', '.join(ENDINGS)}")
        return Subject(without_ending(path.name), partial(load_label_map, path, names, None), None, (path,))
    try:
        return subject_of(f"case_{number:03d}", label_map_of(*given, names))
    except InputError as error:
        raise InputError(f"label_maps[{number}]", error.problem, error.remedy) from None
