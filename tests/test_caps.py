import pytest
from omegaconf import OmegaConf

from labelct.caps import capped
from labelct.complaints import ConfigError


def test_caps_lie_over_every_key_that_fits_and_others_are_left_out():
    given = {"test": {"own": {"n": 9}, "far": {"n": 8, "m": 7}}, "seed": "${test.far.m}"}
    caps = {"test.*.n": 1, "test.far.m": 2, "nothing.x": 3}
    assert OmegaConf.to_container(capped(OmegaConf.create({**given, "debug": {"caps": caps}}))) == {
        "test": {"own": {"n": 1}, "far": {"n": 1, "m": 2}},
        "seed": 7,
        "debug": {"caps": caps},
    }


def test_an_interpolation_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="a: Interpolation key 'b' not found"):
        capped(OmegaConf.create({"a": "${b}"}))
