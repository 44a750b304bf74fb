import os

import pytest

from labelct.commands.overrides import parsed, understood
from labelct.complaints import ConfigError

HOME = os.path.expanduser("~")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("a.b=[~/x,~/y]", f"a.b=[{HOME}/x,{HOME}/y]"),
        ("c=~/x,~/y", f"c={HOME}/x,{HOME}/y"),
        ("e=~", f"e={HOME}"),
        ("~logger", "~logger"),
        ("data=synth3.yaml", "data=synth3"),
        ("+experiment=phantom.yml", "+experiment=phantom"),
        ("test=[own.yaml,phantom.yaml]", "test=[own,phantom]"),
        ("cohort@translation.ct=pelvis_ct.yaml", "cohort@translation.ct=pelvis_ct"),
        ("hydra/launcher=joblib.yaml", "hydra/launcher=joblib"),
        ("cohort.names=names.yaml", "cohort.names=names.yaml"),
        ("name=a=b", "name='a=b'"),
        ("name=Müller", "name='Müller'"),
        ("name='Müller'", "name='Müller'"),
        ("name=plain text", "name=plain text"),
        ("drop.labels={liver: 0.2}", "++drop.labels={liver: 0.2}"),
        ("+drop.labels={liver: 0.2}", "+drop.labels={liver: 0.2}"),
        ("trainer={steps: 5}", "trainer={steps: 5}"),
        ("targets={a: [b, c]}", "targets=[{a: [b, c]}]"),
        ("parallel.scheduler=tcp://host:8786", "parallel.scheduler=tcp://host:8786"),
    ],
)
def test_what_is_typed_becomes_what_hydra_reads(typed, read):
    assert understood([typed]) == [read]
    assert len(parsed([read])) == 1


@pytest.mark.parametrize("typed", ["seed=1,", "name='a", "trainer..steps=5", "séed=1", "seed=draw(1)", "trainer.=5"])
def test_what_no_quotes_can_save_stays_and_is_refused(typed):
    assert understood([typed]) == [typed]
    with pytest.raises(ConfigError):
        parsed([typed])


def test_one_key_twice_is_no_table_that_the_shell_took_apart():
    assert understood(["seed=1", "seed=2", "a.b=tcp://x", "a.b=tcp://y"])[:2] == ["seed=1", "seed=2"]
