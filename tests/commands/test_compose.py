"""The command line in any order, checked whole before the first job starts."""

import pytest

from labelct.commands import compose
from labelct.config import ConfigError


def refused(*overrides, multirun=False):
    with pytest.raises(ConfigError) as caught:
        compose.check_jobs(overrides, multirun)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_flags_may_stand_between_overrides():
    assert compose.intermixed(["data=synth3", "-m", "dose=low,full"]) == ["-m", "data=synth3", "dose=low,full"]


def test_flag_values_stay_with_their_flags():
    given = ["data=synth1", "--config-dir", "/tmp/mine", "seed=1", "--cfg", "job"]
    assert compose.intermixed(given) == ["--config-dir", "/tmp/mine", "--cfg", "job", "data=synth1", "seed=1"]


def test_a_sweep_is_counted_job_by_job():
    assert compose.check_jobs(["dose=low,full", "seed=1,2", "drop=none"], multirun=True) == 4


def test_unknown_option_names_the_allowed_and_the_nearest():
    message = refused("dose=lwo")
    assert message.startswith("dose=lwo: allowed is one of")
    assert "did you mean 'low'" in message


def test_unknown_group():
    assert "did you mean 'dose'" in refused("dosee=low")


@pytest.mark.parametrize("override", ["dose.photns=1", "+dose.photns=1", "++dose.photns=1"])
def test_unknown_key_whatever_its_prefix(override):
    message = refused(override)
    assert "dose.photns" in message
    assert "did you mean" in message
    assert "photons" in message


def test_unknown_key_at_the_top():
    assert "did you mean 'seed'" in refused("+sed=1")


def test_wrong_type_names_key_and_value():
    message = refused("trainer.steps=many")
    assert message.startswith("trainer.steps=many")
    assert "a whole number" in message


def test_value_out_of_range_names_the_bounds():
    message = refused("drop.probability=1.5")
    assert message.startswith("drop.probability=1.5")
    assert "0 to 1" in message


def test_a_bad_job_in_a_sweep_is_found_before_the_first_starts():
    assert "drop.probability=2" in refused("drop.probability=0.5,2", multirun=True)


def test_a_missing_value_says_how_to_give_it():
    assert "cohort.root" in refused("cohort=folder")


def test_targets_may_merge_structures():
    compose.check_jobs(["targets=[liver,{kidneys:[kidney_left,kidney_right]}]"], multirun=False)


def test_several_tests_at_once():
    compose.check_jobs(["test=[own,phantom]"], multirun=False)


def test_broken_grammar_is_one_line():
    assert refused("targets=[liver")
