import json

import pytest

from labelct.commands.segment import _components, model_folder
from labelct.errors import InputError


def test_a_model_knows_which_of_its_organs_are_pairs(tmp_path):
    labels = {"liver": 1, "kidneys": 2}
    assert _components(tmp_path, labels) == {1: 1, 2: 1}
    targets = {"liver": ["liver"], "kidneys": ["kidney_left", "kidney_right"]}
    (tmp_path / "targets.json").write_text(json.dumps(targets), encoding="utf-8")
    assert _components(tmp_path, labels) == {1: 1, 2: 2}


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(InputError, match=r"model\.json"):
        model_folder(tmp_path)


def test_the_network_of_a_run_that_lies_elsewhere_is_found_by_the_runs_own_configuration(tmp_path):
    run, outputs = tmp_path / "elsewhere", tmp_path / "launched" / "outputs"
    model = outputs / "stages" / "training" / "abc"
    model.mkdir(parents=True)
    run.mkdir()
    (run / "scores.json").write_text(json.dumps({"keys": [["training", "abc"]]}), encoding="utf-8")
    with pytest.raises(InputError, match="stages/training/abc is gone"):
        model_folder(run)
    (run / "config.yaml").write_text(f"paths: {{outputs: {outputs}}}", encoding="utf-8")
    assert model_folder(run) == model
