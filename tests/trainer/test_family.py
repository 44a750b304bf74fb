"""What a family that says nothing of them gets: its settings as they are, and no end slices repeated."""

from labelct.dataset import TrainingSet
from labelct.trainer.family import Family
from labelct.trainer.settings import LoopSettings, Step


class PlainSettings(LoopSettings):
    """Settings with what they have to say, and no more."""

    @property
    def step(self):
        return Step(1, (8, 8, 8), 4, "patch")


class Plain(Family[PlainSettings]):
    """A family with what it has to say, and no more."""

    schema = PlainSettings

    def definition(self, settings, classes):
        raise NotImplementedError

    def loss(self, ignore):
        raise NotImplementedError

    def patch(self, settings):
        raise NotImplementedError

    def class_scores(self, network, image, settings, windows):
        raise NotImplementedError


def test_settings_stay_and_no_slice_is_repeated(tmp_path) -> None:
    settings = PlainSettings(steps=3)
    assert Plain().resolved(settings, TrainingSet(tmp_path), 2) is settings
    assert Plain().z_padding_mm(settings) == 0
