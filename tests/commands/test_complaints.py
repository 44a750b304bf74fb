from hydra.errors import HydraException

from labelct.commands.complaints import no_option, no_value, told


def test_an_option_that_a_group_does_not_have():
    assert no_option("dose", "lwo").endswith("; did you mean 'low'?")
    assert no_option("experiment", "mne", ["_shared", "mine"]) == (
        "experiment=mne: allowed is one of mine; did you mean 'mine'?"
    )


def test_an_option_in_a_folder_of_its_own_is_one_of_the_group():
    assert no_option("trainer/unet", "deep").startswith("trainer=unet/deep: allowed is one of nnunet")


def test_a_sweep_over_nothing():
    assert no_value("dose=glob(zz*)").startswith(
        "dose=glob(zz*): stands for no value at all; allowed is one or more of"
    )


def test_several_values_are_a_list_or_a_sweep_and_options_a_sweep_alone():
    text = "Ambiguous value for argument '{}'\n1. To use it as a list"
    assert "seed=[0,1]" in told(HydraException(text.format("seed=0,1")), [])
    assert "several options" in told(HydraException(text.format("dose=low,full")), [])


def test_what_nobody_foresaw_is_one_line_all_the_same():
    assert told(HydraException("first\n   second\nSee https://hydra.cc"), []) == "first second"
