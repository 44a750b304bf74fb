"""Pictures of segmentations and of synthetic volumes, drawn without a display."""

import logging
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

from labelct.evaluation import palette
from labelct.writing import written

log = logging.getLogger(__name__)

Tiles: TypeAlias = list[list[tuple[float, float]]]

SOFT_TISSUE = (40.0, 400.0)
TRUTH, PREDICTION = "#35d07f", "#ff5c8a"
LONGEST_ENTRY = 60  # signs of a name in a legend: a longer one leaves the planes no room
MISSING_SIGN = re.compile(r"Glyph (\d+) .*missing from font")
MOST_SIGNS = 12  # in a line


@dataclass(frozen=True)
class View:
    """One anatomical plane: the array axes shown to the right and upwards, and the one cut through.

    The horizontal axis runs backwards in all three, as radiologists look: the patient's right, or front, on the left.
    """

    name: str
    across: int
    up: int
    cut: int
    left: str
    right: str


AXIAL = View("axial", 0, 1, 2, "R", "L")
CORONAL = View("coronal", 0, 2, 1, "R", "L")
SAGITTAL = View("sagittal", 1, 2, 0, "A", "P")


@dataclass(frozen=True)
class Scan:
    """A CT as it is shown.

    Attributes:
        hu: `(x, y, z)` HU, RAS+.
        spacing: Voxel size `(x, y, z)`, mm.
        window: Centre and width of the grey window, HU.
    """

    hu: NDArray[Any]
    spacing: tuple[float, float, float]
    window: tuple[float, float] = SOFT_TISSUE

    def size(self, view: View) -> tuple[float, float]:
        """Return width and height of a plane, mm."""
        size = np.array(self.hu.shape) * self.spacing
        return float(size[view.across]), float(size[view.up])


@dataclass(frozen=True)
class MontagePanel:
    """One volume of a montage.

    Attributes:
        title: What stands above it.
        scan: The volume.
        centre: The voxel `(x, y, z)` that the planes go through; None takes the middle.
    """

    title: str
    scan: Scan
    centre: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Plane:
    """One cut through a grid.

    Attributes:
        view: Its direction.
        index: Which one along the axis that is cut.
        spacing: Voxel size `(x, y, z)` of the grid, mm.
    """

    view: View
    index: int
    spacing: tuple[float, float, float]

    def of(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the plane of an array `(x, y, z)`, rows upwards and columns across."""
        cut: NDArray[Any] = np.take(array, self.index, axis=self.view.cut)
        return cut.T

    @property
    def step(self) -> tuple[float, float]:
        """Distance of its columns and of its rows, mm."""
        return self.spacing[self.view.across], self.spacing[self.view.up]


def overlay(
    scan: Scan,
    truth: NDArray[Any] | None,
    prediction: NDArray[Any],
    labels: Mapping[str, int],
    path: Path,
    title: str,
) -> None:
    """Draw the contours of truth and prediction on three planes through the target's centre.

    Args:
        scan: The CT.
        truth: `(x, y, z)` label values on the same grid, or None where there is no truth.
        prediction: `(x, y, z)` label values on the same grid.
        labels: Label values by name; only these are drawn and centred on.
        path: The PNG to write.
        title: The line above the planes.
    """
    views = (AXIAL, CORONAL, SAGITTAL)
    values = list(labels.values())
    middle = centre(prediction if truth is None or not np.isin(truth, values).any() else truth, values)
    figure, rows, tiles = _canvas([[scan.size(view) for view in views]], row_height=3.4, margin=0.6)
    single = len(labels) == 1
    colours = {value: (colour,) * 2 for value, colour in palette.colours(labels).items()}
    if single:
        colours = {values[0]: (TRUTH, PREDICTION)}
    for axes, view, tile in zip(rows[0], views, tiles[0], strict=True):
        plane = Plane(view, middle[view.cut], scan.spacing)
        show(axes, scan, plane, tile)
        for value, (colour, other) in colours.items():
            if truth is not None:
                contour(axes, truth == value, plane, colour, "solid")
            contour(axes, prediction == value, plane, other, "solid" if single else "dashed")
    _legend(figure, colours, labels, truth is not None)
    figure.suptitle(title, fontsize=9)
    save(figure, path)


def montage(panels: Sequence[MontagePanel], path: Path) -> None:
    """Draw volumes side by side, an axial plane above a coronal one, all at one scale.

    Args:
        panels: The volumes from left to right.
        path: The PNG to write.
    """
    views = (AXIAL, CORONAL)
    sizes = [[panel.scan.size(view) for panel in panels] for view in views]
    figure, rows, tiles = _canvas(sizes, row_height=2.2, margin=0.3)
    for column, panel in enumerate(panels):
        middle = panel.centre or tuple(size // 2 for size in panel.scan.hu.shape)
        for row, view in enumerate(views):
            plane = Plane(view, middle[view.cut], panel.scan.spacing)
            show(rows[row, column], panel.scan, plane, tiles[row][column])
        rows[0, column].set_title(panel.title, fontsize=8, pad=4)
    save(figure, path)


def centre(labels: NDArray[Any], values: Sequence[int]) -> tuple[int, ...]:
    """Return the median voxel of the labelled region along each axis, or the middle where nothing is labelled.

    Unlike the mean, the median of each coordinate is a plane that cuts the region.
    """
    mask = np.isin(labels, values)
    if not mask.any():
        return tuple(size // 2 for size in mask.shape)
    counts = (mask.sum(axis=tuple(other for other in range(3) if other != axis)).cumsum() for axis in range(3))
    return tuple(int(np.searchsorted(count, count[-1] / 2)) for count in counts)


def _canvas(
    sizes_mm: list[list[tuple[float, float]]], row_height: float, margin: float
) -> tuple[Figure, NDArray[Any], Tiles]:
    """Return a figure, its axes `(row, column)` and the tile of each in mm, which fills its row and column."""
    widths = [max(column[0] for column in row) for row in zip(*sizes_mm, strict=True)]
    heights = [max(height for _, height in row) for row in sizes_mm]
    inch = row_height / max(heights)
    figure = Figure(figsize=(sum(widths) * inch + 0.2, sum(heights) * inch + margin), layout="compressed")
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.0, hspace=0.0)  # type: ignore[union-attr, call-arg]
    axes = figure.subplots(len(heights), len(widths), squeeze=False, width_ratios=widths, height_ratios=heights)
    return figure, axes, [[(width, height) for width in widths] for height in heights]


def show(axes: Axes, scan: Scan, plane: Plane, tile: tuple[float, float]) -> None:
    """Draw a plane of the volume in mm amid a black tile `(width, height)`, with the letters of its sides."""
    grey, view, (centre, span) = plane.of(scan.hu), plane.view, scan.window
    width, height = scan.size(view)
    axes.imshow(
        grey,
        cmap="gray",
        vmin=centre - span / 2,
        vmax=centre + span / 2,
        origin="lower",
        extent=(0, width, 0, height),
        aspect="equal",
    )
    axes.set_xlim((width + tile[0]) / 2, (width - tile[0]) / 2)
    axes.set_ylim((height - tile[1]) / 2, (height + tile[1]) / 2)
    axes.set(facecolor="black", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    for letter, place in ((view.left, 0.03), (view.right, 0.97)):
        axes.text(place, 0.5, letter, transform=axes.transAxes, color="white", fontsize=7, ha="center", va="center")


def contour(axes: Axes, mask: NDArray[np.bool_], plane: Plane, colour: str, style: str) -> None:
    """Draw the outline of a mask on a plane that `show` has drawn."""
    inside, (across, up) = np.pad(plane.of(mask), 1), plane.step
    if inside.any():
        x = (np.arange(inside.shape[1]) - 0.5) * across
        y = (np.arange(inside.shape[0]) - 0.5) * up
        axes.contour(x, y, inside, levels=[0.5], colors=[colour], linewidths=1.0, linestyles=style)


def _legend(
    figure: Figure, colours: Mapping[int, tuple[str, str]], labels: Mapping[str, int], with_truth: bool
) -> None:
    """Write which line is which below the planes."""
    if len(labels) == 1:
        (colour, other) = next(iter(colours.values()))
        name = _short(next(iter(labels)))
        lines = {f"{name}: truth": (colour, "solid")} if with_truth else {}
        lines[f"{name}: prediction"] = (other, "solid")
    else:
        lines = {name: (colours[value][0], "solid") for name, value in labels.items()}
        lines |= ({"truth": ("black", "solid")} if with_truth else {}) | {"prediction": ("black", "dashed")}
    handles = [Line2D([], [], color=colour, ls=style, linewidth=1.5) for colour, style in lines.values()]
    names = list(lines) if len(labels) == 1 else list(map(_short, lines))
    figure.legend(handles, names, loc="outside lower center", ncols=6, fontsize=7, frameon=False)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_ENTRY else f"{name[: LONGEST_ENTRY - 1]}…"


def save(figure: Figure, path: Path) -> None:
    """Write a PNG whose bytes depend on the picture alone, whole or not at all."""
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # names come from files, and a `$` in one is no formula
    with written(path) as file, lacking_told(path):
        figure.savefig(file, format="png", dpi=110, metadata={"Software": None})


@contextmanager
def lacking_told(path: Path) -> Iterator[None]:
    """Say in one line of the log what could not be drawn as it is, as names in a script that the font lacks.

    Args:
        path: The picture.
    """
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        yield
    found = [MISSING_SIGN.match(str(warning.message)) for warning in told]
    if signs := sorted({chr(int(fit[1])) for fit in found if fit}):
        log.warning("%s: its font lacks %s, drawn as boxes", path, " ".join(signs[:MOST_SIGNS]))
    for warning in (warning for warning, fit in zip(told, found, strict=True) if not fit):
        log.debug("%s: %s", path, warning.message)
