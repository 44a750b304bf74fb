"""Settings that cannot work are refused where they are made."""

import pytest

from labelct.errors import SettingError
from labelct.translation.settings import TranslationSettings


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"size": 130}, "size=130: allowed is a multiple of 4"),
        ({"load": 200, "crop": "fixed"}, "load=200: allowed is size=256 or more"),
        ({"hu": [100.0, 100.0]}, "hu="),
        ({"percentiles": [5.0, 5.0]}, "percentiles="),
        ({"ssim": {"window": 10}}, "ssim.window=10: allowed is an odd number"),
        ({"decay": 300}, "decay=300: allowed is epochs=200 or less"),
        ({"cycle": "huber"}, "cycle='huber': allowed is one of mse, l1, ssim"),
        ({"size": 32, "judge_layers": 5}, "size=32: allowed is 128 or more with judge_layers=5"),
    ],
)
def test_what_cannot_work_is_named(wrong, named):
    with pytest.raises(SettingError) as error:
        TranslationSettings(kind="cyclegan", **wrong)
    assert str(error.value).startswith(named)


def test_defaults_are_those_of_the_paper():
    paper = TranslationSettings(kind="cyclegan")
    assert (paper.learning_rate, paper.epochs, paper.hu, paper.ct_crop) == (2e-4, 200, [-500, 500], 0.5)
    assert (paper.load, paper.size, paper.ratio) == (284, 256, [0.5, 1.0])
