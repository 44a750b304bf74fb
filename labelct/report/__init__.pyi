from .document import Report as Report
from .document import gather as gather
from .files import write as write
from .settings import StatisticsSettings as StatisticsSettings
from .statistics import compare as compare
from .statistics import compare_arms as compare_arms
from .statistics import summarise as summarise
