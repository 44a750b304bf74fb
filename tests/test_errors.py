"""Errors say everything in one line, also after a trip from a worker process."""

import pickle

import pytest

from labelct.errors import InputError, SettingError, check_choice, check_range, did_you_mean


@pytest.mark.parametrize(
    "error",
    [
        InputError("ct.nii.gz", "is truncated", "copy it again"),
        SettingError("photons", -1, "1 or more", "see dose=low"),
    ],
)
def test_errors_survive_pickling(error):
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert "\n" not in str(back)


def test_setting_error_names_value_bounds_and_field():
    with pytest.raises(SettingError) as caught:
        check_range("pitch", 3.0, 0.1, 2.0)
    assert str(caught.value) == "pitch=3.0: allowed is 0.1 to 2"


@pytest.mark.parametrize(("low", "high"), [(0.0, None), (None, 1.0), (0.5, 0.5), (None, None)])
def test_bounds_are_inclusive_and_optional(low, high):
    check_range("aperture", 0.5, low, high)
    check_range("aperture", None, low, high)


def test_choice_suggests_the_nearest():
    with pytest.raises(SettingError, match="did you mean 'helical'"):
        check_choice("kind", "helcal", ("none", "image", "helical"))


def test_nothing_near_suggests_nothing():
    assert did_you_mean("zzz", ["liver", "spleen"]) == ""
