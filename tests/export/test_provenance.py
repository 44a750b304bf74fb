"""Where a model comes from is read from its run, from what an export said before, and from what the user states."""

import json
from dataclasses import asdict, replace

import pytest
import yaml

from labelct.errors import InputError
from labelct.export.provenance import FILE, DataSource, Statement, configuration, gather
from labelct.mr import Settings
from labelct.trainer.model import write_image
from tests.export.runs import LABELS

BARE = Statement("some_model")


def test_a_run_tells_data_seeds_command_and_scores(run, model):
    found = gather(model, run, BARE)
    assert (found.name, found.labels, found.modality, found.licence) == ("some_model", LABELS, "CT", None)
    assert found.parts["kidneys"] == ["kidney_left", "kidney_right"]
    assert found.training == [DataSource("training", "folder", "Some masks", "CC BY 4.0")]
    assert [(one.role, one.kind, one.licence) for one in found.tests] == [
        ("ct", "totalsegmentator", None),
        ("phantom", "phantom", "none needed"),
        ("synthetic", "synthetic", "that of the training data"),
    ]
    assert found.seeds == {"seed": 7, "data.seed": 3}
    assert found.command == "labelct run cohort.root=FOLDER data=synth1"
    assert (found.hours, found.scores["ct/liver"]["n"]) == (1.5, 2)
    assert found.exported_with["labelct"]
    assert found.trained_with == {}


def test_versions_are_those_that_the_training_noted(run, model):
    (model / "versions.json").write_text('{"torch": "2.4.0"}')
    assert gather(model, run, BARE).trained_with == {"torch": "2.4.0"}


def test_both_sides_of_a_translation_are_training_data(run, model):
    path = run / "config.yaml"
    sides = "translation: {kind: cyclegan, mr: {kind: prostatex, licence: CC BY 3.0}, ct: {kind: pelvis}}"
    path.write_text(path.read_text(encoding="utf-8").replace("translation:\n  kind: none", sides))
    found = gather(model, run, BARE).training
    assert [(one.role, one.licence) for one in found[1:]] == [
        ("MR of the translation", "CC BY 3.0"),
        ("CT of the translation", "none needed"),
    ]


def test_whole_anatomies_that_are_drawn_from_are_training_data(run, model):
    path = run / "config.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    for share, roots, told in ((0, ["/a"], []), (0.2, ["/a"], [None]), (0.2, [], ["none needed"])):
        config["data"]["atlas"] = {"roots": roots, "whole": share, "completed": 0.0}
        path.write_text(yaml.safe_dump(config))
        assert [one.licence for one in gather(model, run, BARE).training[1:]] == told
    config["data"]["atlas"]["partial"] = {"msd": {"root": "/b"}}
    path.write_text(yaml.safe_dump(config))
    assert [one.role for one in gather(model, run, BARE).training[1:]] == ["atlases", "partial label maps msd"]


def test_what_the_user_states_comes_first(run, model):
    stated = Statement("n", "CC-BY-4.0", "Other masks", None, "More.")
    found = gather(model, run, stated)
    assert found.training == [DataSource("training", "folder", "Other masks", "CC BY 4.0")]
    assert (found.licence, found.notes) == ("CC-BY-4.0", "More.")


def test_a_model_without_a_run_says_what_it_is_and_no_more(model):
    write_image(model, Settings())
    found = gather(model, None, Statement("n", data_licence="CC0"))
    assert (found.modality, found.seeds, found.command, found.scores) == ("MR", {"seed": 0}, "", {})
    assert found.training == [DataSource("training", "unknown", None, "CC0")]


def test_what_was_exported_tells_the_same_again(run, model):
    first = gather(model, run, replace(BARE, licence="MIT"))
    (model / FILE).write_text(json.dumps(asdict(first)))
    again = gather(model, None, Statement("other"))
    assert again == replace(first, name="other")


@pytest.mark.parametrize("content", ["{}", '{"name": 3}', "[]", "{", '{"scores": [], "parts": {}}'])
def test_a_damaged_record_is_one_line(model, content):
    (model / FILE).write_text(content)
    with pytest.raises(InputError, match=r"provenance\.json") as error:
        gather(model, None, BARE)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", ["[]", '{"overrides": 3}', '{"seconds": [1]}', '{"summary": []}', '{"arm": 3}'])
def test_a_damaged_run_is_one_line(run, model, content):
    (run / "scores.json").write_text(content)
    with pytest.raises(InputError, match=r"scores\.json: is no record of a finished run"):
        gather(model, run, BARE)


def test_the_configuration_goes_along_without_paths(run, model):
    found = configuration(model, run)
    assert (found["cohort"]["root"], found["cohort"]["licence"], found["paths"]["outputs"]) == (
        "???",
        "CC BY 4.0",
        "???",
    )
    assert configuration(model, None) == {}
