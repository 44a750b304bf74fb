import pytest

from labelct.commands.groups import groups, options


@pytest.mark.parametrize("group", groups())
def test_every_option_has_a_line_for_the_help(group):
    for option, line in options(group).items():
        assert line, f"{group}/{option}.yaml opens with no comment"


def test_what_options_share_is_none():
    assert not [name for group in groups() for name in options(group) if name.startswith("_")]
