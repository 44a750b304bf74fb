"""Results keep the order of the cases, whatever runs them, and a worker's error arrives as it was raised."""

import pytest

from labelct.errors import InputError, SettingError
from labelct.parallel import ParallelSettings, map_cases


def square(number):
    return number * number


def fail_at_three(number):
    if number == 3:
        raise InputError(f"case_{number}", "is broken", "mend it")
    return number


@pytest.mark.parametrize("settings", [ParallelSettings(1), ParallelSettings(2), ParallelSettings(2, "threading")])
def test_order_of_results(settings):
    assert map_cases(square, list(range(7)), settings, "squares") == [n * n for n in range(7)]


def test_no_cases_no_work():
    assert map_cases(square, [], ParallelSettings(2), "squares") == []


def test_error_of_a_worker_keeps_its_line():
    with pytest.raises(InputError, match="case_3: is broken; mend it"):
        map_cases(fail_at_three, list(range(5)), ParallelSettings(2), "cases")


def test_unknown_backend_is_refused():
    with pytest.raises(SettingError, match="loky"):
        ParallelSettings(backend="lokky")
