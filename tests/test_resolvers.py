"""What YAML files call says what one arm of a comparison needs, and what a launcher is asked for."""

import pytest
from omegaconf import OmegaConf

from labelct.resolvers import gpus, register


@pytest.mark.parametrize(("kind", "devices", "expected"), [("cpu", 1, 0), ("gpu", 1, 1), ("ddp", 4, 4), ("ddp", 0, 1)])
def test_a_launcher_asks_for_the_gpus_of_the_device(kind, devices, expected):
    assert gpus(kind, devices) == expected


def test_a_value_hangs_on_another_one():
    register()
    text = "${labelct.if_equal:${kind},mr,volume,window}"
    for kind, value in {"mr": "volume", "ct": "window"}.items():
        assert OmegaConf.create({"kind": kind, "source": text}).source == value
