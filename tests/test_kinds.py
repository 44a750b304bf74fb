"""Whatever can be chosen in a group has a schema that bears its name, and the other way round."""

import dataclasses
import re

import pytest

from labelct.kinds import KINDS
from labelct.option_files import configuration_folder


@pytest.mark.parametrize("group", ["cohort", "test", "trainer"])
def test_files_offer_kinds_that_have_a_schema_and_every_one_that_trains(group):
    texts = [path.read_text("utf-8") for path in (configuration_folder() / group).glob("[!_]*.yaml")]
    offered = {kind for text in texts for kind in re.findall(r"/schema@\S+: [a-z]+_(\w+)", text)}
    assert offered <= set(KINDS[group])
    assert group == "test" or offered == set(KINDS[group])


@pytest.mark.parametrize("group", sorted(KINDS))
def test_a_schema_bears_the_name_that_it_is_chosen_by(group):
    for kind, schema in KINDS[group].items():
        assert {field.name: field.default for field in dataclasses.fields(schema)}["kind"] == kind
