"""Errors say everything in one line, also after a trip from a worker process."""

import errno
import pickle

import pytest

from labelct.errors import (
    InputError,
    SettingError,
    check_choice,
    check_installed,
    check_range,
    did_you_mean,
    first_line,
    listed,
    nearest,
    one_line,
    refusal,
    refused,
    rename,
)


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


def test_what_a_file_says_cannot_break_the_line_or_reach_the_terminal():
    error = InputError("a\nb.nii", "its unit is \x1b[31mmm\0", "correct it, é")
    assert str(error) == r"a\nb.nii: its unit is \x1b[31mmm\x00; correct it, é"


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


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "a.png: the disk is full; free some space or write elsewhere"),
        (errno.EDQUOT, "a.png: the disk quota is used up; free some space or write elsewhere"),
        (errno.EROFS, "a.png: cannot be written (the file system is read-only); write elsewhere"),
        (errno.ENAMETOOLONG, "a.png: the name is too long; a file's name has 255 bytes at most: shorten it"),
    ],
)
def test_what_a_disk_refuses_is_one_line(number, told):
    assert str(refusal(OSError(number, "", "a.png"))) == told


@pytest.mark.parametrize(("module", "package"), [("av", "av"), ("skimage.io", "scikit-image")])
def test_a_package_that_is_missing_is_one_line(module, package):
    missing = ModuleNotFoundError(f"No module named {module!r}", name=module)
    told = f"{package}: is not installed; pip install {package}; docs/offline.md says how without a network"
    assert str(refusal(missing)) == told
    assert refusal(ModuleNotFoundError("No module named 'labelct.nothing'", name="labelct.nothing")) is None


def test_packages_of_later_work_are_asked_for_at_once():
    check_installed("json", "sys")
    with pytest.raises(InputError, match=r"^no_such_package: is not installed"):
        check_installed("json", "no_such_package")


def test_a_refusal_is_found_behind_what_it_broke_and_nothing_else_is_one():
    broken = KeyError("cleaning up")
    broken.__context__ = OSError(errno.ENOSPC, "")
    assert str(refusal(broken, "out")).startswith("out: the disk is full")
    assert refusal(KeyError("x")) is None
    assert refusal(FileNotFoundError(errno.ENOENT, "", "a")) is None


def test_the_nearest_name_is_found_whatever_its_case():
    assert did_you_mean("UNET", ["unet", "nnunet"]) == "did you mean 'unet'?"
    assert nearest("kidney", ["kidney_right", "liver", "kidney_left"], 3) == ["kidney_left", "kidney_right"]


def test_what_a_file_system_refuses_has_its_own_words_or_those_of_the_system():
    full, odd = OSError(errno.ENOSPC, "No space left"), OSError(errno.EBADF, "Bad file descriptor")
    assert str(refused(full, "a")).startswith("a: the disk is full; free some space")
    assert str(refused(odd, "a")) == "a: cannot be written (Bad file descriptor); write elsewhere"
    assert str(refused(odd, "a", "read", "mend it")) == "a: cannot be read (Bad file descriptor); mend it"


@pytest.mark.parametrize(
    ("error", "said"), [(ValueError("\n one \ntwo"), "one"), (ValueError(), "ValueError"), (KeyError(" "), "' '")]
)
def test_the_first_line_of_an_error_says_something(error, said):
    assert first_line(error) == said


@pytest.mark.parametrize(("error", "said"), [(ValueError("\n one \n  two"), "one two"), (ValueError(), "ValueError")])
def test_what_an_error_says_is_one_line_of_bounded_length(error, said):
    assert one_line(error) == said
    assert one_line(ValueError("page " * 1000)) == ("page " * 40) + "..."


def test_a_list_is_as_long_as_a_line():
    assert [listed([1, 2, 3], most) for most in (1, 2, 3)] == ["1 and 2 more", "1, 2 and 1 more", "1, 2, 3"]


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "rename it"), ("ascii", "read as ascii here: set PYTHONUTF8=1")]
)
def test_a_name_that_is_no_utf_8_is_renamed_or_the_locale_is_changed(monkeypatch, encoding, told):
    monkeypatch.setattr("sys.getfilesystemencoding", lambda: encoding)
    assert told in rename()
