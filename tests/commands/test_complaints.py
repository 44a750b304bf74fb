import pytest
from hydra.errors import HydraException

from labelct.commands.complaints import no_option, no_value, told
from labelct.commands.compose import composed_jobs
from labelct.complaints import ConfigError


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


@pytest.mark.parametrize(
    ("written", "typed", "said"),
    [
        (
            "trainer: {channels: [8, 16, 32]}",
            ["trainer=nnunet"],
            "no such key here; it is one of trainer=unet, resunet25d; choose it with trainer=unet",
        ),
        ("trainer: {chanels: 1}", [], "sets trainer.chanels: no such key; allowed is kind, batch"),
        ("trainer: {chanels: 1}", [], "did you mean 'trainer.channels'?"),
        ("trainer: {prediction: {certian: 1}}", [], "sets trainer.prediction.certian: no such key; allowed is overlap"),
        ("data: {atlas: {hole: 1}}", [], "did you mean 'data.atlas.whole'?"),
        ("cohort: {rot: x}", ["cohort=folder"], "did you mean 'cohort.root'?"),
        ("test: {folder: {rot: x}}", ["test=folder"], "sets test.folder.rot: no such key; allowed is kind, root"),
        ("translation: {cylce: 1}", ["translation=cyclegan"], "did you mean 'translation.cycle'?"),
    ],
)
def test_a_key_in_a_file_is_told_with_the_file_and_its_section(tmp_path, written, typed, said):
    """`experiment=mine` chooses what does not know the key, or the key has a slip."""
    folder = tmp_path / "conf" / "experiment"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(f"# @package _global_\n{written}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        next(composed_jobs(["experiment=mine", *typed], False, str(tmp_path / "conf")))
    assert said in str(error.value)
    assert str(error.value).startswith("experiment=mine sets ")
