"""One picture of a segmentation: slices where its structures are, and what was measured of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from labelct.body import BODY_HU, largest_region, strides_of
from labelct.evaluation.components import boxes_of
from labelct.evaluation.figures import AXIAL, CORONAL, SAGITTAL, Plane, Scan, centre, contour, save, show
from labelct.evaluation.palette import colours
from labelct.evaluation.volumetry import StructureMeasurement

MARGIN_MM = 12.0  # of air around the body
BEYOND_MM = 40.0  # what the coronal and the sagittal plane show above and below the structures
SLAB = 1 / 3  # of the body's depth: what is lower has strips for coronal and sagittal planes
BLOCK_INCH = 6.6  # height of two axial slices above each other
GAP_INCH, HEAD_INCH, LINE_INCH = 0.06, 0.42, 0.26
ENTRY_INCH = 2.6  # width of one structure in the legend
BAR_MM = 50.0
INK, PAPER, QUIET = "#e8e8e8", "#101214", "#9aa0a6"
FILLED = 0.28  # opacity of a structure within its outline
TITLE = {"color": INK, "fontsize": 11, "weight": "bold"}
ENTRY, SMALL = {"color": INK, "fontsize": 9}, {"color": QUIET, "fontsize": 8}

Span = tuple[float, float]
Place = tuple[float, float, float, float]


@dataclass(frozen=True)
class Segmented:
    """What the picture is of.

    Attributes:
        scan: The image.
        label_array: `(x, y, z)` label values on its grid.
        labels: Label value by name.
        measured: Of each structure.
        origin_mm: Height of the lowest slice in the patient's coordinates, mm.
    """

    scan: Scan
    label_array: NDArray[np.uint8]
    labels: Mapping[str, int]
    measured: Sequence[StructureMeasurement]
    origin_mm: float = 0.0


def draw(segmented: Segmented, path: Path, title: str, subtitle: str = "") -> None:
    """Draw axial slices, a coronal and a sagittal one, and below them the volume and the density of structures.

    Args:
        segmented: The case.
        path: The PNG to write.
        title: What stands above at the left: the case.
        subtitle: What stands above at the right: the model.
    """
    scan, values = segmented.scan, list(segmented.labels.values())
    x, y, z = _box(scan)
    x_mm, y_mm, z_mm = (span[1] - span[0] for span in (x, y, _beside(segmented, z)))
    layout = _slab(x_mm, y_mm, z_mm) if z_mm < SLAB * y_mm else _volume(x_mm, y_mm, z_mm)
    columns = max(1, int(layout.width / ENTRY_INCH))
    height = HEAD_INCH + layout.height + LINE_INCH * (-(-len(values) // columns) + 0.7)
    page = _Page(Figure(figsize=(layout.width, height), facecolor=PAPER), layout.width, height)
    levels = levels_of(segmented.label_array, values, len(layout.axial))
    for level, place in zip(levels, layout.axial, strict=True):
        axes = page.axes(place)
        _panel(axes, segmented, Plane(AXIAL, level, scan.spacing), x, y)
        _say(axes, f"{segmented.origin_mm + level * scan.spacing[2]:.0f} mm")
    _bar(axes, x, y)
    middle = centre(segmented.label_array, values)
    for view, across, place in ((CORONAL, x, layout.coronal), (SAGITTAL, y, layout.sagittal)):
        axes = page.axes(place)
        _panel(axes, segmented, Plane(view, middle[view.cut], scan.spacing), across, _beside(segmented, z))
        _ticks(axes, [(level + 0.5) * scan.spacing[2] for level in levels])
    page.text(GAP_INCH * 2, HEAD_INCH * 0.55, title, "left", TITLE)
    page.text(layout.width - GAP_INCH * 2, HEAD_INCH * 0.55, subtitle, "right", SMALL)
    _legend(page, segmented, columns)
    save(page.figure, path)


def levels_of(label_array: NDArray[np.uint8], values: Sequence[int], count: int) -> list[int]:
    """Return axial slices from the highest down, each structure counted alike whatever its size.

    Args:
        label_array: `(x, y, z)` label values.
        values: Those that count.
        count: How many slices.
    """
    depth = label_array.shape[2]
    weight, boxes = np.zeros(depth), boxes_of(label_array)
    for value in values:
        if box := boxes.get(value):
            areas = np.count_nonzero(label_array[box] == value, axis=(0, 1))
            weight[box[2]] += areas / areas.sum()
    if not weight.any():
        weight[:] = 1
    share = weight.cumsum() / weight.sum()
    return [int(np.searchsorted(share, (number + 0.5) / count)) for number in reversed(range(count))]


@dataclass(frozen=True)
class _Layout:
    """Where the planes stand on the page, in inches from its upper left corner: left, top, width, height."""

    axial: Sequence[Place]
    coronal: Place
    sagittal: Place
    width: float
    height: float


def _axial(x_mm: float, y_mm: float, columns: int) -> tuple[list[Place], float]:
    """Return the places of two rows of axial slices, and inches per mm."""
    scale = (BLOCK_INCH - GAP_INCH) / 2 / y_mm
    width, height = x_mm * scale, y_mm * scale
    lefts = [GAP_INCH + column * (width + GAP_INCH) for column in range(columns)]
    return [(left, HEAD_INCH + row * (height + GAP_INCH), width, height) for row in range(2) for left in lefts], scale


def _volume(x_mm: float, y_mm: float, z_mm: float) -> _Layout:
    """Return four axial slices with the other planes, smaller where the volume is long, at their right."""
    axial, scale = _axial(x_mm, y_mm, 2)
    side = min(scale, (BLOCK_INCH - GAP_INCH) / 2 / z_mm)
    left, wide, tall = 3 * GAP_INCH + 2 * x_mm * scale, max(x_mm, y_mm) * side, z_mm * side
    first, second = (
        (left + (wide - mm * side) / 2, HEAD_INCH + BLOCK_INCH / 2 + shift, mm * side, tall)
        for mm, shift in ((x_mm, -tall - GAP_INCH / 2), (y_mm, GAP_INCH / 2))
    )
    return _Layout(axial, first, second, left + wide + GAP_INCH, BLOCK_INCH)


def _slab(x_mm: float, y_mm: float, z_mm: float) -> _Layout:
    """Return six axial slices with the other planes, which are strips, below."""
    axial, scale = _axial(x_mm, y_mm, 3)
    top, tall = HEAD_INCH + BLOCK_INCH + GAP_INCH, z_mm * scale
    coronal = GAP_INCH, top, x_mm * scale, tall
    sagittal = 2 * GAP_INCH + x_mm * scale, top, y_mm * scale, tall
    return _Layout(axial, coronal, sagittal, 4 * GAP_INCH + 3 * x_mm * scale, BLOCK_INCH + GAP_INCH + tall)


@dataclass(frozen=True)
class _Page:
    """A figure of a size in inches, whose parts are placed from its upper left corner."""

    figure: Figure
    width: float
    height: float

    def axes(self, place: Place) -> Axes:
        """Return axes at a place."""
        left, top, width, height = place
        return self.figure.add_axes(
            (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        )

    def text(self, left: float, top: float, text: str, side: str, style: Mapping[str, Any]) -> None:
        """Write a line whose middle is at `top`."""
        self.figure.text(left / self.width, 1 - top / self.height, text, ha=side, va="center", **style)


def _box(scan: Scan) -> tuple[Span, Span, Span]:
    """Return what is shown along each axis, mm: the body and some air, or all where there is no body."""
    strides = strides_of(scan.spacing)
    body = largest_region(scan.hu, strides, BODY_HU)
    found = find_objects(body.astype(np.uint8))
    spans = []
    for axis, (size, stride, count) in enumerate(zip(scan.spacing, strides, scan.hu.shape, strict=True)):
        edges = found[0][axis] if found else slice(0, count)
        margin = 0.0 if axis == 2 else MARGIN_MM
        low, high = edges.start * stride * size - margin, min(edges.stop * stride, count) * size + margin
        spans.append((max(0.0, low), min(count * size, high)))
    return spans[0], spans[1], spans[2]


def _beside(segmented: Segmented, body: Span) -> Span:
    """Return from where to where the coronal and the sagittal plane go, mm: the structures and some more."""
    depth, step = segmented.scan.hu.shape[2], segmented.scan.spacing[2]
    inside = np.flatnonzero(np.isin(segmented.label_array, list(segmented.labels.values())).any(axis=(0, 1)))
    if not inside.size:
        return body
    return max(0.0, inside[0] * step - BEYOND_MM), min(depth * step, (inside[-1] + 1) * step + BEYOND_MM)


def _panel(axes: Axes, segmented: Segmented, plane: Plane, across: Span, up: Span) -> None:
    """Draw a plane with its structures, cropped to spans in mm."""
    scan = segmented.scan
    show(axes, scan, plane, scan.size(plane.view))
    cut = plane.of(segmented.label_array)
    width, height = scan.size(plane.view)
    fill = np.zeros((*cut.shape, 4), np.float32)
    for value, colour in colours(segmented.labels).items():
        fill[cut == value] = (*to_rgb(colour), FILLED)
    axes.imshow(fill, origin="lower", extent=(0, width, 0, height), interpolation="nearest")
    for value, colour in colours(segmented.labels).items():
        contour(axes, segmented.label_array == value, plane, colour, "solid")
    axes.set(xlim=across[::-1], ylim=up, aspect="auto")


def _say(axes: Axes, text: str) -> None:
    axes.text(0.03, 0.03, text, transform=axes.transAxes, color=INK, fontsize=7, ha="left", va="bottom")


def _bar(axes: Axes, across: Span, up: Span) -> None:
    """Draw a bar of 5 cm at the lower right."""
    right, low = across[0] + 0.04 * (across[1] - across[0]), up[0] + 0.035 * (up[1] - up[0])
    axes.add_patch(Rectangle((right, low), BAR_MM, 1.6, color=INK, linewidth=0))
    axes.text(right + BAR_MM / 2, low + 4, f"{BAR_MM / 10:.0f} cm", color=INK, fontsize=7, ha="center", va="bottom")


def _ticks(axes: Axes, heights: Sequence[float]) -> None:
    """Mark at the edge where the axial slices lie."""
    axes.hlines(heights, *_edge(axes, 0.0, 0.015), color=INK, linewidth=0.8)
    axes.hlines(heights, *_edge(axes, 0.985, 1.0), color=INK, linewidth=0.8)


def _edge(axes: Axes, start: float, stop: float) -> Span:
    left, right = axes.get_xlim()
    return left + start * (right - left), left + stop * (right - left)


def _legend(page: _Page, segmented: Segmented, columns: int) -> None:
    """Write colour, name, volume and density of each structure below the planes."""
    shades, lines = colours(segmented.labels), -(-len(segmented.measured) // columns)
    top = page.height - LINE_INCH * (lines - 0.15)
    wide = (page.width - 2 * GAP_INCH) / columns
    for number, one in enumerate(segmented.measured):
        left, height = GAP_INCH * 2 + number % columns * wide, top + number // columns * LINE_INCH
        square = Rectangle(
            (left / page.width, 1 - (height + 0.06) / page.height), 0.12 / page.width, 0.12 / page.height,
            color=shades[segmented.labels[one.structure]], linewidth=0,
        )  # fmt: skip
        page.figure.add_artist(square)
        page.text(left + 0.2, height, one.structure.replace("_", " "), "left", ENTRY)
        density = "" if one.mean_hu is None else f"   {one.mean_hu:.0f} HU"
        bound = "≥ " if one.truncated else ""
        told = f"{bound}{one.volume_ml:,.{1 if one.volume_ml < 10 else 0}f} ml{density}" if one.voxels else "not found"
        page.text(left + wide - 0.3, height, told, "right", SMALL)
