"""Groups and options are known by their files alone."""

from labelct.option_files import configuration_folder, option_names


def test_options_are_files_without_an_underscore():
    names = option_names("cohort")
    assert "phantom" in names
    assert "_own" not in names
    assert (configuration_folder() / "config.yaml").is_file()


def test_what_is_no_group_has_none():
    assert option_names("") == option_names("no_group") == []
