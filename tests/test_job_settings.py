import pytest

from labelct.errors import SettingError
from labelct.job_settings import JobSettings, LimitSettings, PathsSettings


def test_a_limit_takes_one_case_at_least_and_null_takes_all():
    assert LimitSettings(train=1).val is None
    with pytest.raises(SettingError, match="test=0"):
        LimitSettings(test=0)


def test_what_lies_in_no_section_is_checked_too():
    for seed in (-1, 2**63, 99999999999999999999):  # torch takes no larger ones, and is asked when the data are made
        with pytest.raises(SettingError, match=f"seed={seed}: allowed is 0 to "):
            JobSettings(seed=seed)


def test_outputs_lie_where_the_home_is(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    assert PathsSettings("~/results").outputs == "/home/someone/results"
