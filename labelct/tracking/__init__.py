"""Where curves, tables and pictures of a job go: `curves.csv` beside its results, and any of several trackers."""

from labelct.tracking.settings import Description, LoggerSettings
from labelct.tracking.tracker import Tracker, track

__all__ = ["Description", "LoggerSettings", "Tracker", "track"]
