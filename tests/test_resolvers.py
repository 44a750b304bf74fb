"""What YAML files call says what one arm of a comparison needs, and what a launcher is asked for."""

import pytest
from omegaconf import OmegaConf

from labelct.resolvers import gpus, register


@pytest.mark.parametrize(("kind", "devices", "expected"), [("cpu", 1, 0), ("gpu", 1, 1), ("ddp", 4, 4), ("ddp", 0, 1)])
def test_a_launcher_asks_for_the_gpus_of_the_device(kind, devices, expected):
    assert gpus(kind, devices) == expected


@pytest.mark.parametrize(
    ("cohort", "numbers"),
    [
        ({"train": 8}, "1,2,4,8"),
        ({"splits": {"train": 24}}, "1,2,4,8,16,24"),
        ({"splits": {"train": 1}}, "1"),
        ({"splits": {"train": None}}, "1,2,4,8,16,32,64"),
    ],
)
def test_the_arms_of_a_learning_curve_fit_the_cohort(cohort, numbers):
    register()
    root = OmegaConf.create({"cohort": cohort, "numbers": "${labelct.case_numbers:}"})
    assert root.numbers == numbers


def test_few_cases_come_to_as_many_volumes_as_all():
    register()
    root = {"cohort": {"splits": {"train": 24}}, "data": {"kind": "synth3", "replicates": "${labelct.shared_out:4}"}}
    for cases in (1, 2, 4, 8, 16, 24):
        assert OmegaConf.create({**root, "limit": {"train": cases}}).data.replicates * cases == 96
    assert OmegaConf.create({**root, "limit": {"train": None}}).data.replicates == 4
    clinical = {**root, "data": {**root["data"], "kind": "clinical"}, "limit": {"train": 1}}
    assert OmegaConf.create(clinical).data.replicates == 1


def test_a_seed_draws_other_cases_and_makes_no_other_ones():
    register()
    for cohort, seed in (({"splits": {"train": 24}}, 3), ({"train": 8}, 0)):
        assert OmegaConf.create({"cohort": cohort | {"seed": "${labelct.case_seed:3}"}}).cohort.seed == seed


def test_a_value_hangs_on_another_one():
    register()
    text = "${labelct.if_equal:${kind},mr,volume,window}"
    for kind, value in {"mr": "volume", "ct": "window"}.items():
        assert OmegaConf.create({"kind": kind, "source": text}).source == value
