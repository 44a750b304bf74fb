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
