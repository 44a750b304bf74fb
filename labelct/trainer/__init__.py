"""Networks: a table of trainers with one face; `open_model` opens what any of them has trained."""

from labelct.trainer.face import Predictor, Trainer, TrainingTask
from labelct.trainer.table import TRAINERS, open_model

__all__ = ["TRAINERS", "Predictor", "Trainer", "TrainingTask", "open_model"]
