"""Many finished runs as one table with statistics, figures, and the forms that a paper takes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labelct.report.settings import StatisticsSettings

if TYPE_CHECKING:
    from labelct.report.document import Report, gather
    from labelct.report.files import write
    from labelct.report.statistics import compare, compare_arms, summarise

__all__ = ["Report", "StatisticsSettings", "compare", "compare_arms", "gather", "summarise", "write"]

_HOMES = {
    "Report": "document",
    "gather": "document",
    "write": "files",
    "compare": "statistics",
    "compare_arms": "statistics",
    "summarise": "statistics",
}


def __getattr__(name: str) -> Any:
    """Import what needs pandas, SciPy or matplotlib when it is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
