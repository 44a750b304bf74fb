"""Prior knowledge of how dense each organ is in CT, keyed by class name."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from labelct.errors import InputError, nearest

AIR, FAT, SOFT = "_air", "_fat", "_soft"
FITTED = "F"  # the evidence of a row that was measured on CT
BACKGROUND_CLASSES = (AIR, FAT, SOFT)
QUANTILE_LEVELS = tuple(step / 8 for step in range(-28, 29))  # normal levels, -3.5 to 3.5: all but 1 voxel of 2000


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

    def mean(self, enhancement: float) -> float:
        """Return the organ's mean HU at an enhancement factor (0 native, 1 portal-venous)."""
        return self.hu_native_mean + enhancement * (self.hu_pv_mean - self.hu_native_mean)


@dataclass(frozen=True)
class Priors:
    """A table of priors with its origin."""

    table: Mapping[str, Prior]
    source: str

    def __getitem__(self, name: str) -> Prior:
        if name in self.table:
            return self.table[name]
        near = nearest(name, self.table, 3)
        hint = f"did you mean {', '.join(sorted(near))}? " if near else ""
        problem = f"no prior for {name!r} ({hint}fill=uniform needs none)"
        raise InputError(self.source, problem, "rename it, or add a row to a table for data.priors=")


def _number(row: Mapping[str, str], column: str, default: float | None, source: str) -> float:
    text = (row.get(column) or "").strip()
    if not text and default is not None:
        return default
    try:
        return float(text)
    except ValueError:
        problem = f"class {row.get('name')!r} has {column}={text!r}, which is no number"
        raise InputError(source, problem, "write a number in HU, with a point") from None


def parse_priors(text: str, source: str) -> Priors:
    """Read the CSV form of a prior table.

    Args:
        text: CSV with the columns `name`, `hu_pv_mean`, `hu_sd_between`, `hu_sd_texture`, `hu_native_mean` and, if
            present, `gas_fraction`, `hu_gas`, `hu_gas_sd`, `quantiles` (numbers parted by blanks) and `evidence`;
            further columns are passed over.
        source: What errors call the table.

    Raises:
        InputError: A column is missing, a cell is no number, or a name stands twice.
    """
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    optional = {f.name: f.default for f in fields(Prior) if isinstance(f.default, float)}
    columns = [f.name for f in fields(Prior) if f.name not in ("name", "quantiles", "evidence")]
    missing = [c for c in ("name", *columns) if c not in optional and c not in (rows[0] if rows else ())]
    if missing:
        raise InputError(source, f"the column {missing[0]!r} is missing", "see `labelct priors show` for the columns")
    table: dict[str, Prior] = {}
    for row in rows:
        name = row["name"].strip()
        if name in table:
            raise InputError(source, f"the class {name!r} has two rows", "keep one of them")
        numbers = {c: _number(row, c, optional.get(c), source) for c in columns}
        cells = (row.get("quantiles") or "").split()
        if len(cells) not in (0, len(QUANTILE_LEVELS)):
            problem = f"class {name!r} has {len(cells)} quantiles, expected {len(QUANTILE_LEVELS)}"
            raise InputError(source, problem, "fit the table again, or leave the cell empty")
        quantiles = tuple(_number({"name": name, "quantiles": q}, "quantiles", None, source) for q in cells)
        table[name] = Prior(name, **numbers, quantiles=quantiles, evidence=(row.get("evidence") or "C").strip())
    return Priors(table, source)


@lru_cache(maxsize=8)
def load_priors(source: str = "builtin") -> Priors:
    """Return the built-in prior table, or the one in the CSV file `source`.

    Source of the built-in table: docs/synthesis.md gives the evidence grade of every group.
    """
    if source == "builtin":
        text = files("labelct.priors").joinpath("hu_priors.csv").read_text(encoding="utf-8")
        return parse_priors(text, "built-in priors")
    try:
        return parse_priors(Path(source).read_text(encoding="utf-8"), source)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(source, f"cannot be read ({error})", "set data.priors=builtin or a CSV file") from None
