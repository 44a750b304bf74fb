"""A signal ends a command as Ctrl-C does, with a line how to go on; one that is stopped for a while loses nothing."""

import os
import signal
import time

import pytest

from tests.faults.chain import until

pytestmark = pytest.mark.ci


def test_a_signal_to_the_command_alone_ends_it_with_its_workers(chain):
    process = chain.start()
    assert until(chain.workers)
    process.send_signal(signal.SIGTERM)
    told = process.communicate(timeout=240)[0]
    assert process.returncode == 143, told
    assert told.splitlines()[-1] == "labelct run: stopped; the same command goes on where it was"
    assert "Traceback" not in told
    assert until(lambda: not chain.processes(), 2.0)
    assert chain.states() == ["stopped"]


@pytest.mark.long
def test_a_command_that_is_stopped_for_a_while_goes_on(chain, unharmed):
    process = chain.start()
    assert until(lambda: len(chain.files()) > 2)
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(0.5)
    assert chain.states() == ["running"]
    os.killpg(process.pid, signal.SIGCONT)
    told = process.communicate(timeout=240)[0]
    assert process.returncode == 0, told
    assert chain.contents() == unharmed


@pytest.mark.parametrize("launcher", ["basic", pytest.param("joblib", marks=pytest.mark.long)])
def test_the_jobs_of_a_sweep_end_with_its_launcher_and_say_so(chain, launcher):
    if launcher == "joblib":
        pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    sweep = chain.start("-m", "data.seed=0,1", f"hydra/launcher={launcher}")
    assert until(lambda: any(chain.outputs.glob("stages/*/*/labels")))
    sweep.kill()
    sweep.communicate()
    assert until(lambda: not chain.processes(), 2.0)
    assert chain.states() == ["failed"] * len(chain.states()) != []


@pytest.mark.parametrize("launcher", ["basic", pytest.param("joblib", marks=pytest.mark.long)])
def test_a_sweep_that_is_stopped_stops_its_jobs_with_a_line_how_to_go_on(chain, launcher):
    if launcher == "joblib":
        pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    sweep = chain.start("-m", "data.seed=0,1", f"hydra/launcher={launcher}")
    assert until(chain.workers)
    sweep.send_signal(signal.SIGTERM)
    told = sweep.communicate(timeout=240)[0]
    assert sweep.returncode == 143
    assert told.splitlines()[-1] == "labelct run: stopped; the same command goes on where it was"
    assert "Traceback" not in told
    assert set(chain.states()) <= {"stopped", "failed"}, "a job whose worker goes first says so itself"
    assert until(lambda: not chain.processes(), 2.0)
