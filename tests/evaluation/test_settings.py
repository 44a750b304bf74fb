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
