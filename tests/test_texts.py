"""Text files that people write: read whole, or refused in one line before they hang a command or fill the memory."""

import os

import pytest

from labelct.errors import InputError
from labelct.texts import LARGEST_FILE, read_json, read_rows, read_text


def test_text_is_read_with_and_without_a_byte_order_mark(tmp_path):
    path = tmp_path / "names.csv"
    path.write_bytes("\ufeffname\nfür".encode())
    assert read_text(path, "") == "name\nfür"
    path.write_bytes(b"name")
    assert read_text(path, "") == "name"


def make(path, kind):
    """Put something in the place of a text file."""
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a device":
        path.symlink_to("/dev/zero")
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a dead link":
        path.symlink_to("nowhere")
    elif kind == "a file of a gigabyte":
        with path.open("wb") as file:
            file.truncate(LARGEST_FILE + 1)
    elif kind == "a picture":
        path.write_bytes(b"\x89PNG\xff")


SAID = {
    "a pipe": "no regular file",
    "a device": "no regular file",
    "a folder": "is a folder",
    "a dead link": "a link to nowhere",
    "a file of a gigabyte": "too many for a file of text",
    "a picture": "UTF-8",
    "nothing": "no such file",
}


@pytest.mark.parametrize(("kind", "said"), SAID.items())
def test_what_is_no_text_is_one_line_at_once(tmp_path, kind, said):
    path = tmp_path / "names"
    make(path, kind)
    for read in (read_text, read_json):
        with pytest.raises(InputError, match=said) as refused:
            read(path, "give a CSV file")
        assert str(refused.value).endswith("give a CSV file")


@pytest.mark.parametrize("text", ["{", "[" * 100_000, ""])
def test_what_is_no_json_is_one_line(tmp_path, text):
    path = tmp_path / "names.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as JSON"):
        read_json(path, "mend it")


@pytest.mark.parametrize("text", ['{"1": "liver", "1": "spleen"}', '[{"labels": {"liver": 1, "liver": 2}}]'])
def test_a_name_that_is_twice_in_a_table_is_none_of_both(tmp_path, text):
    path = tmp_path / "names.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"'(1|liver)' is there twice in a table"):
        read_json(path, "mend it")


def test_a_table_is_read_by_its_first_line():
    assert read_rows("a,b\n1,2\n3\n", "t", "") == [{"a": "1", "b": "2"}, {"a": "3", "b": ""}]
    assert read_rows('a;b\n1,5;"x\ny"\n', "t", "") == [{"a": "1,5", "b": "x\ny"}]
    assert read_rows("", "t", "") == []


@pytest.mark.parametrize("text", ["a,b\n1,2,3\n", "a,b,a\n1,2,3\n", "a\n" + "x" * 200_000])
def test_what_is_no_table_is_one_line(text):
    with pytest.raises(InputError, match=r"t.csv: .*; mend it"):
        read_rows(text, "t.csv", "mend it")
