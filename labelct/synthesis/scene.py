"""One volume in the making: what the ingredients of a recipe look at, and what they have made of it so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.priors.table import BACKGROUND_CLASSES
from labelct.synthesis.case import Case
from labelct.synthesis.kernels import UNLABELLED, Kernels, Voxels, kernels_of

if TYPE_CHECKING:
    from labelct.synthesis.recipe import Recipe

Spec = dict[str, Any]
BODY = "_body"  # the class that fills cylinder or envelope


class Growth(NamedTuple):
    """A label that grew inside another one and is as it is but for `contrast_hu`."""

    host: str
    contrast_hu: float


@dataclass
class Layer:
    """Classes voxel by voxel.

    Attributes:
        numbers: `(x, y, z)` number of the class at each voxel.
        names: Name of each number.
    """

    numbers: Voxels
    names: list[str]

    def add(self, *names: str) -> dict[str, int]:
        """Number further classes; return their numbers."""
        first = len(self.names)
        self.names += names
        self.numbers = kernels_of(self.numbers).holding(self.numbers, len(self.names))
        return {name: first + place for place, name in enumerate(names)}


def needed(image: Voxels | None, key: str, remedy: str, modality: str = "ct") -> Voxels:
    """Return the image that `key` asks for; `InputError` where the case has none."""
    if image is None:
        raise InputError(key, f"the case has no {modality.upper()}", remedy)
    return image


@dataclass
class Scene:
    """The state that ingredients share; each field is filled by the ingredient named behind it.

    Its volumes are of the kind that the case's label map is, arrays or tensors on a device.

    Attributes:
        case: What is given.
        recipe: What is chosen.
        label_map: `(x, y, z)` label values now: deformed, with lesions (deformation, lesions).
        names: Names of its values; sides swapped in a mirror image.
        drawn: The params of the ingredients sampled so far.
        warp: What deforms the CT (deformation).
        grown: Labels inside others (lesions).
        labels: Names of the labels that can be painted, dropped ones included, grown ones left out (drop).
        pasted: Names of those that are painted, grown ones last (drop).
        target: `(x, y, z)` uint8 training labels (drop).
        shown: Name of each number in `painted`, and the number of each value of the label map (drop).
        background: What a voxel is where no label is pasted; 0 is air (background or cylinder, distractors).
        cavity: `(x, y, z)`, True inside the wall of the body; None where no wall bounds it (background, cylinder).
        own_hu: Classes with HU of their own (gas).
        classes: HU of every class: `hu`, `sd`, perhaps `quantiles` (intensity, subclasses, cylinder, distractors).
        volume: `(x, y, z)` float32 HU (texture, blur).
    """

    case: Case
    recipe: Recipe
    label_map: Voxels
    names: Mapping[int, str]
    drawn: dict[str, Any] = field(default_factory=dict)
    warp: Callable[[Voxels], Voxels] | None = None
    grown: dict[str, Growth] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    pasted: list[str] = field(default_factory=list)
    own_hu: dict[str, Spec] = field(default_factory=dict)
    classes: dict[str, Spec] = field(default_factory=dict)
    cavity: Voxels | None = None
    target: Voxels = field(init=False)
    shown: tuple[list[str], NDArray[np.unsignedinteger]] = field(init=False)
    background: Layer = field(init=False)
    volume: Voxels = field(init=False)

    @classmethod
    def of(cls, case: Case, recipe: Recipe) -> Scene:
        """Begin with a case.

        Raises:
            InputError: A label value beyond 16 bits has no name.
        """
        kernels = kernels_of(case.label_map)
        if case.label_map.dtype.itemsize > 2 and recipe.kind.image is None:
            kernels.present_names(case.label_map, case.names)  # a value can only be told before it is renumbered
        return cls(case, recipe, *kernels.compact(case.label_map, case.names))

    @cached_property
    def kernels(self) -> Kernels:
        """What works on the volumes."""
        return kernels_of(self.label_map)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size in mm."""
        return self.case.spacing

    @cached_property
    def ct(self) -> Voxels | None:
        """The CT, deformed as the label map is, HU; None where the case has none."""
        if self.case.ct is None:
            return None
        ct = self.kernels.as_hu(self.case.ct)
        return ct if self.warp is None else self.warp(ct)

    @cached_property
    def painted(self) -> Layer:
        """Number of the pasted label at each voxel, 0 for none; ingredients that part labels change it."""
        names, numbers = self.shown
        return Layer(self.kernels.relabel(self.label_map, numbers), list(names))

    @cached_property
    def present(self) -> dict[int, str]:
        """The names of the values above 0 that occur in the label map now."""
        return self.kernels.present_names(self.label_map, self.names)

    def set_label_map(self, label_map: Voxels, names: Mapping[int, str]) -> None:
        """Put another label map in the place of this one."""
        self.label_map, self.names = label_map, names
        self.__dict__.pop("present", None)

    def where(self, names: list[str] | set[str]) -> Voxels:
        """Return `(x, y, z)`, True on the labels called `names`."""
        return self.kernels.isin(self.label_map, [value for value, name in self.names.items() if name in names])

    def layout(self) -> Layer:
        """Return the pasted labels over the background.

        Labels that are a class of the background themselves, as `_fat`, are that class; one that this background does
        not know is unlabelled.
        """
        parted = "painted" in self.__dict__  # else the label map itself is read, which saves a pass over the volume
        labels, shown = (self.painted.numbers, self.painted.names) if parted else (self.label_map, self.shown[0])
        names = list(self.background.names)
        lookup = np.full(len(shown), UNLABELLED, np.uint16)
        for number, name in enumerate(shown):
            if name in names:
                lookup[number] = names.index(name)
            elif name and name not in BACKGROUND_CLASSES:
                lookup[number] = len(names)
                names.append(name)
        lookup = lookup if parted else lookup[self.shown[1]]
        return Layer(self.kernels.compose_parts(labels, self.background.numbers, lookup), names)
