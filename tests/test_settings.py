from dataclasses import dataclass, field, fields

import pytest

from labelct.errors import SettingError
from labelct.settings import Checked, allowed_values, choice, expanded, in_words, interval, path, ranged


@dataclass
class Part(Checked, section="part"):
    size: float = ranged(2.0, 0.0, 5.0)
    steps: int | None = ranged(None, 1)
    most: float = ranged(0.0, None, 1.0)
    radius: list[float] = interval(1.0, 2.0, 0.5, 9.0)
    kind: str = choice("plain", ("plain", "fancy"))
    text: str = ""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"size": 6.0}, r"part\.size=6\.0: allowed is 0 to 5"),
        ({"steps": 0}, r"part\.steps=0: allowed is 1 or more"),
        ({"most": 2.0}, r"part\.most=2\.0: allowed is 1 or less"),
        ({"radius": [2.0, 1.0]}, r"part\.radius=\[2\.0, 1\.0\]: allowed is two numbers, the smaller first"),
        ({"radius": [0.1, 1.0]}, r"part\.radius=0\.1: allowed is 0\.5 to 9"),
        ({"kind": "fanci"}, r"part\.kind='fanci'.*did you mean 'fancy'"),
    ],
)
def test_what_a_field_does_not_allow_is_told_with_its_key(values, said):
    with pytest.raises(SettingError, match=said):
        Part(**values)


def test_bounds_belong_to_the_range_and_nothing_is_a_value():
    assert Part(size=5.0, most=1.0, radius=[0.5, 9.0], steps=None) == Part(5.0, None, 1.0, [0.5, 9.0])


def test_two_settings_share_no_interval():
    one, other = Part(), Part()
    one.radius[0] = 1.5
    assert other.radius == [1.0, 2.0]


def test_what_is_allowed_can_be_read():
    words = {part.name: allowed_values(part.metadata) for part in fields(Part)}
    assert words == {
        "size": "0 to 5",
        "steps": "1 or more",
        "most": "1 or less",
        "radius": "an interval within 0.5 to 9",
        "kind": "plain | fancy",
        "text": "",
    }


@dataclass
class Files(Checked):
    root: str = path("data")
    other: str | None = path(None)
    low: float | None = None
    chances: dict[str, float] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=lambda: [1, 2])


def test_a_path_is_expanded_as_in_a_shell(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("SCRATCH", "/scratch")
    files = Files(root="~/maps", other="$SCRATCH/${HOME}x")
    assert (files.root, files.other) == ("/home/me/maps", "/scratch//home/mex")
    assert Files(root="a~b").root == "a~b"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"root": ""}, "root='': allowed is a path"),
        ({"low": float("nan")}, "low=nan: allowed is finite numbers"),
        ({"chances": {"liver": float("inf")}}, "finite numbers"),
        ({"sizes": [[1], 2]}, "a list of single values"),
    ],
)
def test_no_field_takes_an_empty_path_what_is_not_finite_or_lists_in_lists(values, said):
    with pytest.raises(SettingError, match=said):
        Files(**values)


@pytest.mark.parametrize("path", ["~nosuchuser/x", "~nosuchuser"])
def test_the_home_of_nobody_is_refused(path):
    with pytest.raises(SettingError, match=r"^root='~nosuchuser.*: allowed is a path; there is no user 'nosuchuser'"):
        expanded(path, "root")


def test_what_a_field_allows_is_told_in_words():
    assert in_words(Part, "size", "part.size") == "a number of 0 to 5"
    assert in_words(Part, "steps", "part.steps") == "a whole number or null, 1 or more"
    assert in_words(Part, "kind", "part.kind") == "one of plain, fancy"
    assert in_words(Files, "root", "root") == "a path"
    assert in_words(Files, "sizes", "sizes") == "a list of whole numbers in [ ], for example sizes=[1,2]"
    assert in_words(Files, "chances", "chances") == "a table {name: value}"
