"""The gallery of docs/synthesis.md: every recipe, fill and texture on one real label map, beside a real CT.

Usage: python benchmarks/synthesis_gallery.py REAL_DATA OUTPUT.png
"""

from __future__ import annotations

import argparse
import io
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labelct.cohort.open import open_cohort
from labelct.cohort.settings import TotalSegmentatorSettings
from labelct.priors import Priors, load_priors
from labelct.priors.fit import fit_priors, measure
from labelct.synthesis import background, blur, deformation, drop, intensity, lesions, subclasses, texture
from labelct.synthesis.bank import Source, load_bank
from labelct.synthesis.case import Case
from labelct.synthesis.recipe import Recipe
from labelct.synthesis.resample import resample_labels, resample_volume
from labelct.synthesis.settings import DataSettings
from labelct.targets import Targets
from labelct.volume import LabelMap

WINDOW, SPACING, SEED = (-160, 240), (2.0, 2.0, 2.0), 8
TARGETS = Targets.of(["liver", "spleen", "kidney_left", "kidney_right", "stomach", "aorta", "pancreas"])
FILLS = ("gaussian", "voxels", "uniform", "mixture", "fitted", "fixed")
TEXTURES = ("video", "stills", "noise", "leaves", "white")
MODEL, REAL = "s0328", "s9001"
SECTIONS = {MODEL: (0.46, 0.8), REAL: (0.5, 0.86)}


@dataclass
class Panel:
    """One picture: what differs from synth3, gaussian, video on the label map of `case`."""

    title: str
    data: dict[str, Any] = field(default_factory=dict)
    texture: str = "video"
    fill: dict[str, Any] = field(default_factory=dict)
    drop: drop.Settings = field(default_factory=lambda: drop.Settings(0.0))
    case: str = MODEL
    coronal: bool = False


def with_ct(title: str, **data: Any) -> Panel:
    """Return a panel of the case that has a CT."""
    return Panel(title, data, case=REAL)


VARIATIONS = [
    Panel("data=synthseg", {"kind": "synthseg"}, "white"),
    Panel("deformation", {"deformation": deformation.Settings(rotation_deg=12.0, scale=0.15, elastic_mm=8.0)}),
    Panel("deformation: a mirror image", {"deformation": deformation.Settings(flip_probability=1.0)}),
    Panel("blur.psf_mm=5", {"blur": blur.Settings(psf_mm=5.0)}),
    Panel("blur.noise_hu=20", {"blur": blur.Settings(noise_hu=20.0)}),
    Panel("lesions.host=liver", {"lesions": lesions.Settings("liver", [20, 20], [6.0, 14.0])}),
    Panel("subclasses: blobs (synth2)", {"kind": "synth2", "subclasses": subclasses.Settings(3)}),
    Panel("drop=half", drop=drop.Settings(0.5)),
    Panel("drop.labels.liver=1", drop=drop.Settings(0.0, {"liver": 1.0})),
    Panel("phase=native", {"phase": "native"}),
    Panel("background_texture=true", {"background_texture": True}),
    Panel("background.source=none", {"background": background.Settings(source="none")}),
    Panel("slice_mm=12, coronal", {"blur": blur.Settings(slice_mm=12.0)}, coronal=True),
    with_ct("s9001: source=kmeans"),
    with_ct("s9001: source=geometric", background=background.Settings(source="geometric")),
    with_ct("s9001: subclasses from CT", kind="synth2", subclasses=subclasses.Settings(3)),
    Panel("s9001: fill=fitted", fill={"kind": "fitted"}, case=REAL),
    Panel("s9001: psf_mm=2, noise", {"blur": blur.Settings(psf_mm=2.0, noise_hu=12.0)}, case=REAL),
]


@cache
def subject(root: Path, case: str) -> tuple[LabelMap, NDArray[np.float32] | None]:
    """Return one subject's label map and CT at 2 mm."""
    cohort = open_cohort(TotalSegmentatorSettings(root=str(root / "totalsegmentator"), cases=[case]))
    one = next(s for s in (*cohort.train, *cohort.val, *cohort.test) if s.case == case)
    label_map, ct = one.load_label_map(), one.load_ct() if one.load_ct else None
    array = resample_labels(label_map.array, label_map.spacing, SPACING)
    hu = None if ct is None else resample_volume(ct.array.astype(np.float32), ct.spacing, SPACING)
    return replace(label_map, array=array), hu


@cache
def clips(root: Path, kind: str) -> tuple[texture.Settings, Source]:
    """Return a texture's settings and what it is cut from."""
    small = {"size": 128, "clips": 4} if kind in ("noise", "leaves") else {}
    settings = texture.Settings(kind=kind, root=str(root / "videos"), **small)
    return settings, load_bank(settings)


@cache
def fitted(root: Path) -> Priors:
    """Return priors with histograms, fitted to the real CT, which is a native one."""
    label_map, ct = subject(root, REAL)
    assert ct is not None
    base = load_priors()
    return fit_priors([measure(ct, label_map.array, label_map.names, base)], base, 0.0)


def paint(panel: Panel, root: Path) -> NDArray[np.float32]:
    """Return the volume of one panel; all share a seed, so that only what the title says differs."""
    label_map, ct = subject(root, panel.case)
    array, fill = label_map.array, intensity.Settings(**panel.fill)
    priors = fitted(root) if fill.kind == "fitted" else load_priors()
    if fill.kind == "fitted":
        lacking = [value for value, name in label_map.names.items() if not priors[name].quantiles]
        array = np.where(np.isin(array, lacking), 0, array)
    settings, bank = clips(root, panel.texture)
    phase = "native" if fill.kind == "fitted" else "portal"
    data = DataSettings(**{"kind": "synth3", "phase": phase, **panel.data})
    recipe = Recipe(data, fill, settings, panel.drop, TARGETS, priors, bank)
    return recipe.draw(Case(array, SPACING, label_map.names, ct), np.random.default_rng(SEED)).volume


@cache
def rows(root: Path, case: str) -> slice:
    """Return the rows from back to front that are shown: those with labels, and a margin for the body."""
    inside = np.flatnonzero(subject(root, case)[0].array.any(axis=(0, 2)))
    return slice(max(int(inside[0]) - 16, 0), int(inside[-1]) + 16)


def section(volume: NDArray[Any], root: Path, case: str, coronal: bool = False) -> NDArray[Any]:
    """Return the section that is shown, the patient's right on the left."""
    y, z = (int(n * share) for n, share in zip(volume.shape[1:], SECTIONS[case], strict=True))
    return np.asarray(volume[::-1, y, :].T if coronal else volume[::-1, rows(root, case), z].T)


def show(axis: Any, picture: NDArray[Any], title: str = "", **style: Any) -> None:
    """Draw one section."""
    axis.imshow(picture, origin="lower", **({"cmap": "gray", "vmin": WINDOW[0], "vmax": WINDOW[1]} | style))
    axis.set_title(title, fontsize=8.5, pad=2)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.set_frame_on(False)


def draw_header(axes: Any, root: Path) -> None:
    """Draw the real CT, the label map and two volumes, the latter three in coronal sections too."""
    label_map, (_, ct) = subject(root, MODEL)[0].array, subject(root, REAL)
    assert ct is not None
    colours = {"cmap": "nipy_spectral", "vmin": 0, "vmax": 120, "interpolation": "nearest"}
    show(axes[0], section(ct, root, REAL), "real CT, s9001")
    show(axes[1], section(ct, root, REAL, True), "coronal")
    show(axes[2], section(label_map, root, MODEL), "label map, s0328", **colours)
    show(axes[3], section(label_map, root, MODEL, True), "coronal", **colours)
    for axis, kind in zip(axes[4:], ("synth3", "synth1"), strict=True):
        volume = paint(Panel(kind, {"kind": kind}), root)
        show(axis, section(volume, root, MODEL, True), f"{kind}, video, coronal")


def draw_recipe(axes: Any, root: Path, kind: str, clip: str, name: str) -> None:
    """Draw one row: a recipe and a texture under every fill."""
    axes[0].set_ylabel(name, fontsize=9)
    for axis, fill in zip(axes, FILLS, strict=True):
        volume = paint(Panel("", {"kind": kind}, clip, {"kind": fill}), root)
        show(axis, section(volume, root, MODEL), f"fill={fill}" if clip in ("video", "none") else "")


def save(figure: Any, output: Path) -> None:
    """Write the figure as a PNG of few colours, which is a third of the size."""
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=100)
    Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(output, optimize=True)


def main(root: Path, output: Path) -> None:
    """Draw the gallery."""
    recipes = [("synth1", t, f"synth1\n{t}" + ", none" * (t == "white")) for t in TEXTURES]
    recipes += [("synth2", "none", "synth2 = synth3\nwith none")]
    recipes += [("synth3", t, f"synth3\n{t}") for t in TEXTURES]
    number = 1 + len(recipes) + len(VARIATIONS) // len(FILLS)
    size = {"figsize": (12.0, 1.58 * number), "height_ratios": [1.45] + [1.0] * (number - 1)}
    figure, axes = plt.subplots(number, len(FILLS), **size)
    draw_header(axes[0], root)
    for row, recipe in zip(axes[1:], recipes, strict=False):
        draw_recipe(row, root, *recipe)
    for axis, panel in zip(axes[1 + len(recipes) :].ravel(), VARIATIONS, strict=True):
        show(axis, section(paint(panel, root), root, panel.case, panel.coronal), panel.title)
    axes[1 + len(recipes), 0].set_ylabel("variations of\nsynth3, video", fontsize=9)
    title = f"Every recipe, texture and fill on one label map; window {WINDOW[0]} to {WINDOW[1]} HU, one seed"
    figure.suptitle(title, fontsize=12, y=0.998)
    figure.tight_layout(pad=0.6, h_pad=0.25, w_pad=0.25, rect=(0, 0, 1, 0.99))
    save(figure, output)


if __name__ == "__main__":
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("data", type=Path)
    command.add_argument("picture", type=Path)
    given = command.parse_args()
    main(given.data, given.picture)
