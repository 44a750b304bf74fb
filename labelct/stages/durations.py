"""How long the stages of a job took to make, whichever job made them, by the records that they hold."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from labelct import inventory, upkeep
from labelct.store import RECIPE, Stage
from labelct.tracking.curves import FINE, LOG, rows


def with_ancestors(stages: Iterable[Stage]) -> list[Stage]:
    """Return the stages that a job used with all that these were made from and are still there, parents first.

    A job is handed what it reads; projections and priors were made all the same.

    Args:
        stages: The stages.
    """
    known = {stage.folder: stage for stage in stages}
    return [known.get(folder) or Stage(folder.parent.name, folder.name, folder) for folder in upkeep.lineage(known)]


def seconds(stages: Iterable[Stage]) -> list[tuple[str, str, float]]:
    """Return name, key and duration in seconds of each stage that tells it, the same stage once.

    Args:
        stages: The stages that a job used, made by itself or before.
    """
    folders = {(stage.name, stage.key): stage.folder for stage in stages}
    found = [(name, key, _trained(folder) or _last_try(folder)) for (name, key), folder in folders.items()]
    return [(name, key, round(value, 1)) for name, key, value in found if value is not None]


def _trained(folder: Path) -> float | None:
    """Return what the logs of a training count, that of a cascade's second network with it."""
    return sum(_logged(folder / part / LOG) or 0.0 for part in (".", FINE)) or None


def _last_try(folder: Path) -> float | None:
    """Return what the last try took, or the logged epochs where these took longer: some were of earlier tries."""
    known = (_written(folder), sum(row["seconds"] for row in rows(folder / LOG) if {"epoch", "seconds"} <= row.keys()))
    return max((value for value in known if value), default=known[0])


def _logged(path: Path) -> float | None:
    """Return what the log of a training counts, the tries before a kill with it: the clock of each begins at 0."""
    clock = [row["seconds"] for row in rows(path) if {"step", "seconds"} <= row.keys()]
    return sum(before for before, after in pairwise([*clock, 0.0]) if after < before) or None


def _written(folder: Path) -> float | None:
    """Return the time between the first and the last file of the last try; None where a file was made again since."""
    began, ended = folder / RECIPE, folder / inventory.FILE
    if not (began.is_file() and ended.is_file()):
        return None
    took = ended.stat().st_mtime - began.stat().st_mtime
    return took if took >= 0 else None
