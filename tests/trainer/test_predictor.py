import numpy as np

from labelct.trainer.predictor import body_box
from labelct.trainer.settings import PredictionSettings


def test_box_holds_the_body_and_not_the_table() -> None:
    hu = np.full((60, 50, 40), -1000, np.float32)
    hu[20:40, 15:35, :] = 40
    hu[5:55, 2:4, :] = 100  # the table, thinner than the body
    box = body_box(hu, (2.0, 2.0, 2.0), PredictionSettings(margin_mm=8))
    assert [(span.start, span.stop) for span in box] == [(15, 44), (11, 40), (0, 40)]


def test_without_a_body_or_a_wish_nothing_is_cropped() -> None:
    air, water = np.full((9, 9, 9), -1000, np.float32), np.zeros((9, 9, 9), np.float32)
    for hu, settings in ((air, PredictionSettings()), (water, PredictionSettings(body_crop=False))):
        assert hu[body_box(hu, (1, 1, 1), settings)].shape == hu.shape
