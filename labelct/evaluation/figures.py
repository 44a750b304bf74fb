"""Pictures of segmentations, of synthetic volumes and of scores, drawn without a display."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

Tiles: TypeAlias = list[list[tuple[float, float]]]

SOFT_TISSUE = (40.0, 400.0)
TRUTH, PREDICTION = "#35d07f", "#ff5c8a"
PALETTE = ("#35d07f", "#ffb000", "#4aa8ff", "#ff5c8a", "#b58cff", "#ffe14d", "#3fd7e0", "#ff8a4c", "#9ad14b", "#f29be0")


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


def overlay(
    volume: NDArray[Any],
    truth: NDArray[Any] | None,
    prediction: NDArray[Any],
    spacing: tuple[float, float, float],
    labels: Mapping[str, int],
    path: Path,
    title: str,
    window: tuple[float, float] = SOFT_TISSUE,
) -> None:
    """Draw the contours of truth and prediction on three planes through the target's centre.

    Args:
        volume: `(x, y, z)` HU, RAS+.
        truth: `(x, y, z)` label values on the same grid, or None where there is no truth.
        prediction: `(x, y, z)` label values on the same grid.
        spacing: Voxel size `(x, y, z)`, mm.
        labels: Label values by name; only these are drawn and centred on.
        path: The PNG to write.
        title: The line above the planes.
        window: Centre and width of the grey window, HU.
    """
    views = (AXIAL, CORONAL, SAGITTAL)
    values = list(labels.values())
    middle = centre(prediction if truth is None or not np.isin(truth, values).any() else truth, values)
    size = np.array(volume.shape) * spacing
    figure, rows, tiles = _canvas([[(size[view.across], size[view.up]) for view in views]], row_height=3.4, margin=0.6)
    single = len(labels) == 1
    colours = {value: (PALETTE[index % len(PALETTE)],) * 2 for index, value in enumerate(values)}
    if single:
        colours = {values[0]: (TRUTH, PREDICTION)}
    for axes, view, tile in zip(rows[0], views, tiles[0], strict=True):
        _show(axes, volume, view, middle[view.cut], spacing, tile, window)
        for value, (colour, other) in colours.items():
            if truth is not None:
                _contour(axes, truth == value, view, middle[view.cut], spacing, colour, "solid")
            _contour(axes, prediction == value, view, middle[view.cut], spacing, other, "solid" if single else "dashed")
    _legend(figure, colours, labels, truth is not None)
    figure.suptitle(title, fontsize=9)
    save(figure, path)


def montage(
    panels: Sequence[tuple[str, NDArray[Any], tuple[float, float, float]]],
    path: Path,
    centres: Sequence[tuple[int, ...] | None] | None = None,
    window: tuple[float, float] = SOFT_TISSUE,
) -> None:
    """Draw volumes side by side, an axial plane above a coronal one, all at one scale.

    Args:
        panels: `(title, volume (x, y, z) in HU, spacing (x, y, z) in mm)` from left to right.
        path: The PNG to write.
        centres: The voxel `(x, y, z)` that the planes go through, per panel; None takes the middle of the volume.
        window: Centre and width of the grey window, HU.
    """
    views = (AXIAL, CORONAL)
    sizes = [np.array(volume.shape) * spacing for _, volume, spacing in panels]
    figure, rows, tiles = _canvas(
        [[(size[view.across], size[view.up]) for size in sizes] for view in views], row_height=2.2, margin=0.3
    )
    for column, (name, volume, spacing) in enumerate(panels):
        middle = (centres[column] if centres else None) or tuple(size // 2 for size in volume.shape)
        for row, view in enumerate(views):
            _show(rows[row, column], volume, view, middle[view.cut], spacing, tiles[row][column], window)
        rows[0, column].set_title(name, fontsize=8, pad=4)
    save(figure, path)


def dice_plot(rows: Iterable[Mapping[str, Any]], path: Path, metric: str = "dice", name: str = "Dice") -> None:
    """Draw every case as a dot over a box of its arm, one group of arms per label.

    Args:
        rows: Score rows with `label`, the metric and, where there are several, `arm`; NaN is left out.
        path: The PNG to write.
        metric: The column to draw.
        name: What the axis calls it.
    """
    scores: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        arms = scores.setdefault(row["label"], {})
        arms.setdefault(str(row.get("arm", "")), []).append(float(row[metric]))
    labels, arms_seen = list(scores), list(dict.fromkeys(arm for arms in scores.values() for arm in arms))
    figure = Figure(figsize=(max(3.4, 1.2 + 0.55 * len(labels) * max(len(arms_seen), 2)), 3.4), layout="constrained")
    axes = figure.add_subplot()
    width = min(0.8 / len(arms_seen), 0.4)
    for index, arm in enumerate(arms_seen):
        for place, label in enumerate(labels):
            values = np.sort([value for value in scores[label].get(arm, []) if not np.isnan(value)])
            _strip(axes, values, place + (index - (len(arms_seen) - 1) / 2) * width, width, f"C{index % 10}")
    axes.set_xticks(range(len(labels)), labels, rotation=0 if len(labels) < 5 else 30, fontsize=8)
    axes.set_xlim(-0.6, len(labels) - 0.4)
    axes.set_ylabel(name, fontsize=9)
    axes.grid(axis="y", linewidth=0.4, alpha=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if len(arms_seen) > 1:
        handles = [Line2D([], [], marker="o", linestyle="", color=f"C{i % 10}") for i in range(len(arms_seen))]
        columns = max(1, int(figure.get_figwidth() / (0.45 + 0.07 * max(len(arm) for arm in arms_seen))))
        figure.legend(handles, arms_seen, loc="outside lower center", ncols=columns, fontsize=7, frameon=False)
    save(figure, path)


def _strip(axes: Axes, values: NDArray[np.float64], place: float, width: float, colour: str) -> None:
    """Draw sorted `values` with their median and, from five on, a box; points spread sideways in a fixed zigzag."""
    if not len(values):
        return
    zigzag = (np.arange(len(values)) * 0.618 % 1 - 0.5) * width * 0.45
    axes.scatter(place + zigzag, values, s=9, color=colour, alpha=0.65, linewidths=0, zorder=3)
    line = {"color": colour, "linewidth": 1.0}
    if len(values) < 5:
        axes.hlines(np.median(values), place - width * 0.3, place + width * 0.3, color="black", linewidth=1.4)
        return
    axes.boxplot(
        [values],
        positions=[place],
        widths=width * 0.75,
        showfliers=False,
        manage_ticks=False,
        boxprops=line,
        whiskerprops=line,
        capprops=line,
        medianprops={"color": "black", "linewidth": 1.4},
    )


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


def _plane(array: NDArray[Any], view: View, index: int) -> NDArray[Any]:
    """Return one plane of `(x, y, z)`, rows upwards and columns across."""
    return np.take(array, index, axis=view.cut).T


def _show(
    axes: Axes,
    volume: NDArray[Any],
    view: View,
    index: int,
    spacing: Sequence[float],
    tile: tuple[float, float],
    window: tuple[float, float],
) -> None:
    """Draw a plane of the volume in mm amid a black tile `(width, height)`, with the letters of its sides."""
    plane = _plane(volume, view, index)
    width, height = plane.shape[1] * spacing[view.across], plane.shape[0] * spacing[view.up]
    low, high = window[0] - window[1] / 2, window[0] + window[1] / 2
    axes.imshow(plane, cmap="gray", vmin=low, vmax=high, origin="lower", extent=(0, width, 0, height), aspect="equal")
    axes.set_xlim((width + tile[0]) / 2, (width - tile[0]) / 2)
    axes.set_ylim((height - tile[1]) / 2, (height + tile[1]) / 2)
    axes.set(facecolor="black", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    for letter, place in ((view.left, 0.03), (view.right, 0.97)):
        axes.text(place, 0.5, letter, transform=axes.transAxes, color="white", fontsize=7, ha="center", va="center")


def _contour(
    axes: Axes, mask: NDArray[np.bool_], view: View, index: int, spacing: Sequence[float], colour: str, style: str
) -> None:
    """Draw the outline of a mask on a plane that `_show` has drawn."""
    plane = np.pad(_plane(mask, view, index), 1)
    if plane.any():
        across = (np.arange(plane.shape[1]) - 0.5) * spacing[view.across]
        up = (np.arange(plane.shape[0]) - 0.5) * spacing[view.up]
        axes.contour(across, up, plane, levels=[0.5], colors=[colour], linewidths=1.0, linestyles=style)


def _legend(
    figure: Figure, colours: Mapping[int, tuple[str, str]], labels: Mapping[str, int], with_truth: bool
) -> None:
    """Write which line is which below the planes."""
    if len(labels) == 1:
        (colour, other) = next(iter(colours.values()))
        name = next(iter(labels))
        lines = {f"{name}: truth": (colour, "solid")} if with_truth else {}
        lines[f"{name}: prediction"] = (other, "solid")
    else:
        lines = {name: (colours[value][0], "solid") for name, value in labels.items()}
        lines |= ({"truth": ("black", "solid")} if with_truth else {}) | {"prediction": ("black", "dashed")}
    handles = [Line2D([], [], color=colour, ls=style, linewidth=1.5) for colour, style in lines.values()]
    figure.legend(handles, list(lines), loc="outside lower center", ncols=6, fontsize=7, frameon=False)


def save(figure: Figure, path: Path) -> None:
    """Write a PNG whose bytes depend on the picture alone."""
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=110, metadata={"Software": None})
