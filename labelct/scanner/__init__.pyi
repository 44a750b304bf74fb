from .backends import BACKENDS as BACKENDS
from .backends import Backend as Backend
from .backends import backend as backend
from .chunked_reconstruction import Reconstruction as Reconstruction
from .geometry import Grid as Grid
from .geometry import Helix as Helix
from .geometry import plan as plan
from .scan import Acquisition as Acquisition
from .scan import project as project
from .scan import sample_scan as sample_scan
from .settings import (
    DoseSettings as DoseSettings,
)
from .settings import (
    NoiseOnlySettings as NoiseOnlySettings,
)
from .settings import (
    ReconSettings as ReconSettings,
)
from .settings import (
    ScannerSettings as ScannerSettings,
)
