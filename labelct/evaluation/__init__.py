"""Scores of one segmentation, and pictures of it; arrays only."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labelct.evaluation.settings import EvaluationSettings

if TYPE_CHECKING:
    from labelct.evaluation.components import keep_largest
    from labelct.evaluation.figures import Panel, Scan, montage, overlay
    from labelct.evaluation.metrics import METRICS, dice, score

__all__ = ["METRICS", "EvaluationSettings", "Panel", "Scan", "dice", "keep_largest", "montage", "overlay", "score"]

_HOMES = {
    "METRICS": "metrics",
    "Panel": "figures",
    "Scan": "figures",
    "dice": "metrics",
    "keep_largest": "components",
    "montage": "figures",
    "overlay": "figures",
    "score": "metrics",
}


def __getattr__(name: str) -> Any:
    """Import what needs SciPy or matplotlib when it is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
