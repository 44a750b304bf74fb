"""How dense organs are in CT: the table of HU, fitted to CT with masks, and volumes checked against it."""

from labelct.priors.table import AIR, FAT, QUANTILE_LEVELS, REST_CLASSES, SOFT, Prior, Priors, load_priors

__all__ = ["AIR", "FAT", "QUANTILE_LEVELS", "REST_CLASSES", "SOFT", "Prior", "Priors", "load_priors"]
