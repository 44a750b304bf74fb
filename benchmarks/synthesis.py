"""Synthesis beside MONAI, TorchIO, cornucopia, bare numpy and scikit-image, on a procedural 28-label map.

Usage: python benchmarks/synthesis.py [--edges 128 192] [--repeats 3] [--data FOLDER]

Each row runs in a process of its own, so that its peak memory is its own. `--data` is the folder of real test data;
with it the cost of one synth3 volume of s0328 is told stage by stage. The peers: pip install 'labelct[benchmarks]'.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from labelct.synthesis.recipe import Recipe

LABELS = 28
ROTATION, SCALE, SHEAR, ELASTIC_MM, CONTROL_POINT_SPACING_MM, PSF_MM, NOISE_HU = 10.0, 0.1, 0.05, 6.0, 60.0, 3.0, 15.0
Work = Callable[[], object]


def label_map(edge: int) -> tuple[NDArray[np.uint8], tuple[float, float, float], dict[int, str]]:
    """Return 28 ellipsoids in a trunk of 384 mm, with the names of the first 28 priors."""
    from labelct.priors import load_priors

    rng, grid = np.random.default_rng(0), np.ogrid[:edge, :edge, :edge]
    labels = np.zeros((edge,) * 3, np.uint8)
    for value in range(1, LABELS + 1):
        centre, radius = edge * rng.uniform(0.25, 0.75, 3), edge * rng.uniform(0.05, 0.16, 3)
        labels[sum(((g - c) / r) ** 2 for g, c, r in zip(grid, centre, radius, strict=True)) < 1] = value
    return labels, (384.0 / edge,) * 3, dict(enumerate(list(load_priors().table)[:LABELS], 1))


def labelct(edge: int, kind: str, texture: str = "stills", source: str = "auto", **data: object) -> Work:
    """Return one whole volume with its target, drawn and painted; each call draws another."""
    from labelct.synthesis.background import Settings as Background
    from labelct.synthesis.case import Case

    made, case = recipe(kind, texture, background=Background(source), **data), Case(*label_map(edge))
    rng = np.random.default_rng(1)
    return lambda: made.draw(case, rng)


def recipe(kind: str, texture: str = "stills", drop: float = 0.0, root: Path | None = None, **data: object) -> Recipe:
    """Return a recipe whose target is the liver."""
    from labelct.synthesis.drop import Settings as DropSettings
    from labelct.synthesis.intensity import Settings as FillSettings
    from labelct.synthesis.recipe import Recipe
    from labelct.synthesis.settings import DataSettings
    from labelct.synthesis.texture import Settings as TextureSettings
    from labelct.targets import Targets

    clips = TextureSettings(kind=texture, root=None if root is None else str(root))
    return Recipe.of(DataSettings(kind=kind, **data), FillSettings(), clips, DropSettings(drop), Targets.of(["liver"]))


def labelct_augmented(edge: int) -> Work:
    """Return what the peers do: affine, elastic, a Gaussian for each label, blur and noise."""
    from labelct.synthesis import blur, deformation

    bend = deformation.Settings(ROTATION, SCALE, SHEAR, 0.0, ELASTIC_MM, CONTROL_POINT_SPACING_MM)
    return labelct(edge, "synthseg", "white", "none", deformation=bend, blur=blur.Settings(PSF_MM, 0.0, NOISE_HU))


def gaussians(labels: object, torch: object) -> object:
    """Return a Gaussian for each label, in one lookup, as fast as torch does it."""
    mean = torch.empty(LABELS + 1).uniform_(-150, 300)
    sd = torch.empty(LABELS + 1).uniform_(5, 40)
    index = labels.long()
    return mean[index] + sd[index] * torch.randn(index.shape)


def monai(edge: int) -> Work:
    """MONAI: `Rand3DElastic` (which includes the affine), the lookup, `GaussianSmooth`, `RandGaussianNoise`."""
    import torch
    from monai.transforms import GaussianSmooth, Rand3DElastic, RandGaussianNoise

    labels, spacing, _ = label_map(edge)
    image, turn, size = torch.from_numpy(labels)[None].float(), np.deg2rad(ROTATION), spacing[0]
    bend = Rand3DElastic(
        sigma_range=(CONTROL_POINT_SPACING_MM / 4 / size,) * 2, magnitude_range=(100, 200), prob=1.0,
        rotate_range=(turn,) * 3, shear_range=(SHEAR,) * 6, scale_range=(SCALE,) * 3,
        mode="nearest", padding_mode="zeros",
    )  # fmt: skip
    blur, noise = GaussianSmooth(PSF_MM / 2.355 / size), RandGaussianNoise(prob=1.0, std=NOISE_HU)
    return lambda: noise(blur(gaussians(bend(image).round(), torch)))


def torchio(edge: int) -> Work:
    """TorchIO: `RandomAffineElasticDeformation`, `RandomLabelsToImage`, `RandomBlur`, `RandomNoise`."""
    import torch
    import torchio as tio

    labels, spacing, _ = label_map(edge)
    affine = np.diag([*spacing, 1.0])
    subject = tio.Subject(label=tio.LabelMap(tensor=torch.from_numpy(labels)[None], affine=affine))
    chain = tio.Compose([
        tio.RandomAffineElasticDeformation(
            affine_kwargs={"scales": SCALE, "degrees": ROTATION},
            elastic_kwargs={"num_control_points": 7, "max_displacement": 2 * ELASTIC_MM},
        ),
        tio.RandomLabelsToImage(
            label_key="label", used_labels=range(LABELS + 1), default_mean=(-150, 300), default_std=(5, 40)
        ),
        tio.RandomBlur(std=(PSF_MM / 2.355,) * 2),
        tio.RandomNoise(std=(NOISE_HU,) * 2),
    ])  # fmt: skip
    return lambda: chain(subject)


def cornucopia(edge: int) -> Work:
    """cornucopia: its random affine-elastic, Gaussian mixture, smooth and Gaussian noise transforms; nearest labels."""
    import cornucopia as cc
    import torch

    labels, spacing, _ = label_map(edge)
    image = torch.from_numpy(labels)[None].int()
    strength = {"dmax": 0.03, "shape": 7, "rotations": ROTATION, "zooms": SCALE, "shears": SHEAR}
    bend = cc.RandomAffineElasticTransform(**strength, order=1, nearest_if_label=True)
    mixture = cc.RandomGaussianMixtureTransform(mu=300, sigma=40, fwhm=0, background=0)
    blur, noise = cc.SmoothTransform(PSF_MM / spacing[0]), cc.GaussianNoiseTransform(NOISE_HU)
    return lambda: noise(blur(mixture(bend(image))))


def bare_numpy(edge: int) -> Work:
    """Return the floor: a lookup of means and spreads, and normal noise."""
    labels, _, _ = label_map(edge)
    rng = np.random.default_rng(0)
    mean, sd = rng.normal(50, 60, LABELS + 1).astype(np.float32), rng.uniform(5, 40, LABELS + 1).astype(np.float32)
    return lambda: mean[labels] + sd[labels] * rng.standard_normal(labels.shape, dtype=np.float32)


def video_fill(edge: int) -> Work:
    """Return every label filled with a histogram-matched clip: layout, greys and table, without the body."""
    from labelct.synthesis.background import Settings as Background
    from labelct.synthesis.case import Case
    from labelct.synthesis.render import fill
    from labelct.synthesis.scene import Scene

    made, case = recipe("synth3", background=Background("none")), Case(*label_map(edge))
    params, scene = made.sample(case, np.random.default_rng(0)), Scene.of(case, made)
    for name, ingredient in made.kind.ingredients.items():
        if name != "blur":
            ingredient.apply(scene, params[name])
    layout = scene.layout()
    return lambda: fill(layout, scene.classes, made.bank)


def scikit_image(edge: int) -> Work:
    """Return one `match_histograms` for each label on the whole volume, pasted."""
    from skimage.exposure import match_histograms

    labels, _, _ = label_map(edge)
    rng = np.random.default_rng(0)
    clip, reference = rng.integers(0, 256, labels.shape).astype(float), rng.normal(110, 15, labels.shape)
    volume = np.zeros(labels.shape, np.float32)

    def work() -> None:
        for value in range(1, LABELS + 1):
            np.copyto(volume, match_histograms(clip, reference), where=labels == value, casting="same_kind")

    return work


ROWS: dict[str, tuple[str, Callable[[int], Work]]] = {
    "numpy": ("numpy: lookup and noise", bare_numpy),
    "gaussian": ("labelct: labels to Gaussian image", lambda edge: labelct(edge, "synthseg", "white", "none")),
    "augmented": ("labelct: affine, elastic, Gaussian, blur, noise", labelct_augmented),
    "monai": ("MONAI: the same", monai),
    "torchio": ("TorchIO: the same", torchio),
    "cornucopia": ("cornucopia: the same", cornucopia),
    "fill": ("labelct: texture fill of all labels", video_fill),
    "skimage": ("scikit-image: match_histograms of each label", scikit_image),
    "synth1": ("labelct: synth1", lambda edge: labelct(edge, "synth1")),
    "synth2": ("labelct: synth2", lambda edge: labelct(edge, "synth2")),
    "synth3": ("labelct: synth3", lambda edge: labelct(edge, "synth3")),
}
PEERS = ("monai", "torchio", "cornucopia")
ONCE = ("skimage",)


def measure(row: str, edge: int, repeats: int) -> None:
    """Print best wall and CPU seconds, and peak MiB, of one row as JSON; the first run, which compiles, is left out."""
    work = ROWS[row][1](edge)
    if row not in ONCE:
        work()
    runs = []
    for _ in range(1 if row in ONCE else repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        runs.append((time.perf_counter() - wall, time.process_time() - cpu))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall": min(w for w, _ in runs), "cpu": min(c for _, c in runs), "peak": peak}))


def apart(row: str, edge: int, repeats: int) -> dict[str, float] | None:
    """Return the figures of one row from a process of its own; None where it failed, which is told."""
    command = [sys.executable, __file__, "--row", row, "--edges", str(edge), "--repeats", str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"{edge:>5}  {ROWS[row][0]:<50} failed: {done.stderr.strip().splitlines()[-1][:100]}", flush=True)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def compare(edge: int, repeats: int, rows: list[str]) -> None:
    """Print the rows of one size and their ratios."""
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row in PEERS and find_spec(row) is None:
            print(f"{edge:>5}  {ROWS[row][0]:<50} not installed", flush=True)
        elif figures := apart(row, edge, repeats):
            found[row] = figures
            print(
                f"{edge:>5}  {ROWS[row][0]:<50}{figures['wall']:>8.3f}{figures['cpu']:>8.3f}{figures['peak']:>8.0f}",
                flush=True,
            )
    peers = {row: figures for row, figures in found.items() if row in PEERS}
    if peers and "augmented" in found:
        fastest = min(peers, key=lambda row: peers[row]["cpu"])
        faster = peers[fastest]["cpu"] / found["augmented"]["cpu"]
        leaner = min(figures["peak"] for figures in peers.values()) / found["augmented"]["peak"]
        print(f"{edge:>5}  against {fastest}: {faster:.1f}x fewer CPU seconds; {leaner:.1f}x less memory than any peer")
    for ours, theirs in (("gaussian", "numpy"), ("fill", "skimage")):
        if ours in found and theirs in found:
            print(f"{edge:>5}  {ours} / {theirs}: {found[ours]['cpu'] / found[theirs]['cpu']:.3f} of its CPU seconds")


def stages(data: Path) -> None:
    """Print the wall and CPU seconds of each stage of one synth3 volume of s0328, from masks to scanned file."""
    from tempfile import TemporaryDirectory

    from labelct.cohort.open import open_cohort
    from labelct.cohort.settings import TotalSegmentatorSettings
    from labelct.io import nifti
    from labelct.scanner.scan import Acquisition, sample_scan, scan
    from labelct.scanner.settings import DoseSettings, ScannerSettings
    from labelct.synthesis.case import Case

    cohort = open_cohort(TotalSegmentatorSettings(root=str(data / "totalsegmentator"), cases=["s0328"]))
    (subject,) = (*cohort.train, *cohort.val, *cohort.test)
    acquisition = Acquisition(ScannerSettings(kind="image"), DoseSettings(mas=165.0))
    clock = [(time.perf_counter(), time.process_time())]

    def told(name: str) -> None:
        now, before = (time.perf_counter(), time.process_time()), clock[-1]
        clock.append(now)
        print(f"  {name:<44}{now[0] - before[0]:>8.3f}{now[1] - before[1]:>8.3f}", flush=True)

    for turn in ("first use, compiles", "s0328, one volume"):
        clock[:] = [(time.perf_counter(), time.process_time())]
        print(f"\n  {turn:<44}{'wall s':>8}{'CPU s':>8}")
        made = recipe("synth3", "video", 0.5, data / "videos")
        told("videos indexed (once a data set)")
        label_map = subject.load_label_map()
        told("masks read and merged")
        case = Case(label_map.array, label_map.spacing, label_map.names)
        params = made.sample(case, np.random.default_rng(0))
        told("draws")
        synthetic = made.apply(case, params)
        told("background, textures, target")
        noise = sample_scan(np.random.default_rng(0))
        noisy = scan(synthetic.volume, label_map.spacing, acquisition, noise)
        told("noise in the image")
        with TemporaryDirectory() as folder:
            nifti.write(Path(folder) / "image.nii.gz", noisy, label_map.affine)
            nifti.write(Path(folder) / "label.nii.gz", synthetic.target, label_map.affine)
        told("two files written")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edges", type=int, nargs="+", default=[128, 192])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--row", choices=list(ROWS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.row:
        measure(given.row, given.edges[0], given.repeats)
        return
    print(f"{'edge':>5}  {'work':<50}{'wall s':>8}{'CPU s':>8}{'MiB':>8}")
    for edge in given.edges:
        compare(edge, given.repeats, given.rows)
    if given.data:
        stages(given.data)


if __name__ == "__main__":
    main()
