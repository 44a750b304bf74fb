"""A cascade is off by default, leaves no trace then, and is refused where it cannot be meant."""

import pytest

from labelct.complaints import ConfigError
from labelct.errors import SettingError
from labelct.trainer.unet.cascade.settings import CascadeSettings
from labelct.trainer.unet.settings import UNetSettings

TARGETS = "targets=[liver,gallbladder]"


def test_a_cascade_that_is_off_is_in_no_key_and_no_model():
    off, other = UNetSettings(), UNetSettings(cascade=CascadeSettings(steps=7))
    assert "cascade" not in off.plain()
    assert off.recipe() == other.recipe()
    assert set(off.plain()) - set(off.recipe()) == {"prediction"}


def test_every_key_of_a_cascade_that_is_on_counts():
    on = [CascadeSettings(["liver"]), CascadeSettings(["liver"], steps=7), CascadeSettings(["liver"], margin_mm=7)]
    recipes = [UNetSettings(cascade=one).recipe() for one in on]
    assert all(recipes.count(recipe) == 1 for recipe in recipes)


def test_settings_come_back_from_plain_values():
    settings = UNetSettings(cascade=CascadeSettings(["liver"], spacing=2.0))
    assert UNetSettings(**settings.plain()) == settings


def test_a_name_that_is_no_target_is_one_line_with_the_nearest(configured):
    with pytest.raises(ConfigError, match="did you mean 'gallbladder'") as error:
        configured("trainer=unet", TARGETS, "trainer.cascade.targets=[galbladder]")
    assert str(error.value).startswith("trainer.cascade.targets='galbladder': allowed is one of liver, gallbladder;")


def test_the_preset_is_the_coarse_network_and_a_second_one(configured):
    organs = ["liver", "gallbladder", "pancreas", "stomach", "aorta", "kidneys"]
    trainer = configured("trainer=unet_cascade", f"targets=[{','.join(organs)}]").trainer
    assert set(trainer.cascade.targets) == set(organs[1:])
    assert (trainer.spacing, trainer.cascade.spacing) == ([5.0, 5.0, 5.0], 2.5)


def test_a_structure_is_named_once():
    with pytest.raises(SettingError, match="each structure once"):
        CascadeSettings(["liver", "liver"])


@pytest.mark.parametrize("coarse", [[2.5, 5.0, 5.0], [2.0, 2.0, 2.0]])
def test_the_second_grid_is_finer_than_the_first(coarse):
    UNetSettings(spacing=coarse)
    with pytest.raises(SettingError, match=r"cascade\.spacing=2\.5: allowed is less than spacing="):
        UNetSettings(spacing=coarse, cascade=CascadeSettings(["liver"], spacing=2.5))


def test_volumes_are_no_coarser_than_the_second_grid():
    on = CascadeSettings(["liver"], spacing=2.5)
    on.check_volumes(2.5)
    CascadeSettings(spacing=2.5).check_volumes(4.0)
    with pytest.raises(SettingError, match=r"4 or more.*; set data\.spacing=2\.5"):
        on.check_volumes(4.0)
