from dataclasses import dataclass, fields

import pytest

from labelct.errors import SettingError
from labelct.settings import Checked, allowed_values, choice, interval, ranged


@dataclass
class Lens(Checked, group="lens"):
    """Settings of a section."""

    focus: float | None = ranged(2.0, 0.5, 8.0)
    least: int = ranged(1, 1)
    most: float = ranged(0.0, high=1.0)
    kind: str = choice("thin", ("thin", "thick"))
    spread: list[float] = interval(1.0, 2.0, 0.0, 5.0)
    name: str = ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("focus", 9.0),
        ("least", 0),
        ("most", 1.5),
        ("kind", "thik"),
        ("spread", [3.0, 2.0]),
        ("spread", [1.0, 6.0]),
        ("spread", [1.0]),
    ],
)
def test_a_value_that_its_field_does_not_allow_is_named_with_its_section(field, value):
    with pytest.raises(SettingError, match=rf"^lens\.{field}="):
        Lens(**{field: value})


def test_bounds_and_null_are_allowed():
    Lens(focus=None, most=1.0, spread=[0.0, 5.0])
    Lens(focus=0.5)
    Lens(focus=8.0)


def test_two_settings_share_no_list():
    first, second = Lens(), Lens()
    first.spread[0] = 0.5
    assert second.spread == [1.0, 2.0]


def test_a_field_says_in_words_what_it_allows():
    words = {known.name: allowed_values(known.metadata) for known in fields(Lens)}
    assert words == {
        "focus": "0.5 to 8",
        "least": "1 or more",
        "most": "1 or less",
        "kind": "thin | thick",
        "spread": "an interval within 0 to 5",
        "name": "",
    }
