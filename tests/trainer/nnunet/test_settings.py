"""Settings of nnU-Net are refused one line at a time, and only planning ones reach the plans."""

from dataclasses import asdict

import pytest

from labelct.errors import SettingError
from labelct.trainer.nnunet.settings import NnunetSettings, planning


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("configuration", "3d_cascade_fullres"),
        ("planner", "resenc_s"),
        ("plans", "own"),
        ("mirror", "x"),
        ("epochs", 0),
        ("patch", [64, 64]),
        ("patch", [4, 64, 64]),
        ("spacing", [0.0, 1.0, 1.0]),
        ("foreground", 1.5),
    ],
)
def test_a_bad_value_is_named(field, value):
    with pytest.raises(SettingError, match=field):
        NnunetSettings(**{field: value})


def test_settings_survive_json():
    settings = NnunetSettings(planner="resenc_m", patch=[32, 32, 32])
    assert NnunetSettings(**asdict(settings)) == settings


@pytest.mark.parametrize("field", ["epochs", "iterations", "save_every", "learning_rate", "mirror", "prediction"])
def test_the_training_leaves_the_plans_alone(field):
    assert field not in planning(NnunetSettings())


def test_the_paper_trains_4000_epochs_of_3d_fullres(configured):
    trainer = configured("trainer=nnunet").trainer
    assert (trainer.kind, trainer.configuration, trainer.epochs, trainer.iterations) == (
        "nnunet",
        "3d_fullres",
        4000,
        250,
    )


def test_smoke_caps_nnunet(configured):
    trainer = configured("trainer=nnunet", "debug=smoke").trainer
    assert (trainer.epochs, trainer.iterations, trainer.patch, trainer.batch) == (2, 3, [32, 32, 32], 1)
