"""A recipe: everything that is chosen about a volume; what it draws for a case, and what the draws make of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from labelct.synthesis.bank import Source, load_bank, make_white
from labelct.synthesis.body_histogram import BodyHistogram, load_body
from labelct.synthesis.case import Case
from labelct.synthesis.drop import Settings as DropSettings
from labelct.synthesis.intensity import Settings as FillSettings
from labelct.synthesis.kernels import Voxels
from labelct.synthesis.recipes import RECIPES, Kind
from labelct.synthesis.scene import Scene
from labelct.synthesis.settings import DataSettings
from labelct.synthesis.texture import Settings as TextureSettings
from labelct.targets import Targets

if TYPE_CHECKING:
    from labelct.priors import Priors

Params = dict[str, Any]
# These draw from the streams of these numbers; any other ingredient's number is made of its name, so that a new one
# leaves the draws of the others as they are.
NUMBERED = (
    "drop", "background", "intensity", "gas", "texture", "deformation", "lesions", "blur", "subclasses", "distractors",
)  # fmt: skip
# What is raised over parameters of another type or range than was drawn.
UNFIT = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)
# What these make is looked at by later draws: the label map, and which of its labels are painted.
LOOKED_AT = ("atlas", "deformation", "lesions", "drop")


@dataclass(frozen=True)
class Synthetic:
    """One volume with everything known about it; arrays or tensors as its case has them.

    Attributes:
        params: What was drawn, by ingredient.
        volume: `(x, y, z)` float32 HU.
        target: `(x, y, z)` uint8, 1 to the number of targets; dropped labels are in neither.
        anatomy: What was painted: the label map deformed, with lesions.
    """

    params: Params
    volume: Voxels
    target: Voxels
    anatomy: Case


@dataclass(frozen=True)
class Recipe:
    """What is chosen.

    Attributes:
        data: Recipe and settings of its ingredients.
        fill: Intensity distribution.
        texture: How clips are made and cut.
        drop: Chances of leaving labels out.
        targets: The structures that a network learns.
        priors: Table of HU.
        bank: Texture clips.
        body: What the texture of a whole body is matched to.
    """

    data: DataSettings
    fill: FillSettings
    texture: TextureSettings
    drop: DropSettings
    targets: Targets
    priors: Priors
    bank: Source
    body: BodyHistogram = field(default_factory=load_body)

    def __post_init__(self) -> None:
        if self.kind.fill is not None:
            object.__setattr__(self, "fill", replace(self.fill, kind=self.kind.fill))

    @classmethod
    def of(
        cls, data: DataSettings, fill: FillSettings, texture: TextureSettings, drop: DropSettings, targets: Targets
    ) -> Recipe:
        """Return the recipe of some settings, with the priors, the histogram and the clips that they name.

        `data.priors` and `data.cylinder.histogram` are `builtin` or files: what else they may be is decided where the
        training cases are known.

        Raises:
            SettingError: Textures are cut from videos, and there is no folder of them.
            InputError: A table or a video cannot be read.
        """
        from labelct.priors import load_priors

        cut = RECIPES[data.kind].textured and not RECIPES[data.kind].white
        bank = load_bank(texture) if cut else make_white()
        priors, body = load_priors(data.priors), load_body(data.cylinder.histogram)
        return cls(data, fill, texture, drop, targets, priors, bank, body)

    @property
    def kind(self) -> Kind:
        """What the recipe is."""
        return RECIPES[self.data.kind]

    @property
    def hu_is_ct(self) -> bool:
        """Whether intensities are meant to be those of CT."""
        return self.kind.image == "ct" or (self.kind.image is None and self.fill.uses_priors)

    @property
    def clips(self) -> Source:
        """The clips that classes are cut from; an empty bank stands for white noise."""
        return make_white() if self.kind.white or self.texture.kind == "white" else self.bank

    def textures(self, what: str) -> bool:
        """Return whether `labels`, `background` or `distractors` are textured."""
        if what not in self.kind.textured or (self.texture.kind == "none" and not self.kind.white):
            return False
        return what != "background" or self.kind.white or self.data.background_texture

    def reads_ct(self) -> bool:
        """Return whether the CT of a case, where it has one, makes a difference."""
        return self.kind.image == "ct" or self.data.reads_ct()

    @property
    def reads_atlases(self) -> bool:
        """Whether volumes are made with whole anatomies, where a case has any."""
        return "atlas" in self.kind.ingredients and self.data.atlas.used

    def without_drop(self) -> Recipe:
        """Return the recipe that pastes every label, for volumes that a checkpoint is chosen by."""
        return replace(self, drop=DropSettings(0.0))

    def sample(self, case: Case, rng: np.random.Generator) -> Params:
        """Draw everything that is random about one volume.

        Every ingredient has its own stream, so that changing one setting (the drop, the texture) leaves the other draws
        of the same seed as they were: the arms of an experiment stay paired.

        Args:
            case: What the volume is made from.
            rng: Source of all draws.

        Returns:
            JSON-able parameters of `apply`, complete: with the same case and bank they give the same bits.

        Raises:
            InputError: A label value has no name, or the CT that is asked for is missing.
        """
        return self._sample(Scene.of(case, self), rng)

    def apply(self, case: Case, params: Mapping[str, Any]) -> Synthetic:
        """Make the volume that `params` describe, and its training labels.

        Args:
            case: What the volume is made from.
            params: Of `sample`, also after a trip through JSON.

        Raises:
            InputError: The CT or the texture bank that `params` ask for is missing.
        """
        scene = Scene.of(case, self)
        return self._paint(scene, dict(params), self.kind.ingredients)

    def draw(self, case: Case, rng: np.random.Generator) -> Synthetic:
        """Draw a volume and make it: `sample` and `apply` in one, which deform the label map once only.

        Args:
            case: What the volume is made from.
            rng: Source of all draws.
        """
        scene = Scene.of(case, self)
        params = self._sample(scene, rng)
        return self._paint(scene, params, [name for name in self.kind.ingredients if name not in LOOKED_AT])

    def _sample(self, scene: Scene, rng: np.random.Generator) -> Params:
        ingredients = self.kind.ingredients
        for name, stream in streams(rng, ingredients).items():
            scene.drawn[name] = ingredients[name].sample(scene, stream)
            if name in LOOKED_AT:
                ingredients[name].apply(scene, scene.drawn[name])
        return scene.drawn

    def _paint(self, scene: Scene, params: Params, names: Iterable[str]) -> Synthetic:
        for name in names:
            self.kind.ingredients[name].apply(scene, params[name])
        anatomy = Case(scene.label_map, scene.spacing, scene.names)
        return Synthetic(params, scene.volume, scene.target, anatomy)


def streams(rng: np.random.Generator, names: Iterable[str]) -> dict[str, np.random.Generator]:
    """Return a source of draws for each ingredient, in the order of `names`."""
    seed = rng.bit_generator.seed_seq
    assert isinstance(seed, np.random.SeedSequence)
    turn = seed.n_children_spawned  # tells a generator's volumes apart, as the spawned streams do
    spawned = dict(zip(NUMBERED, rng.spawn(len(NUMBERED)), strict=True))

    def stream(name: str) -> np.random.Generator:
        if name in spawned:
            return spawned[name]
        key = (*seed.spawn_key, turn, crc32(name.encode()))
        return np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=key))

    return {name: stream(name) for name in names}
