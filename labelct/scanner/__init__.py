"""The simulated CT scanner; arrays only. The function `scan` has its module's name: import it from `scanner.scan`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelct.scanner.backends import BACKENDS, Backend, backend
    from labelct.scanner.chunked_reconstruction import Reconstruction
    from labelct.scanner.geometry import Grid, Helix, plan
    from labelct.scanner.scan import Acquisition, project, sample_scan
    from labelct.scanner.settings import DoseSettings, NoiseOnlySettings, ReconSettings, ScannerSettings

_WHERE = {
    "backends": ("BACKENDS", "Backend", "backend"),
    "chunked_reconstruction": ("Reconstruction",),
    "geometry": ("Grid", "Helix", "plan"),
    "scan": ("Acquisition", "project", "sample_scan"),
    "settings": ("NoiseOnlySettings", "DoseSettings", "ReconSettings", "ScannerSettings"),
}
__all__ = [
    "BACKENDS",
    "Acquisition",
    "Backend",
    "DoseSettings",
    "Grid",
    "Helix",
    "NoiseOnlySettings",
    "ReconSettings",
    "Reconstruction",
    "ScannerSettings",
    "backend",
    "plan",
    "project",
    "sample_scan",
]


def __getattr__(name: str) -> Any:
    """Return a public name from the module that defines it, loaded when first asked for."""
    for module, names in _WHERE.items():
        if name in names:
            return getattr(import_module(f"labelct.scanner.{module}"), name)
    raise AttributeError(f"module 'labelct.scanner' has no attribute {name!r}")
