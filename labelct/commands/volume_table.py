"""`volumes.csv`: what was measured of every mask in a folder, gathered from the records beside them."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelct.commands.masks import OVERWRITE, RECORD, case_of, mask_of, read_record
from labelct.errors import InputError
from labelct.writing import write_text

NAME, LOCK = "volumes.csv", ".volumes.lock"
COLUMNS = ("case", "structure", "voxels", "volume_ml", "mean_hu", "sd_hu", "truncated")
WHOLE = "no"  # in the last column, which names the ends of the image that a structure reaches
DIGITS = {"volume_ml": 3, "mean_hu": 2, "sd_hu": 2}


def write_table(folder: Path) -> None:
    """Write the table of a folder of masks, whole or not at all; a folder without masks gets none.

    Nothing is written where the table says the same already. Every writer has left its record before it gathers all of
    them, one at a time: the last table holds every case.

    Args:
        folder: Holds the masks.

    Raises:
        InputError: A record is damaged, or the table cannot be written.
    """
    from filelock import FileLock

    if not any(folder.glob(f"*{RECORD}")) or _is_there(folder, _text(folder)):
        return
    with FileLock(folder / LOCK):
        text = _text(folder)
        if not _is_there(folder, text):
            write_text(folder / NAME, text)


def _is_there(folder: Path, text: str) -> bool:
    path = folder / NAME
    return path.is_file() and path.read_bytes() == text.encode()


def _text(folder: Path) -> str:
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(folder))
    return table.getvalue()


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield a line for each structure of each mask, by case."""
    for path in sorted(folder.glob(f"*{RECORD}")):
        mask = mask_of(path)
        for one in read_record(path).get("volumes", ()) if mask is not None else ():
            try:
                cells = {name: _cell(name, one[name]) for name in COLUMNS[1:-1]}
                cells["truncated"] = _cell("truncated", one.get("truncated"))  # which older records do not say
            except (KeyError, TypeError, ValueError):
                raise InputError(path, "its volumes are no table", OVERWRITE) from None
            yield {"case": case_of(mask), **cells} if mask is not None else {}


def _cell(name: str, value: Any) -> Any:
    """Return a value as the table has it; empty where there is none."""
    if value is None:
        return ""
    if name == "truncated":
        return " ".join(value) or WHOLE
    return f"{value:.{DIGITS[name]}f}" if name in DIGITS else value
