"""Volumes that TorchIO and cornucopia paint from labelct's deformed label maps, for `peers_result.py`.

What was decided, for the peers where there was a doubt:

* Maps of a few organs leave most of the body unlabelled, and SynthSeg's users are told to label it first. So peers
  paint labelct's surroundings too: air, fat, wall and soft tissue of the body, lungs, spine, couch and blobs are
  classes like any other. That geometry is labelct's and no peer has it; `torchio_alone` and `cornucopia_alone` paint
  the label maps as they are, with all that is unlabelled as one class, and tell what it is worth.
* Both keep the defaults of their distributions. cornucopia counts widths in voxels, and its defaults are made for
  brains at 1 mm: they are divided by the voxel size, for at 4 mm its resolution of 8 voxels would leave no organ.
  What is unlabelled stays 0 by its default; where that is the whole body (`_alone`) it gets a contrast too.
* Contrast is random and has no unit. SynthSeg rescales each volume to [0, 1] and clips a CT to a window of soft
  tissue before it does the same (its `--ct`). So here: the 0.5 and 99.5 percentiles of a painted volume become the
  ends of the window of -160 to 240 HU that the network sees every CT through. Train and test agree, and nothing is
  lost at 99.5 %.
* No peer goes through the scanner, for what they paint is no attenuation; blur, noise and bias field are their own.
"""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labelct.cohort.base import Subject
from labelct.config import Config
from labelct.errors import check_installed
from labelct.io import nifti
from labelct.mr import Settings as Percentiles
from labelct.mr import standardised
from labelct.parallel import map_cases
from labelct.sampler import SYNTHESIS, Sampler, entropy
from labelct.scanner.scan import Acquisition
from labelct.stages import cohorts
from labelct.synthesis.recipe import Recipe
from labelct.synthesis.scene import Scene
from labelct.writing import write_json

Painter = Callable[[NDArray[np.integer]], NDArray[np.floating]]


def torchio(voxel_mm: float, alone: bool) -> Painter:
    """Return TorchIO's labels to image, every class with a mean and a spread of its own, blurred."""
    import torch
    import torchio as tio

    chain = tio.Compose([tio.RandomLabelsToImage(label_key="label"), tio.RandomBlur()])
    affine = np.diag([voxel_mm] * 3 + [1.0])

    def paint(classes: NDArray[np.integer]) -> NDArray[np.floating]:
        label = tio.LabelMap(tensor=torch.from_numpy(classes.astype(np.int16))[None], affine=affine)
        return chain(tio.Subject(label=label))["image_from_labels"].numpy()[0]

    return paint


def cornucopia(voxel_mm: float, alone: bool) -> Painter:
    """Return cornucopia's SynthSeg: mixture, bias field, gamma, blur, resolution, noise; widths in mm, as at 1 mm."""
    import cornucopia as cc
    import torch

    widths = {name: mm / voxel_mm for name, mm in {"gmm_fwhm": 10, "motion_fwhm": 3, "resolution": 8}.items()}
    make = cc.SynthFromLabelTransform(geom=False, sample_in_background=alone, returns="image", **widths)
    return lambda classes: make(torch.from_numpy(classes.astype(np.int64))[None])[0].numpy()


PEERS = {
    f"{peer.__name__}{'_alone' * alone}": (peer, alone) for alone in (False, True) for peer in (torchio, cornucopia)
}


def painted_classes(recipe: Recipe, case, rng: np.random.Generator, alone: bool) -> tuple[NDArray, NDArray]:
    """Return the class of every voxel and the training labels of one volume, `(x, y, z)`, as labelct draws them."""
    params = recipe.sample(case, rng)
    scene = Scene.of(case, recipe)
    for name, ingredient in recipe.kind.ingredients.items():
        if name not in ("texture", "blur"):
            ingredient.apply(scene, params[name])
    return (scene.label_map if alone else scene.layout().numbers), scene.target


def seeded(numbers: list[int]) -> None:
    """Seed whatever a peer draws from."""
    import torch

    seed = int(np.random.SeedSequence(numbers).generate_state(1)[0])
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (what peers draw from)
    torch.manual_seed(seed)


def write_volume(folder: Path, stem: str, volume: tuple[NDArray, NDArray], affine: NDArray) -> None:
    """Write a painted volume in the window that networks see CT through, and its labels."""
    image, target = volume
    spacing = tuple(float(size) for size in np.linalg.norm(affine[:3, :3], axis=0))
    values = standardised(image, spacing, Percentiles(percentiles=[0.5, 99.5]))
    nifti.write(folder / "labels" / f"{stem}.nii.gz", target, affine)
    nifti.write(folder / "ct" / f"{stem}.nii.gz", values, affine)


@dataclass(frozen=True)
class Work:
    """The volumes of one case that a peer paints: `copies` of them, drawn as labelct's own of `seed` are."""

    arm: str
    subject: Subject
    copies: int
    seed: int
    folder: Path

    @property
    def stems(self) -> list[str]:
        """What its files are called."""
        return [f"{self.subject.case}_r{number}" for number in range(self.copies)]


def paint_case(work: Work, sampler: Sampler) -> None:
    """Write the volumes of one case that are not there yet."""
    loaded, (peer, alone) = sampler.load(work.subject), PEERS[work.arm]
    paint = peer(loaded.case.spacing[0], alone)
    for number, stem in enumerate(work.stems):
        if not (work.folder / "ct" / f"{stem}.nii.gz").exists():
            numbers = entropy(work.seed, SYNTHESIS, work.subject.case, number)
            classes, target = painted_classes(sampler.recipe, loaded.case, np.random.default_rng(numbers), alone)
            seeded(numbers)
            write_volume(work.folder, stem, (paint(classes), target), loaded.affine)


def painted_by(arm: str, config: Config, folder: Path) -> None:
    """Write a folder of volumes that a peer paints from the experiment's label maps, unless it is complete."""
    if (folder / "splits.json").exists():
        return
    check_installed(PEERS[arm][0].__name__)
    began = time.perf_counter()
    cohort, _ = cohorts.prepare_training(config, Path(config.paths.outputs) / "stages")
    data = dataclasses.replace(config.data, priors="builtin")
    recipe = Recipe.of(data, config.fill, config.texture, config.drop, config.targets)
    sampler = Sampler(recipe, Acquisition(config.scanner, config.dose))
    copies = {"train": data.replicates, "val": data.replicates_val}
    work = {
        split: [Work(arm, subject, number, data.seed, folder) for subject in getattr(cohort, split)]
        for split, number in copies.items()
    }
    map_cases(partial(paint_case, sampler=sampler), [*work["train"], *work["val"]], config.parallel, arm)
    parts = config.targets.parts.values()
    names = dict(enumerate([part[0] for part in parts] + [name for part in parts for name in part[1:]], start=1))
    splits = {split: [stem for one in works for stem in one.stems] for split, works in work.items()}
    write_json(folder / "names.json", names)
    write_json(folder / "seconds.json", time.perf_counter() - began)
    write_json(folder / "splits.json", {**splits, "test": []})
