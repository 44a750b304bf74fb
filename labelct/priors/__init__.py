"""How dense organs are in CT: the table of HU, fitted to CT with masks, and volumes checked against it."""

from labelct.priors.table import (
    AIR,
    AUTO,
    BACKGROUND_CLASSES,
    BUILTIN,
    FAT,
    FITTED,
    PHASES,
    QUANTILE_LEVELS,
    SOFT,
    TRAIN,
    Prior,
    Priors,
    load_priors,
)

__all__ = [
    "AIR",
    "AUTO",
    "BACKGROUND_CLASSES",
    "BUILTIN",
    "FAT",
    "FITTED",
    "PHASES",
    "QUANTILE_LEVELS",
    "SOFT",
    "TRAIN",
    "Prior",
    "Priors",
    "load_priors",
]
