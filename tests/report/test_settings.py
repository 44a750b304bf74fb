import pytest

from labelct.errors import SettingError
from labelct.report import StatisticsSettings


@pytest.mark.parametrize(("field", "value"), [("level", 1.0), ("resamples", 10), ("margin", 0.0), ("seed", -1)])
def test_settings_out_of_range_are_named(field, value):
    with pytest.raises(SettingError, match=field):
        StatisticsSettings(**{field: value})
