"""Prior knowledge of how dense each organ is in CT, keyed by class name."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from labelct.errors import InputError, nearest
from labelct.texts import read_rows, read_text

AIR, FAT, SOFT = "_air", "_fat", "_soft"
BUILTIN = "builtin"  # the source of the table that ships
TRAIN = "train"  # measured on the CT of the training cases
AUTO = "auto"  # the one where a training case has a CT, else the other
FITTED = "F"  # the evidence of a row that was measured on CT
BACKGROUND_CLASSES = (AIR, FAT, SOFT)
QUANTILE_LEVELS = tuple(step / 8 for step in range(-28, 29))  # normal levels, -3.5 to 3.5: all but 1 voxel of 2000
PHASES = ("native", "arterial", "portal", "delayed")  # in the order in which a bolus goes; a time is a place among them
PORTAL = 2.0
LARGEST_HU = 32767.0  # what an int16 holds
# What a column may hold besides HU: the smallest and the largest number, and what to do about others.
RANGES = {
    **dict.fromkeys(("hu_sd_between", "hu_sd_texture", "hu_gas_sd"), (0.0, LARGEST_HU, "write a spread in HU")),
    "gas_fraction": (0.0, 1.0, "write a share of the volume"),
}


@dataclass(frozen=True)
class Prior:
    """The HU statistics of one class.

    Attributes:
        name: Class name, TotalSegmentator v2 where one exists.
        hu_pv_mean: Mean of the organ means in the portal-venous phase.
        hu_sd_between: Standard deviation of the organ mean between patients.
        hu_sd_texture: Standard deviation of the voxels inside one organ.
        hu_native_mean: Mean of the organ means without contrast.
        gas_fraction: Part of a hollow organ's volume that is gas.
        hu_gas: Mean of that gas.
        hu_gas_sd: Standard deviation of its voxels.
        quantiles: HU minus the organ mean at 57 standard normal levels from -3.5 to 3.5; empty where none were
            fitted.
        evidence: A measured on public data, B one anchor, C domain knowledge, F fitted.
        hu_arterial_mean: Mean of the organ means in the late arterial phase; nan where the table does not say.
        hu_delayed_mean: The same some three minutes after the injection.
    """

    name: str
    hu_pv_mean: float
    hu_sd_between: float
    hu_sd_texture: float
    hu_native_mean: float
    gas_fraction: float = 0.0
    hu_gas: float = -880.0
    hu_gas_sd: float = 40.0
    quantiles: tuple[float, ...] = ()
    evidence: str = "C"
    hu_arterial_mean: float = math.nan
    hu_delayed_mean: float = math.nan

    def mean(self, enhancement: float, time: float = PORTAL) -> float:
        """Return the organ's mean HU.

        Args:
            enhancement: Factor on what the contrast agent adds: 0 without, 1 that of the table.
            time: When the scan is, as a place among `PHASES`: 1 arterial, 2 portal-venous, linear between them.
        """
        enhanced = sum(weight * self.level(place) for place, weight in weights_at(time).items())
        return self.hu_native_mean + enhancement * (enhanced - self.hu_native_mean)

    def level(self, place: int) -> float:
        """Return the mean HU in one of `PHASES` by its place."""
        return (self.hu_native_mean, self.hu_arterial_mean, self.hu_pv_mean, self.hu_delayed_mean)[place]

    @property
    def has_curve(self) -> bool:
        """Whether all phases are known."""
        return not math.isnan(self.hu_arterial_mean + self.hu_delayed_mean)


def weights_at(time: float) -> dict[int, float]:
    """Return the shares of the phases around a time, by their place among `PHASES`; they sum to 1."""
    before = min(int(time), len(PHASES) - 1)
    after = time - before
    return {before: 1.0 - after, before + 1: after} if after else {before: 1.0}


@dataclass(frozen=True)
class Priors:
    """A table of priors with its origin."""

    table: Mapping[str, Prior]
    source: str

    def __getitem__(self, name: str) -> Prior:
        return self.table[name]

    def get(self, name: str) -> Prior | None:
        """Return the prior of a class, None where the table has none: what `fill=uniform` draws then stands for it."""
        return self.table.get(name)

    def hollow(self, names: Iterable[str]) -> list[str]:
        """Return those of some classes that hold gas; one without a prior does not."""
        return [name for name in names if name in self.table and self.table[name].gas_fraction > 0]

    def without(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Return the names that have no prior, sorted, each with those of the table that are like it."""
        return {name: nearest(name, self.table, 2) for name in sorted(set(names) - set(self.table))}

    def check_curves(self, phase: str) -> None:
        """Raise `InputError` where a class has no HU in the arterial or delayed phase, which `phase` takes."""
        lacking = [name for name, prior in self.table.items() if not prior.has_curve]
        if lacking:
            problem = f"has no hu_arterial_mean or hu_delayed_mean of {lacking[0]!r}, which data.phase={phase} takes"
            raise InputError(self.source, problem, "add both columns, or set data.phase=portal, native or mixed")


def _number(row: Mapping[str, str], column: str, default: float | None, source: str) -> float:
    text = (row.get(column) or "").strip()
    if not text and default is not None:
        return default
    low, high, remedy = RANGES.get(column, (-LARGEST_HU, LARGEST_HU, "write a number in HU, with a point"))
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        problem = f"class {row.get('name')!r} has {column}={text!r}, which is no number from {low:g} to {high:g}"
        raise InputError(source, problem, remedy)
    return number


def parse_priors(text: str, source: str) -> Priors:
    """Read the CSV form of a prior table.

    Args:
        text: CSV with the columns `name`, `hu_pv_mean`, `hu_sd_between`, `hu_sd_texture`, `hu_native_mean` and, if
            present, `gas_fraction`, `hu_gas`, `hu_gas_sd`, `hu_arterial_mean`, `hu_delayed_mean`, `quantiles` (numbers
            parted by blanks) and `evidence`; further columns are passed over.
        source: What errors call the table.

    Raises:
        InputError: A column is missing, a cell is no number or none that can be, or a name is empty or stands twice.
    """
    rows = read_rows(text.lstrip("\ufeff"), source, "see `labelct priors show` for its form")
    optional = {f.name: f.default for f in fields(Prior) if isinstance(f.default, float)}
    columns = [f.name for f in fields(Prior) if f.name not in ("name", "quantiles", "evidence")]
    missing = [c for c in ("name", *columns) if c not in optional and c not in (rows[0] if rows else ())]
    if missing:
        raise InputError(source, f"the column {missing[0]!r} is missing", "see `labelct priors show` for the columns")
    table: dict[str, Prior] = {}
    for row in rows:
        name = row["name"].strip()
        if not name:
            raise InputError(source, "a row has no name", "write the class in the column 'name', or take the row away")
        if name in table:
            raise InputError(source, f"the class {name!r} has two rows", "keep one of them")
        numbers = {c: _number(row, c, optional.get(c), source) for c in columns}
        cells = (row.get("quantiles") or "").split()
        if len(cells) not in (0, len(QUANTILE_LEVELS)):
            problem = f"class {name!r} has {len(cells)} quantiles, expected {len(QUANTILE_LEVELS)}"
            raise InputError(source, problem, "fit the table again, or leave the cell empty")
        quantiles = tuple(_number({"name": name, "quantiles": q}, "quantiles", None, source) for q in cells)
        if any(below > above for below, above in pairwise(quantiles)):
            raise InputError(source, f"the quantiles of class {name!r} do not rise", "fit the table again")
        table[name] = Prior(name, **numbers, quantiles=quantiles, evidence=(row.get("evidence") or "C").strip())
    return Priors(table, source)


@lru_cache(maxsize=8)
def load_priors(source: str = "builtin") -> Priors:
    """Return the built-in prior table, or the same with the rows of the CSV file `source` laid over it.

    A row of the file stands in the place of the built-in row of its name; one of another name comes on top.

    Source of the built-in table: docs/synthesis.md gives the evidence grade of every group.
    """
    if source == BUILTIN:
        text = files("labelct.priors").joinpath("hu_priors.csv").read_text(encoding="utf-8")
        return parse_priors(text, "built-in priors")
    own = parse_priors(read_text(Path(source), "set data.priors= to builtin, train, auto or a CSV file"), source)
    return Priors({**load_priors().table, **own.table}, source)
