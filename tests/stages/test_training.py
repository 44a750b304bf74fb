import json

from labelct.stages import training
from labelct.tracking import Tracker
from tests.stages.chain import SMALL


def test_a_network_is_trained_once_and_knows_its_targets(configured, made, tmp_path):
    _, (cohort, cohort_stage, _, training_set) = made
    config = configured(*SMALL, "debug=smoke")
    stages = [
        training.run(config, cohort, cohort_stage, training_set, tmp_path, Tracker(tmp_path / "curves.csv"))
        for _ in range(2)
    ]
    (model,), (again,) = stages
    assert (model.fresh, again.fresh, again.key) == (True, False, model.key)
    assert json.loads((model.folder / "targets.json").read_text(encoding="utf-8")) == {"liver": ["liver"]}
    assert (model.folder / "model.json").is_file()
    assert "loss" in (tmp_path / "curves.csv").read_text(encoding="utf-8")
