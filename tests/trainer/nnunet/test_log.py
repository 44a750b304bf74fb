"""nnU-Net's log becomes the tracker's curves, line by whole line."""

from labelct.tracking import Tracker
from labelct.trainer.nnunet.log import followed

HEADER = "epoch,loss,loss_val,dice,dice_smooth,learning_rate,seconds\n"


class Recorder(Tracker):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, float]] = []

    def log(self, metrics, step):
        self.seen.append((step, metrics["train/loss"]))


def test_every_epoch_reaches_the_tracker_once(tmp_path):
    recorder, path = Recorder(), tmp_path / "log.csv"
    with followed(path, 3, recorder):
        for text in (HEADER, "1,0.9,1,0,0,0.01,2\n2,0.", "8,1,0,0,0.01,2\n", "3,0.7,1,0,0,0.01,2\n"):
            with path.open("a") as file:
                file.write(text)
    assert recorder.seen == [(1, 0.9), (2, 0.8), (3, 0.7)]


def test_what_an_earlier_run_left_is_not_told_twice(tmp_path):
    recorder, path = Recorder(), tmp_path / "log.csv"
    path.write_text(HEADER + "1,0.5,1,0,0,0.01,2\n")
    with followed(path, 2, recorder):
        path.write_text(HEADER + "1,0.9,1,0,0,0.01,2\n")
    assert recorder.seen == [(1, 0.9)]
