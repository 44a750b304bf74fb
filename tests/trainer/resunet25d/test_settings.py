"""Settings of the 2.5-D U-Net: refused by name, kept through plain containers, and as the paper has them."""

import dataclasses

import pytest

from labelct.config import option_names
from labelct.errors import SettingError
from labelct.trainer.resunet25d.settings import AugmentationSettings, ResUNetSettings


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: ResUNetSettings(context=4), "context"),
        (lambda: ResUNetSettings(size=100), "size"),
        (lambda: ResUNetSettings(channels=[8, 16, 32, 64, 128], size=16), "size"),
        (lambda: ResUNetSettings(channels=[8, 16]), "channels"),
        (lambda: ResUNetSettings(spacing=[1.0, 1.0]), "spacing"),
        (lambda: ResUNetSettings(spacing=[0.0, 1.0, 0.0]), "spacing"),
        (lambda: AugmentationSettings(flip="xz"), "augmentation.flip"),
        (lambda: AugmentationSettings(crop=0.0), "augmentation.crop"),
    ],
)
def test_values_out_of_range_name_their_field(make, named: str) -> None:
    with pytest.raises(SettingError) as caught:
        make()
    assert caught.value.field == named


def test_settings_survive_plain_containers() -> None:
    settings = ResUNetSettings(spacing=[1.0, 2.0, 0.0], augmentation=AugmentationSettings(flip="y"))
    assert ResUNetSettings(**dataclasses.asdict(settings)) == settings


def test_the_paper_is_the_default(configured) -> None:
    """Three slices, Adam, 300 epochs, crops of ratio 1 to 0.5; -500 to 500 HU become -1 to 1."""
    chosen = configured("trainer=resunet25d").trainer
    assert (chosen.context, chosen.optimiser, chosen.epochs, chosen.steps) == (1, "adam", 300, 0)
    assert (chosen.augmentation.crop, chosen.augmentation.flip) == (0.5, "xy")
    known = chosen.normalisation
    assert [(hu - known.mean) / known.sd for hu in (known.low, known.high)] == [-1, 1]


QUICK = [("resunet25d_small", "synth3"), ("resunet25d", "clinical"), ("resunet25d", "cyclegan")]  # for all others
OTHERS = [pytest.param("resunet25d", data, marks=pytest.mark.ci) for data in option_names("data")]


@pytest.mark.parametrize(("trainer", "data"), [*QUICK, *OTHERS])
def test_it_goes_with_every_recipe(configured, trainer: str, data: str) -> None:
    config = configured(f"trainer={trainer}", f"data={data}", "debug=smoke")
    assert (config.trainer.kind, config.trainer.steps, config.trainer.size) == ("resunet25d", 4, 32)


def test_a_share_that_is_not_set_is_no_part_of_the_recipe() -> None:
    """Trainings from before the key was there keep their stage."""
    assert ResUNetSettings().recipe()["target_share"] == 0.01
    assert "target_share" not in ResUNetSettings(target_share=None).recipe()
