"""A figure in the forms that pages, slides and papers take: PNG of 300 dpi, SVG and PDF, the same bytes every time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from labelct.evaluation.figures import lacking_told
from labelct.writing import written

Form = Literal["png", "svg", "pdf"]
DPI = 300  # what journals ask of pictures at the size that they are printed at
FORMS: Sequence[Form] = ("png", "svg", "pdf")
# Nothing in the files tells the day or a chance; fonts as TrueType, which editors and journals take.
STYLE: Any = {"svg.hashsalt": "labelct", "svg.fonttype": "none", "pdf.fonttype": 42}
METADATA: dict[Form, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


def colours(count: int) -> list[str]:
    """Return the colours of so many arms or lines, the same in every plot of a report; twenty differ."""
    names = [f"C{index}" for index in range(10)]
    if count > len(names):
        names = [to_hex(colour) for colour in mpl.colormaps["tab20"].colors]  # type: ignore[attr-defined]
    return [names[index % len(names)] for index in range(count)]


def frame(axes: Axes, along: Literal["both", "y"] = "both") -> None:
    """Give axes a faint grid and small numbers, along both or along the vertical one, and no lines above and right."""
    axes.grid(axis=along, linewidth=0.4, alpha=0.6)
    axes.tick_params(axis=along, labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def legend(figure: Figure, handles: Mapping[str, Artist]) -> None:
    """Say below all panels what each colour or line is, by name, as many beside each other as there is room for."""
    columns = max(1, int(figure.get_figwidth() / (0.6 + 0.07 * max(map(len, handles), default=0))))
    place: dict[str, Any] = {"loc": "outside lower center", "ncols": columns, "fontsize": 7, "frameon": False}
    figure.legend(list(handles.values()), list(handles), **place)


def save(figure: Figure, path: Path, forms: Sequence[Form] = FORMS) -> None:
    """Write a figure in several forms beside each other.

    Args:
        figure: The figure.
        path: The PNG; the others have its name and their own ending.
        forms: The forms.
    """
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # names come from files, and a `$` in one is no formula
    with mpl.rc_context(STYLE):
        for form in forms:
            with written(path.with_suffix(f".{form}")) as file, lacking_told(path):
                figure.savefig(file, format=form, dpi=DPI, metadata=METADATA[form])
