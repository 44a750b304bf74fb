from .api.datasets import SyntheticDataset as SyntheticDataset
from .api.examples import Example as Example
from .api.examples import example as example
from .api.models import Model as Model
from .api.models import load_model as load_model
from .api.painting import SyntheticVolume as SyntheticVolume
from .api.painting import replay as replay
from .api.painting import synthesize as synthesize
from .api.scanning import scan as scan
from .api.scoring import score as score
from .errors import InputError as InputError
from .errors import LabelctError as LabelctError
from .errors import SettingError as SettingError

__version__: str
