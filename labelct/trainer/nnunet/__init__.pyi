from .exporting import export as export
from .predictor import load as load
from .preflight import check as check
from .preparation import prepare as prepare
from .settings import FORMATS as FORMATS
from .settings import Settings as Settings
from .training import fit as fit
