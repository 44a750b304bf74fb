"""An augmenting process of nnU-Net that ends is one line, and the thread that waits for it says nothing to the user."""

import os
import signal
import threading

import numpy as np
import pytest
from batchgenerators.dataloading.nondet_multi_threaded_augmenter import NonDetMultiThreadedAugmenter

from labelct.errors import InputError
from labelct.trainer.nnunet.compat import augmenting


class Endless:
    """Batches of zeros, as nnU-Net's loader hands them out."""

    def set_thread_id(self, number):
        self.number = number

    def __next__(self):
        return {"data": np.zeros(4)}


@pytest.fixture
def batches():
    made = NonDetMultiThreadedAugmenter(Endless(), None, 1)
    yield made
    made._finish(force=True)


@augmenting(1)
def killed(batches):
    """Kill the process behind batches, and take those that are left until they say so."""
    next(batches)
    os.kill(batches._processes[0].pid, signal.SIGKILL)
    while True:
        next(batches)


@augmenting(None)
def interrupted(batches):
    next(batches)
    raise KeyboardInterrupt


@augmenting(None)
def failing():
    def fail():
        raise ValueError("of another thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    raise RuntimeError("of torch")


def test_a_killed_augmenter_is_one_line_and_its_thread_tells_the_log(batches, capsys):
    hook = threading.excepthook
    with pytest.raises(InputError, match=r"^device\.workers=1: a process that augments patches has ended before"):
        killed(batches)
    told = capsys.readouterr()
    assert told.err == ""
    assert "background workers are no longer alive" in told.out
    assert threading.excepthook is hook


def test_an_interrupted_training_leaves_the_thread_nothing_to_say(batches, capsys, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    with pytest.raises(KeyboardInterrupt):
        interrupted(batches)
    os.kill(batches._processes[0].pid, signal.SIGKILL)
    batches.results_loop_thread.join(10)
    assert not batches.results_loop_thread.is_alive()
    assert capsys.readouterr() == ("", "")


def test_other_threads_and_other_faults_are_told_as_ever(monkeypatch):
    told = []
    monkeypatch.setattr(threading, "excepthook", lambda said: told.append(str(said.exc_value)))
    with pytest.raises(RuntimeError, match="of torch"):
        failing()
    assert told == ["of another thread"]
