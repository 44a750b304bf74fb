"""A file appears whole or not at all, and what the disk refuses is one line."""

import pytest

from labelct.errors import InputError
from labelct.writing import copy, write_json, write_text


def test_write_leaves_no_half_file(tmp_path):
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"unwritable": object()})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [243, 255])
def test_a_name_may_be_as_long_as_the_disk_takes_it(tmp_path, length):
    write_text(tmp_path / ("n" * length), "content")
    copy(tmp_path / ("n" * length), tmp_path / "copied")
    assert (tmp_path / "copied").read_text() == "content"


def test_a_name_that_is_too_long_or_below_a_file_is_one_line_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="the name is too long; a file's name has 255 bytes at most: shorten it"):
        write_text(tmp_path / ("n" * 256), "content")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    for below in ("file/a", "file/a/b"):
        with pytest.raises(InputError, match="file"):
            write_text(tmp_path / below, "content")


def test_a_text_with_a_name_that_is_no_text_is_one_line_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError) as error:
        write_text(tmp_path / "card.md", "# Model\nfrom: /data/o\udcff/ct\n")
    assert str(error.value).startswith(f"{tmp_path}/card.md: would hold a name that is no UTF-8 (from: /data/o")
    assert "\udcff" not in str(error.value)
    assert list(tmp_path.iterdir()) == []
