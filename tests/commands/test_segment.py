import json

import pytest

from labelct.commands.segment import model_folder
from labelct.errors import InputError


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(InputError, match=r"scores\.json"):
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


def test_the_model_of_a_run_is_the_one_it_trained(tmp_path):
    model, run = tmp_path / "stages" / "training" / "abc", tmp_path / "runs" / "one"
    model.mkdir(parents=True)
    run.mkdir(parents=True)
    (run / "scores.json").write_text(json.dumps({"keys": [["training", "abc"]]}))
    assert model_folder(run) == model


@pytest.mark.parametrize("keys", [[["training", "../../elsewhere"]], [["training", "/etc"]], [], {}, 3, [["training"]]])
def test_a_run_leads_to_no_other_place(tmp_path, keys):
    (tmp_path / "scores.json").write_text(json.dumps({"keys": keys}))
    with pytest.raises(InputError) as error:
        model_folder(tmp_path)
    assert "\n" not in str(error.value)
