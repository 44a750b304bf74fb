"""What describes a model goes along with it, and nothing else does."""

import json
from dataclasses import asdict

from labelct.trainer.export.description import DESCRIBING, Feeding, copy_description


def test_what_is_there_of_the_description_is_copied_and_nothing_of_the_training(tmp_path):
    for name in ("model.json", "components.json", "log.csv", "job.json", "last.ckpt", "recipe.json", "files.json"):
        (tmp_path / name).write_text(name)
    out = tmp_path / "out"
    copy_description(tmp_path, out)
    found = {path.name: path.read_text() for path in out.iterdir()}
    assert found == {name: name for name in ("model.json", "components.json", "log.csv")}
    assert set(found) < set(DESCRIBING)


def test_how_a_network_is_fed_is_json():
    feeding = Feeding("batch, channel, x", (16,), (4.0,), "volume", "softmax", {"liver": 3}, 0.5)
    assert json.loads(json.dumps(asdict(feeding)))["labels"] == {"liver": 3}
