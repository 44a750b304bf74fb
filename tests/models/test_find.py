import json
import os
import shutil

import pytest

from labelct.errors import InputError
from labelct.models import find, find_model
from labelct.models.find import model_folder


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(InputError, match=r"scores\.json"):
        model_folder(tmp_path)


def test_the_network_of_a_run_that_lies_elsewhere_is_found_by_the_runs_own_configuration(tmp_path):
    run, outputs = tmp_path / "elsewhere", tmp_path / "launched" / "outputs"
    model = outputs / "stages" / "training" / "abc"
    model.mkdir(parents=True)
    run.mkdir()
    (run / "scores.json").write_text(json.dumps({"keys": [["training", "abc"]]}), encoding="utf-8")
    with pytest.raises(InputError, match="stages/training/abc is gone; the run's own command makes it again; or give"):
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


def trained(outputs, key, run, ended):
    """Leave a finished run whose model has `key`, and which ended at `ended`."""
    model = outputs / "stages" / "training" / key
    model.mkdir(parents=True)
    (model / "model.json").write_text("{}", encoding="utf-8")
    (outputs / run).mkdir(parents=True)
    scores = outputs / run / "scores.json"
    scores.write_text(json.dumps({"keys": [["training", key]]}), encoding="utf-8")
    os.utime(scores, (ended, ended))
    return model


def test_latest_is_the_run_that_ended_last_and_still_has_its_model(tmp_path):
    outputs = tmp_path / "outputs"
    with pytest.raises(InputError, match="outputs: holds no finished run"):
        find_model("latest", outputs)
    older = trained(outputs, "aaa", "runs/2026-03-01/09-00-00", 300)
    newer = trained(outputs, "bbb", "sweeps/2026-01-01/09-00-00/1", 500)
    assert find_model("latest", outputs) == newer
    shutil.rmtree(newer)
    assert find_model("latest", outputs) == older
    shutil.rmtree(older)
    with pytest.raises(InputError, match="holds 2 finished runs and the model of none"):
        find_model("latest", outputs)


def test_a_sweep_is_refused_with_one_of_its_runs(tmp_path):
    trained(tmp_path, "aaa", "sweeps/day/hour/0", 1)
    trained(tmp_path, "bbb", "sweeps/day/hour/1", 2)
    with pytest.raises(InputError, match=r"holds 2 runs; give one of them, such as .*hour.0"):
        find_model(str(tmp_path / "sweeps" / "day" / "hour"))


def test_what_comes_with_labelct_is_found_by_name_and_taken_where_none_is_given(tmp_path, monkeypatch):
    monkeypatch.setattr(find, "SHIPPED", tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="--model: no model comes with this labelct; give the folder"):
        find_model()
    liver = tmp_path / "liver"
    liver.mkdir()
    (liver / "model.json").write_text("{}", encoding="utf-8")
    assert find_model() == find_model("liver") == liver
    with pytest.raises(InputError, match="livr: no such model; did you mean 'liver'"):
        find_model("livr")
    shutil.copytree(liver, tmp_path / "organs")
    with pytest.raises(InputError, match="2 models come with labelct; give one of liver, organs"):
        find_model()
