"""Priors from the command line: fitted to a cohort's CT, shown, and a folder checked against them."""

import json
from functools import partial

import pytest

from labelct.commands import priors
from labelct.errors import InputError
from labelct.parallel import ParallelSettings
from labelct.priors import load_priors
from labelct.stages import cohorts, scanning, synthesis
from labelct.synthesis.body_histogram import load_body

SMALL = ["debug=smoke", "parallel.workers=1", "drop=none", "scanner=none"]


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """Let the process itself look at the few cases: workers take seconds to start."""
    monkeypatch.setattr(priors, "ParallelSettings", partial(ParallelSettings, workers=1))


@pytest.fixture(scope="module")
def made(configured, tmp_path_factory):
    root = tmp_path_factory.mktemp("made")
    config = configured(*SMALL, "data=synth2", "cohort.spacing=6", "data.spacing=null")
    cohort, stage = cohorts.prepare(config, config.cohort, root)
    return stage.folder, scanning.run(config, synthesis.run(config, cohort, stage, root), root).folder


def test_a_fitted_table_lets_its_own_cohort_pass(made, tmp_path, capsys):
    fitted = tmp_path / "priors.csv"
    overrides = ["cohort=folder", f"cohort.root={made[0]}", "parallel.workers=1"]
    assert priors.main(["fit", *overrides, "-o", str(fitted), "--all", "data.phase=native"]) == 0
    table = load_priors(str(fitted))
    assert table["liver"].evidence == "F"
    assert table["liver"].hu_pv_mean == load_priors()["liver"].hu_pv_mean
    assert priors.main(["check", str(made[0]), "--priors", str(fitted), "--phase", "native"]) == 0
    assert "FAIL" not in capsys.readouterr().out


def test_a_training_set_is_checked_when_it_is_made_and_afterwards(made, tmp_path, capsys):
    found = json.loads((made[1] / "priors_check.json").read_text())
    assert found["failed"] == 0
    assert {"liver", "spleen", "aorta"} <= {organ["name"] for organ in found["organs"]}
    assert priors.main(["check", str(made[1]), "-o", str(tmp_path / "check.json")]) == 0
    again = json.loads((tmp_path / "check.json").read_text())["organs"]
    assert [organ["name"] for organ in again] == ["liver"]
    (liver,) = [organ for organ in found["organs"] if organ["name"] == "liver"]
    assert again[0]["mean"] == pytest.approx(liver["mean"], abs=0.5)
    assert "1 of 1 organs are as dense" in capsys.readouterr().out


def test_another_liver_fails(made, tmp_path, capsys):
    table = tmp_path / "priors.csv"
    table.write_text("name,hu_pv_mean,hu_sd_between,hu_sd_texture,hu_native_mean\nliver,200,18,39,150\n")
    assert priors.main(["check", str(made[1]), "--priors", str(table), "--phase", "native"]) == 0
    assert "FAIL" in capsys.readouterr().out


def test_the_table_is_shown(capsys):
    assert priors.main(["show"]) == 0
    shown = capsys.readouterr().out
    assert "hu_native_mean" in shown
    assert len(shown.splitlines()) > 136


def test_a_cohort_without_ct_cannot_be_fitted(made, tmp_path):
    with pytest.raises(InputError, match="has a CT"):
        priors.main(["fit", "cohort=folder", f"cohort.root={made[0]}", "cohort.ct=null", "-o", str(tmp_path / "p.csv")])


def test_a_body_is_measured_for_data_cylinder_histogram(made, tmp_path, capsys):
    ct, table = made[0] / "ct" / "train_000.nii.gz", tmp_path / "body.csv"
    assert priors.main(["body", str(ct), "-o", str(table), "--phase", "native"]) == 0
    body = load_body(str(table))
    assert (body.source, body.phase) == ("train_000.nii.gz", "native")
    assert body.hu[0] < -500 < body.hu[len(body.hu) // 2] < 200
    assert "the body of train_000.nii.gz" in capsys.readouterr().out
