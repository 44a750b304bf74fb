"""Arrays go through the sampler of the pipeline: the same recipe, kept as long as the choice is the same."""

import json
import pickle

import numpy as np
import pytest

from labelct.api.sampling import PAINTED, painted_by, sampler_of, sections_of, subject_of
from labelct.errors import SettingError
from labelct.stages.priors import BUILTIN
from labelct.volume import LabelMap
from tests.api.cases import NAMES, label_map

GIVEN = LabelMap(label_map(), np.diag([5.0, 5.0, 6.0, 1.0]), NAMES)


def sections(recipe="synth2", **settings):
    return sections_of(painted_by({"recipe": recipe}, NAMES, {"texture": "white", **settings}, PAINTED))


def test_every_name_is_a_target_in_the_order_of_the_values():
    config = painted_by({"recipe": "synth2"}, {5: "spleen", 1: "liver"}, {}, PAINTED)
    assert config.targets.values == {"liver": 1, "spleen": 2}


@pytest.mark.parametrize("recipe", ["clinical", "synth1", "synth2", "synth3", "synthseg"])
def test_no_table_is_measured_and_one_choice_is_one_recipe(recipe):
    plain = sections(recipe)
    assert (plain["data"]["priors"], plain["data"]["cylinder"]["histogram"]) == (BUILTIN, BUILTIN)
    sampler = sampler_of(plain)
    assert sampler is sampler_of(json.loads(json.dumps(plain, sort_keys=True)))
    assert sampler.recipe.data.kind == recipe
    assert sampler.acquisition.scanner.kind == "none"


@pytest.mark.parametrize("recipe", ["mr", "cyclegan", "translated_mr", "synth4"])
def test_what_is_no_recipe_for_label_maps_is_not_offered(recipe):
    with pytest.raises(SettingError, match=r"allowed is one of clinical, synth1, synth2, synth3, synthseg"):
        sections(recipe)


def test_settings_of_stored_volumes_are_not_read():
    for key in ("replicates", "replicates_val", "mode", "patches", "rescan", "seed", "kind", "atlas.whole", "atlas"):
        with pytest.raises(SettingError, match=f"data.{key}=.*allowed is left out here"):
            sections(**{f"data.{key}": 1})


def test_a_subject_in_memory_is_picklable_and_is_read_as_it_is():
    subject = pickle.loads(pickle.dumps(subject_of("one", GIVEN)))
    loaded = sampler_of(sections()).load(subject)
    assert np.array_equal(loaded.case.label_map, label_map())
    assert (loaded.case.names, loaded.case.spacing) == (NAMES, (5.0, 5.0, 6.0))
