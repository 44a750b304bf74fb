import pytest

from labelct.commands import compose, run
from labelct.commands.groups import groups, options, own_folder
from labelct.config import configuration_folder
from labelct.errors import LabelctError

MINE = "# @package _global_\n# my own\ndefaults:\n  - override /data: synth1\nseed: 7\n"


@pytest.mark.parametrize("group", groups())
def test_every_option_has_a_line_for_the_help(group):
    for option, line in options(group).items():
        assert line, f"{group}/{option}.yaml opens with no comment"


def test_what_options_share_is_none():
    assert not [name for group in groups() for name in options(group) if name.startswith("_")]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Launch from a folder with an experiment in its folder `conf`, whose path needs quotes everywhere."""
    folder = tmp_path / "it's here, (mine)"
    (folder / "conf" / "experiment").mkdir(parents=True)
    (folder / "conf" / "experiment" / "mine.yaml").write_text(MINE, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def test_options_in_the_launch_folder_are_found_by_every_verb_and_listed(own, monkeypatch, capsys):
    assert own_folder() == own / "conf"
    assert (compose.configuration(["experiment=mine"]).seed, options("experiment")["mine"]) == (7, "my own")
    monkeypatch.setattr("sys.argv", ["labelct run"])
    assert run.main(["experiment=mine", "--cfg", "job"]) == 0
    assert "seed: 7\n" in capsys.readouterr().out
    assert run.main(["experiment=mien"]) == 1
    assert "did you mean 'mine'?" in capsys.readouterr().err


def test_another_folder_takes_its_place(own, tmp_path, monkeypatch, capsys):
    (tmp_path / "other" / "experiment").mkdir(parents=True)
    monkeypatch.setattr("sys.argv", ["labelct run"])
    assert run.main(["experiment=mine", f"--config-dir={tmp_path / 'other'}", "--cfg=job"]) == 1
    assert "experiment=mine: allowed is one of" in capsys.readouterr().err


def test_a_folder_of_something_else_is_none_of_ours(tmp_path, monkeypatch):
    (tmp_path / "conf" / "nginx").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert own_folder() is None
    with pytest.raises(LabelctError, match="experiment=mine"):
        compose.configuration(["experiment=mine"])
    monkeypatch.chdir(configuration_folder().parent)
    assert own_folder() is None
