"""Label maps into HU: a `Recipe` draws and paints a `Case`; each ingredient of a recipe is one module of this room."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelct.synthesis.bank import Bank, load_bank
    from labelct.synthesis.case import Case
    from labelct.synthesis.recipe import Recipe, Synthetic
    from labelct.synthesis.recipes import INGREDIENTS, RECIPES, Kind
    from labelct.synthesis.settings import DataSettings

__all__ = ["INGREDIENTS", "RECIPES", "Bank", "Case", "DataSettings", "Kind", "Recipe", "Synthetic", "load_bank"]

_HOME = {
    "Bank": "bank",
    "Case": "case",
    "DataSettings": "settings",
    "INGREDIENTS": "recipes",
    "Kind": "recipes",
    "RECIPES": "recipes",
    "Recipe": "recipe",
    "Synthetic": "recipe",
    "load_bank": "bank",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: the ingredients, too, are imported from this package."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
