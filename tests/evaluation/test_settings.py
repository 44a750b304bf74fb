import pytest

from labelct.errors import SettingError
from labelct.evaluation.settings import EvaluationSettings


@pytest.mark.parametrize(
    ("field", "value"),
    [("tolerance_mm", -1.0), ("percentile", 40.0), ("overlays", -1), ("window_level", 5000.0), ("window_width", 0.0)],
)
def test_settings_out_of_range_are_named(field, value):
    with pytest.raises(SettingError, match=field):
        EvaluationSettings(**{field: value})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"folds": 6}, r"fold=None: allowed is a whole number from 0 to 5; sweep=folds or -m"),
        ({"folds": 6, "fold": 6}, r"fold=6: allowed is a whole number from 0 to 5 with evaluation\.folds=6"),
        ({"folds": 1, "fold": 0}, "folds=1: allowed is 2 or more"),
        ({"fold": 0}, "fold=0: allowed is null without evaluation.folds"),
        ({"strata": "target_volume"}, "strata='target_volume': allowed is null without"),
        ({"folds": 6, "fold": 0, "validation_share": 1.0}, "validation_share"),
    ],
)
def test_folds_that_cannot_be_meant_are_refused_in_one_line(given, said):
    with pytest.raises(SettingError, match=said) as caught:
        EvaluationSettings(**given)
    assert "\n" not in str(caught.value)


def test_scores_of_given_masks_depend_on_no_fold():
    whole, fold = EvaluationSettings(), EvaluationSettings(folds=6, fold=2, strata="site", fold_seed=4)
    assert whole.measurement() == fold.measurement()
    assert EvaluationSettings(overlays=1).measurement() != whole.measurement()
    assert {"tolerance_mm", "largest_component"} <= set(whole.measurement())
