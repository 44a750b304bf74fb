"""nnU-Net's log becomes the tracker's curves, each epoch once."""

from time import sleep

import pytest

from labelct.tracking import Tracker
from labelct.trainer.nnunet.log import POLL_S, followed
from labelct.writing import write_text

pytestmark = pytest.mark.ci

HEADER = "epoch,loss,loss_val,dice,dice_smooth,learning_rate,seconds\n"


class Recorder(Tracker):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, float]] = []

    def log(self, metrics, step):
        self.seen.append((step, metrics["train/loss"]))


def test_every_epoch_reaches_the_tracker_once(tmp_path):
    recorder, path = Recorder(), tmp_path / "log.csv"
    with followed(path, 3, None, recorder):
        for losses in ((), (0.9,), (0.9, 0.8), (0.9, 0.8, 0.7)):
            rows = [f"{epoch},{loss},1,0,0,0.01,2\n" for epoch, loss in enumerate(losses, start=1)]
            write_text(path, HEADER + "".join(rows))
            sleep(1.2 * POLL_S)
        assert len(recorder.seen) == 3
    assert recorder.seen == [(1, 0.9), (2, 0.8), (3, 0.7)]


def test_what_an_earlier_run_left_is_not_told_twice(tmp_path):
    recorder, path = Recorder(), tmp_path / "log.csv"
    path.write_text(HEADER + "1,0.5,1,0,0,0.01,2\n")
    with followed(path, 2, None, recorder):
        path.write_text(HEADER + "1,0.9,1,0,0,0.01,2\n")
    assert recorder.seen == [(1, 0.9)]


def test_a_training_by_time_shows_the_seconds_of_its_epochs(tmp_path, capsys):
    path = tmp_path / "log.csv"
    with followed(path, 4000, 2.0, Recorder()):
        path.write_text(HEADER + "1,0.9,1,0,0.25,0.01,31\n2,0.8,1,0,0.5,0.01,14.4\n")
    said = capsys.readouterr().out
    assert "45/" in said
    assert "epoch 2  loss 0.800  Dice 0.500" in said
