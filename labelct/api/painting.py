"""Label maps painted into CT, and painted again from what was drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelct import __version__
from labelct.api.arguments import (
    Grid,
    Names,
    Seed,
    affine_as_given,
    as_given,
    check_same_shape,
    generator,
    image_of,
    label_map_of,
)
from labelct.api.sampling import PAINTED, painted_by, sampler_of, sections_of, subject_of
from labelct.errors import InputError, kind_and_line
from labelct.sampler import Loaded
from labelct.synthesis.recipe import UNFIT, Synthetic
from labelct.volume import LabelMap, Volume


@dataclass(frozen=True)
class SyntheticVolume:
    """A volume that was painted, on the axes of the label map it was made from.

    Attributes:
        volume: `(x, y, z)` float32, HU without noise.
        target: `(x, y, z)` uint8, what a network should find: 0, and the values in `target_names`. Labels that were
            dropped are not in it.
        labels: `(x, y, z)`, the label map as it was painted: deformed, with lesions, and values for what was added.
        names: Name of each value in `labels`.
        target_names: Name of each value in `target`, from 1.
        affine: `(4, 4)`, voxel index to RAS+ mm.
        drawn: Everything that was drawn and chosen, ready for JSON; `replay` makes the same volume of it.
    """

    volume: NDArray[np.float32]
    target: NDArray[np.uint8]
    labels: NDArray[np.unsignedinteger]
    names: dict[int, str]
    target_names: dict[int, str]
    affine: NDArray[np.float64]
    drawn: dict[str, Any]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size in mm along the axes of the arrays."""
        return Volume(self.volume, self.affine).spacing


def synthesize(
    label_map: ArrayLike,
    spacing: Grid,
    names: Names,
    recipe: str = "synth3",
    seed: Seed = 0,
    ct: ArrayLike | None = None,
    **settings: Any,
) -> SyntheticVolume:
    """Paint a label map into a CT without noise, as the pipeline paints the volumes that networks learn from.

    The same arguments give the same bits, whatever the type and memory order of the map.

    Args:
        label_map: `(x, y, z)` whole numbers, 0 where no structure is; an array, a tensor or lists. It is not changed.
        spacing: Voxel size in mm, one number or `(x, y, z)`, of a map whose axes are RAS+ (x grows to the patient's
            right, y to the front, z to the head); or the `(4, 4)` affine to RAS+ mm of a map with any other axes.
        names: `{value: name}` of every structure in the map, by which priors find its HU; or a preset, as
            `"totalsegmentator_v2"`. What is called `ignore` is no structure.
        recipe: A preset of `data`: `synth1`, `synth2`, `synth3`, `synthseg`, or `clinical`, which shows the CT itself.
        seed: Of all draws, as `numpy.random.default_rng` takes it; the `entropy` in a line of a training set's
            `manifest.jsonl` draws the volume of that line.
        ct: `(x, y, z)` HU on the grid of the map, which `synth2` and `synth3` take air, fat and soft tissue from; None:
            they are drawn.
        **settings: As on the command line. `targets=["liver"]`; left out, every name is one, in the order of the
            values. A preset of another group: `fill="mixture"`, `texture="white"`, `drop="half"`. Keys of a group:
            `data={"phase": "native"}`, or one by its dotted name: `**{"data.spacing": 2.0}`, which gives the volume a
            grid of its own.

    Returns:
        The volume in HU, its target, and what was drawn.

    Raises:
        InputError: The map or the CT is none, a value has no name, a structure has no prior.
        SettingError: An argument is out of range, or a preset or key does not exist.
        ConfigError: A setting does not allow its value.
    """
    given, image = _given(label_map, spacing, names, ct)
    rng = generator(seed)
    sections = sections_of(painted_by({"recipe": recipe}, given.names, settings, PAINTED))
    sampler = sampler_of(sections)
    loaded = sampler.load(subject_of("", given, image))
    synthetic = sampler.recipe.draw(loaded.case, rng)
    numbers = [int(number) for number in np.atleast_1d(seed)]
    drawn = {"labelct": __version__, "entropy": numbers, "source": loaded.source, "settings": sections}
    return _result(synthetic, loaded, {**drawn, "recipe": synthetic.params}, given)


def replay(
    drawn: Mapping[str, Any], label_map: ArrayLike, spacing: Grid, names: Names, ct: ArrayLike | None = None
) -> SyntheticVolume:
    """Make a volume again, bit for bit, from what was drawn for it.

    Args:
        drawn: `.drawn` of what `synthesize` returned, also after a trip through JSON.
        label_map: The label map of that call.
        spacing: Its voxel size or affine.
        names: Its names.
        ct: Its CT, where it had one.

    Returns:
        The volume.

    Raises:
        InputError: The label map or the CT is another one, or `drawn` describes no volume.
    """
    given, image = _given(label_map, spacing, names, ct)
    try:
        sampler = sampler_of(drawn["settings"])
        loaded = sampler.load(subject_of("", given, image))
        for name, digest in loaded.source.items():
            if digest != drawn["source"][name]:
                raise InputError(name, "is not the one that `drawn` was drawn for", "give that of the first call")
        synthetic = sampler.recipe.apply(loaded.case, drawn["recipe"])
    except UNFIT as error:
        problem = f"describes no volume ({kind_and_line(error)})"
        raise InputError("drawn", problem, "give what synthesize left as .drawn") from error
    return _result(synthetic, loaded, dict(drawn), given)


def _given(label_map: ArrayLike, spacing: Grid, names: Names, ct: ArrayLike | None) -> tuple[LabelMap, Volume | None]:
    """Return the label map and the CT as readers of files have them."""
    given = label_map_of(label_map, spacing, names)
    if ct is None:
        return given, None
    image = image_of("ct", ct, spacing)
    assert image.frame is not None
    assert given.frame is not None
    check_same_shape("ct", image.frame.shape, "label_map", given.frame.shape)
    return given, image


def _result(synthetic: Synthetic, loaded: Loaded, drawn: dict[str, Any], given: LabelMap) -> SyntheticVolume:
    targets = [name for entry in drawn["settings"]["targets"] for name in entry]
    return SyntheticVolume(
        volume=as_given(synthetic.volume, given),
        target=as_given(synthetic.target, given),
        labels=as_given(synthetic.anatomy.label_map, given),
        names=dict(synthetic.anatomy.names),
        target_names=dict(enumerate(targets, start=1)),
        affine=affine_as_given(Volume(synthetic.volume, loaded.affine), given),
        drawn=drawn,
    )
