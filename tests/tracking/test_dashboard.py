"""A view names what jobs log, and nothing else; what would be sent is wandb's own format."""

import json

import pytest

from labelct.tracking import dashboard

VIEW = dashboard.dashboard("team", "project", ["own", "real"], ["liver", "spleen"])


def shown(kind):
    return [name for section in VIEW.sections for panel in section.panels if panel.kind == kind for name in panel.shows]


def test_every_score_and_every_curve_has_its_panel():
    assert {f"{test}/{label}/dice" for test in ("own", "real") for label in ("liver", "spleen")} <= set(shown("bars"))
    assert shown("lines") == ["train/loss", "val/dice", "val/dice_liver", "val/dice_spleen", "train/learning_rate"]
    assert shown("media") == ["segmentations", "montage"]
    assert shown("table") == ["cases", "scores"]


def test_steps_name_everything_that_is_shown():
    told = "\n".join(dashboard.steps(VIEW))
    for kind in ("bars", "lines", "media", "table", "parallel"):
        assert all(name in told for name in shown(kind))
    assert "https://wandb.ai/team/project" in told


def test_what_would_be_sent_without_the_package_is_the_layout(monkeypatch):
    monkeypatch.setattr(dashboard, "find_spec", lambda name: None)
    found = json.loads(json.dumps(dashboard.plain(VIEW)))
    assert set(found) == {"layout"}
    assert [section["name"] for section in found["layout"]["sections"]] == ["Training", "Result", "Cases"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the package's own
def test_what_would_be_sent_is_a_view_of_wandb():
    pytest.importorskip("wandb_workspaces")
    view = json.loads(json.dumps(dashboard.plain(VIEW)))["sent"]
    assert (view["entity"], view["project"], view["displayName"]) == ("team", "project", "labelct")
    sections = view["spec"]["section"]["panelBankConfig"]["sections"]
    assert [len(section["panels"]) for section in sections] == [3, 13, 4]
    assert sections[0]["panels"][1]["config"]["metrics"] == ["val/dice", "val/dice_liver", "val/dice_spleen"]
