"""The gallery of docs/synthesis.md: every recipe, fill and texture on one real label map beside a real CT.

Usage: python benchmarks/synthesis_gallery.py REAL_DATA OUTPUT.png
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from labelct.cohort.open import open_cohort
from labelct.cohort.settings import TotalSegmentatorSettings
from labelct.synthesis.bank import load_bank
from labelct.synthesis.recipe import sample_recipe, synthesize
from labelct.synthesis.resample import resample_labels, resample_volume
from labelct.synthesis.settings import DataSettings, DropSettings, FillSettings, TextureSettings
from labelct.volume import LabelMap, Volume

WINDOW = (-160, 240)
SPACING = (2.0, 2.0, 2.0)
TARGETS = {"liver": ["liver"]}
SEED = 8


@dataclass
class Panel:
    """One picture of the gallery: what differs from the defaults."""

    title: str
    data: dict[str, Any]
    texture: str = "video"
    fill: dict[str, Any] = field(default_factory=dict)
    drop: dict[str, float] = field(default_factory=dict)


PANELS = [
    Panel("synth1, video", {"kind": "synth1"}),
    Panel("synth1, stills", {"kind": "synth1"}, "stills"),
    Panel("synth2, gaussian", {"kind": "synth2"}),
    Panel("synth2, native phase", {"kind": "synth2", "phase": "native"}),
    Panel("synth2, uniform", {"kind": "synth2"}, fill={"kind": "uniform"}),
    Panel("synth2, liver dropped", {"kind": "synth2"}, drop={"liver": 1.0}),
    Panel("synth3, video", {"kind": "synth3"}),
    Panel("synth3, stills", {"kind": "synth3"}, "stills"),
    Panel("synth3, 1/f noise", {"kind": "synth3"}, "noise"),
    Panel("synth3, dead leaves", {"kind": "synth3"}, "leaves"),
    Panel("synth3, stills, rest too", {"kind": "synth3", "rest_texture": True}, "stills"),
    Panel("synthseg", {"kind": "synthseg"}, "white"),
]


def subject(root: Path, case: str) -> tuple[LabelMap, Volume | None]:
    """Return one subject's label map and CT at 2 mm."""
    settings = TotalSegmentatorSettings(root=str(root / "totalsegmentator"), cases=[case])
    cohort = open_cohort(settings)
    one = next(s for s in (*cohort.train, *cohort.val, *cohort.test) if s.case == case)
    label_map, ct = one.load_label_map(), one.load_ct() if one.load_ct else None
    if ct is not None:
        ct = Volume(resample_volume(ct.array.astype(np.float32), ct.spacing, SPACING), ct.affine)
    array = resample_labels(label_map.array, label_map.spacing, SPACING)
    return replace(label_map, array=array), ct


def paint(panel: Panel, label_map: LabelMap, root: Path) -> NDArray[np.float32]:
    """Return the volume of one panel; all share a seed, so that only what the title says differs."""
    small = {"size": 128, "clips": 4} if panel.texture in ("noise", "leaves") else {}
    texture = TextureSettings(kind=panel.texture, root=str(root / "videos"), **small)
    bank, what = load_bank(texture), (label_map.array, SPACING, label_map.names, TARGETS)
    fill, drop = FillSettings(**panel.fill), DropSettings(0.0, panel.drop)
    rng = np.random.default_rng(SEED)
    params = sample_recipe(*what, DataSettings(**panel.data), fill, texture, drop, bank, rng)
    return synthesize(*what, params, bank)[0]


def show(axes: Any, title: str, volume: NDArray[Any], at: tuple[float, float], **style: Any) -> None:
    """Draw an axial and a coronal section, the patient's right on the left."""
    y, z = (int(n * share) for n, share in zip(volume.shape[1:], at, strict=True))
    for axis, section in zip(axes, (volume[::-1, :, z], volume[::-1, y, :]), strict=True):
        axis.imshow(section.T, origin="lower", **({"cmap": "gray", "vmin": WINDOW[0], "vmax": WINDOW[1]} | style))
        axis.axis("off")
    axes[0].set_title(title, fontsize=9)


def main(root: Path, output: Path) -> None:
    """Draw the gallery."""
    label_map, _ = subject(root, "s0328")
    _, ct = subject(root, "s9001")
    assert ct is not None
    figure, axes = plt.subplots(4, 7, figsize=(15, 9.2))
    show(axes[:2, 0], "real CT (s9001)", np.asarray(ct.array), (0.5, 0.86))
    style = {"cmap": "nipy_spectral", "vmin": 0, "vmax": 120, "interpolation": "nearest"}
    show(axes[2:, 0], "label map (s0328)", label_map.array, (0.47, 0.62), **style)
    for number, panel in enumerate(PANELS):
        row, column = divmod(number, 6)
        show(axes[2 * row : 2 * row + 2, column + 1], panel.title, paint(panel, label_map, root), (0.47, 0.62))
    figure.tight_layout(pad=0.8, h_pad=1.0, w_pad=0.3)
    figure.savefig(output, dpi=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
