from labelct.priors import load_priors
from labelct.proposal.names import known_name
from labelct.proposal.synonyms import BEHIND_A_SIDE, SYNONYMS


def test_every_structure_with_synonyms_is_in_the_table_whole_or_with_sides():
    table = load_priors().table
    structures = {*SYNONYMS, *BEHIND_A_SIDE.values()}
    assert [name for name in structures if name not in table and f"{name}_left" not in table] == []


def test_no_word_stands_for_two_structures():
    words = [word for text in SYNONYMS.values() for word in text.split()]
    assert sorted({word for word in words if words.count(word) > 1}) == []


def test_every_name_of_the_table_is_its_own_and_is_known_without_its_underscores():
    names = [name for name in load_priors().table if not name.startswith("_")]
    assert [name for name in names if known_name(name) != name] == []
    spoken = {name: known_name(name.replace("_", " ")) for name in names if not name.startswith("rib_")}
    assert {name: found for name, found in spoken.items() if found != name} == {}
