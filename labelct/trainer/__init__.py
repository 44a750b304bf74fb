"""Networks: a table of trainers with one face; `open_model` opens what any of them has trained."""

from labelct.trainer.face import Predictor, Trainer, TrainingTask
from labelct.trainer.open import open_model
from labelct.trainer.table import TRAINERS

__all__ = ["TRAINERS", "Predictor", "Trainer", "TrainingTask", "open_model"]
