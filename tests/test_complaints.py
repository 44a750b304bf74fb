import pytest
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from labelct.complaints import interpolation, left_out, no_such_key, shown, unknown_key, wrong_type
from labelct.config import PLAIN
from labelct.kinds import COHORTS
from labelct.trainer.unet.settings import UNetSettings


def refusal(schema, values):
    with pytest.raises(OmegaConfBaseException) as caught:
        OmegaConf.merge(OmegaConf.structured(schema), values)
    return caught.value


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"steps": "many"}, "trainer.steps='many': allowed is a whole number of 1 or more"),
        ({"optimiser": [1]}, "allowed is one of sgd, adam, adamw"),
        ({"patch": 48}, "allowed is a list of whole numbers in [ ], for example trainer.patch=[64,64,64]"),
        ({"spacing": 2}, "allowed is a list of numbers in [ ] or null"),
    ],
)
def test_a_wrong_type_says_what_the_schema_allows(values, said):
    assert said in wrong_type(f"trainer.{next(iter(values))}", refusal(UNetSettings, values))


def test_what_was_typed_comes_first():
    assert wrong_type("trainer.steps", refusal(UNetSettings, {"steps": None}), "null").startswith(
        "trainer.steps=null: "
    )


def test_a_key_of_another_option_names_that_option():
    told = unknown_key("cohort.root", COHORTS["phantom"], "cohort", COHORTS)
    kinds = "folder, totalsegmentator, nnunet_raw, dicom, images, prostatex, isbi"
    assert told.endswith(f"it is one of cohort={kinds}; choose it with cohort=folder")


def test_a_key_of_another_test_names_what_can_be_chosen_as_a_test():
    told = unknown_key("test.nnunet_raw.names", COHORTS["nnunet_raw"], "test.nnunet_raw", COHORTS)
    assert told.endswith("it is one of test=folder, dicom; choose it with test=folder")
    told = unknown_key("test.folder.images", COHORTS["folder"], "test.folder", COHORTS)
    assert "test.folder=" not in told
    assert "choose it with" not in told  # images have no labels to test on


def test_a_key_of_no_option_names_the_nearest():
    assert unknown_key("dose.photns", PLAIN["dose"]).endswith("did you mean 'dose.photons'?")
    assert no_such_key("sed", ["seed", "name"]) == "sed: no such key; allowed is seed, name; did you mean 'seed'?"


def test_what_was_left_out():
    assert left_out("logger", ["csv", "none"]).endswith("switch it off with logger=none")
    assert "none" not in left_out("cohort", ["folder"])


def test_a_variable_of_the_environment_is_told_from_a_key(monkeypatch):
    monkeypatch.setenv("SCRATCH", "/scratch")
    for name, said in (("SCRATCH", "${oc.env:SCRATCH}"), ("nothing", "'nothing' not found")):
        with pytest.raises(OmegaConfBaseException) as caught:
            OmegaConf.to_container(OmegaConf.create({"a": f"${{{name}}}"}), resolve=True)
        assert said in interpolation(caught.value)


def test_values_are_shown_as_they_are_typed():
    assert [shown(value) for value in (None, True, 5, OmegaConf.create([1]))] == ["null", "true", "5", "[1]"]
