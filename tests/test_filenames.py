"""A name that a file brings along stays in the folder that it is meant for."""

from pathlib import Path

import pytest

from labelct.errors import InputError
from labelct.filenames import check_name, natural_order

BAD = [
    "",
    " ",
    ".",
    "..",
    "../x",
    "a/b",
    "/etc/passwd",
    "a\\b",
    "..\\x",
    "C:x",
    "a\0b",
    "a\nb",
    "NUL",
    "con.txt",
    "x" * 221,
]


@pytest.mark.parametrize("name", [*BAD, "\ud800", 3, None, ["a"]])
def test_a_name_that_leads_elsewhere_is_refused_in_one_line(name):
    with pytest.raises(InputError, match=r"dataset\.json: its case") as error:
        check_name("dataset.json", "case", name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name", ["s0001", "train_000_r0", "Fall 3", "größe", "a..b", ".hidden", "kidney (left)", "x" * 220]
)
def test_a_plain_name_passes(name):
    assert check_name("dataset.json", "case", name) == name


def test_job_10_comes_behind_job_9():
    paths = [Path("a/10"), Path("a/9"), Path("a/b")]
    assert sorted(paths, key=natural_order) == [Path("a/b"), Path("a/9"), Path("a/10")]
