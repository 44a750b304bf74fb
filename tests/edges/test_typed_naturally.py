"""What users type without a thought, and what it has to mean."""

import os
import subprocess
import sys

import pytest
import yaml

from labelct.commands import compose, run
from labelct.commands.groups import options
from labelct.config import plain


def told(capsys, *words):
    assert run.main(list(words)) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "key", "meant"),
    [
        ("targets=liver", "targets", {"liver": ["liver"]}),
        ("targets={kidneys:[kidney_left,kidney_right]}", "targets", {"kidneys": ["kidney_left", "kidney_right"]}),
        ("tags=baseline", "tags", ["baseline"]),
        ("paths.outputs=~/out", "paths.outputs", "{home}/out"),
        ("paths.outputs=$HOME/out", "paths.outputs", "{home}/out"),
        ("paths.outputs=/data/Müller (2)/a=b", "paths.outputs", "/data/Müller (2)/a=b"),
        ("drop.labels={liver:0.5}", "drop.labels", {"liver": 0.5}),
    ],
)
def test_a_natural_override_is_understood(typed, key, meant):
    value = plain(compose.configuration([typed]))
    for part in key.split("."):
        value = value[part]
    assert value == (meant.format(home=os.path.expanduser("~")) if isinstance(meant, str) else meant)


@pytest.mark.ci
def test_a_sweep_over_all_options_of_a_group():
    assert compose.check_jobs(["dose=glob(*)"], multirun=True) == len(options("dose"))


def test_the_configuration_that_is_shown_is_the_one_that_is_used(capsys):
    shown = yaml.safe_load(told(capsys, "debug=smoke", "--cfg", "job"))
    used = plain(compose.configuration(["debug=smoke"]))
    assert shown["trainer"]["steps"] == 4
    for section in ("trainer", "cohort", "data", "limit"):
        assert shown[section] == used[section]


def test_the_configuration_of_every_job_of_a_sweep_is_shown(capsys):
    text = told(capsys, "-m", "dose=low,full", "--cfg", "job", "--package", "dose")
    jobs = list(yaml.safe_load_all(text))
    assert [job["mas"] for job in jobs] == [
        compose.configuration([f"dose={name}"]).dose.mas for name in ("low", "full")
    ]
    assert text.startswith("# dose=low\n")


@pytest.mark.parametrize("words", [["priors", "show"], ["run", "--help"]])
def test_a_reader_that_goes_away_ends_the_command_without_a_word(words):
    command = [sys.executable, "-m", "labelct", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 141
