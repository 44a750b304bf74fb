"""A signal ends a command as Ctrl-C does, with a line how to go on; one that is stopped for a while loses nothing."""

import os
import signal
import time

import pytest

from labelct.processes import describe, is_alive
from tests.faults.chain import until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_command_alone_ends_it_with_its_workers(chain, number):
    process = chain.start()
    assert until(chain.workers)
    process.send_signal(number)
    told = process.communicate(timeout=30)[0]
    assert process.returncode == 128 + number
    assert told.splitlines()[-1] == "labelct run: stopped; the same command goes on where it was"
    assert "Traceback" not in told
    assert until(lambda: not chain.processes(), 2.0)
    assert chain.states() == ["stopped"]


def test_a_command_that_is_stopped_for_a_while_goes_on(chain, unharmed):
    process = chain.start()
    assert until(lambda: len(chain.files()) > 2)
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(0.5)
    assert chain.states() == ["running"]
    os.killpg(process.pid, signal.SIGCONT)
    told = process.communicate(timeout=60)[0]
    assert process.returncode == 0, told
    assert chain.contents() == unharmed


def test_the_jobs_of_a_sweep_end_with_its_launcher_and_say_so(chain):
    sweep = chain.start("-m", "data.seed=0,1", "hydra/launcher=basic")
    assert until(chain.workers)
    jobs = [describe(process.pid) for process in chain.processes()]
    sweep.kill()
    sweep.wait()
    assert until(lambda: not any(map(is_alive, jobs)), 2.0)
    assert until(lambda: not chain.processes(), 2.0)
    assert chain.states() == ["failed"]
    sweep.stdout.close()


def test_a_sweep_that_is_stopped_stops_its_job_with_a_line_how_to_go_on(chain):
    sweep = chain.start("-m", "data.seed=0,1", "hydra/launcher=basic")
    assert until(chain.workers)
    sweep.send_signal(signal.SIGTERM)
    told = sweep.communicate(timeout=30)[0]
    assert sweep.returncode == 143
    assert told.splitlines()[-1] == "labelct run: stopped; the same command goes on where it was"
    assert "Traceback" not in told
    assert chain.states() == ["stopped"]
    assert until(lambda: not chain.processes(), 2.0)
