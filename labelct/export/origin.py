"""The run behind a model: the job that trained it, or that found it trained already."""

import json
from pathlib import Path

from labelct.folders import matching
from labelct.job_status import PLACES, SCORES


def run_of(model: Path, named: Path) -> Path | None:
    """Return the folder of a model's finished run, None where there is none.

    Args:
        model: The model's folder.
        named: What the user named: the run, or anything else.

    Returns:
        `named` where it is a run, else of the runs beside `stages/training` that used the model the last one.
    """
    if (named / SCORES).is_file():
        return named
    stage = model.absolute()
    if stage.parent.name != "training":
        return None
    outputs, wanted = stage.parents[2], ["training", stage.name]
    found = [path for pattern in PLACES for path in matching(outputs, f"{pattern}/{SCORES}") if wanted in _stages(path)]
    return max(found, key=lambda path: path.stat().st_mtime_ns).parent if found else None


def _stages(record: Path) -> list[list[str]]:
    """Return name and key of the stages that a job used, none where its record is damaged: then it is no one's."""
    try:
        return [list(pair) for pair in json.loads(record.read_text(encoding="utf-8"))["keys"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
