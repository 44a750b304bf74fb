"""`labelct dashboard` writes, tells or sends a view, and says in one line why wandb does not take it."""

import json

import pytest

from labelct.commands.dashboard import STEPS, main
from labelct.errors import InputError
from labelct.tracking import dashboard


def test_a_file_gets_what_would_be_sent(tmp_path, capsys):
    given = ["--wandb", "team/project", "--test", "real", "--target", "spleen", "-o", str(tmp_path / "view.json")]
    assert main(given) == 0
    layout = json.loads((tmp_path / "view.json").read_text())["layout"]
    assert "real/spleen/dice" in layout["columns"]


def test_without_the_package_the_steps_are_told(monkeypatch, capsys):
    monkeypatch.setattr(dashboard, "installed", lambda: False)
    assert main(["--wandb", "team/project"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == STEPS
    assert "own/liver/dice" in "".join(told)


@pytest.mark.parametrize("given", ["labelct", "a/b/c", "/x", "x/"])
def test_no_project_is_one_line(given):
    with pytest.raises(InputError, match="give ENTITY/PROJECT"):
        main(["--wandb", given])


def test_what_wandb_does_not_take_is_one_line(monkeypatch):
    class Api:
        def __init__(self, timeout):
            raise ConnectionError("no\nnetwork")

    monkeypatch.setattr(dashboard, "_workspace", lambda view: None)
    monkeypatch.setattr("wandb.Api", Api)
    with pytest.raises(InputError, match=r"^team/project: wandb does not take the view \(no network\); check the"):
        dashboard.send(dashboard.dashboard("team", "project", ["own"], ["liver"]))
