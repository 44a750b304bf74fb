"""What a family that says nothing of them gets: its settings as they are, and no end slices repeated."""

from labelct.dataset import TrainingSet
from labelct.trainer.family import Family
from labelct.trainer.settings import LoopSettings


class Plain(Family[LoopSettings]):
    """A family with what it has to say, and no more."""

    schema = LoopSettings

    def definition(self, settings, classes):
        raise NotImplementedError

    def loss(self, ignore):
        raise NotImplementedError

    def patch(self, settings):
        raise NotImplementedError

    def class_scores(self, network, image, settings, windows):
        raise NotImplementedError


def test_settings_stay_and_no_slice_is_repeated(tmp_path) -> None:
    settings = LoopSettings(steps=3)
    assert Plain().resolved(settings, TrainingSet(tmp_path), 2) is settings
    assert Plain().z_padding_mm(settings) == 0
