"""Procedural trunk anatomies and a clinical-looking CT of each: a cohort without a download."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labelct.phantom.settings import PhantomSettings

if TYPE_CHECKING:
    from labelct.phantom.cases import case_names, generate_case, write_index

__all__ = ["PhantomSettings", "case_names", "generate_case", "write_index"]


def __getattr__(name: str) -> Any:
    """Import what draws anatomies, and SciPy with it, when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.cases"), name)
