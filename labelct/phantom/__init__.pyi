from .cases import case_names as case_names
from .cases import generate_case as generate_case
from .cases import write_index as write_index
from .settings import EmbeddedSettings as EmbeddedSettings
from .settings import PelvisSettings as PelvisSettings
from .settings import PhantomSettings as PhantomSettings
