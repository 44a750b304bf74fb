from labelct.commands import keys, run
from labelct.commands.groups import groups, options


def test_help_names_every_group_and_every_option():
    told = run.help_text()
    for group in keys.LINES:
        if group in groups():
            assert f"  {group}" in told
            assert all(f"    {option}" in told for option in options(group))


def test_no_group_is_left_unexplained():
    assert set(groups()) <= set(keys.LINES) | {"schema"}


def test_what_cannot_run_ends_with_1_and_one_line(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["labelct run"])
    assert run.main(["dose=lwo"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("labelct run: dose=lwo: allowed is")
    assert told.count("\n") == 1


def test_an_unknown_flag_ends_with_2(monkeypatch):
    monkeypatch.setattr("sys.argv", ["labelct run"])
    assert run.main(["--no-such-flag"]) == 2
