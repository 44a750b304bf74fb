from .base import Cohort as Cohort
from .base import Subject as Subject
from .open import open_cohort as open_cohort
from .settings import DicomSettings as DicomSettings
from .settings import FolderSettings as FolderSettings
from .settings import NnunetRawSettings as NnunetRawSettings
from .settings import OwnSettings as OwnSettings
from .settings import TotalSegmentatorSettings as TotalSegmentatorSettings
