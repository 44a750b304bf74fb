"""Where subjects come from: label maps, with or without CT."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labelct.cohort.settings import (
    DicomSettings,
    FolderSettings,
    NnunetRawSettings,
    OwnSettings,
    TotalSegmentatorSettings,
)

if TYPE_CHECKING:
    from labelct.cohort.base import Cohort, Subject
    from labelct.cohort.open import open_cohort

__all__ = [
    "Cohort",
    "DicomSettings",
    "FolderSettings",
    "NnunetRawSettings",
    "OwnSettings",
    "Subject",
    "TotalSegmentatorSettings",
    "open_cohort",
]

_HOMES = {"Cohort": "base", "Subject": "base", "open_cohort": "open"}


def __getattr__(name: str) -> Any:
    """Import what reads files, and NumPy with it, when it is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
