"""What a validation measures is never called a training's, and a finished training tells its curves again."""

from labelct.tracking import Tracker
from labelct.tracking.curves import named, replay, replay_passes

LOOP = "step,loss,learning_rate,dice,dice_liver,seconds\n10,0.5,0.01,,,1.0\n20,,,0.25,0.125,2.0\n30,torn"
NNUNET = "epoch,loss,loss_val,dice,dice_smooth,learning_rate,seconds\n1,-0.5,-0.25,0.5,0.75,0.01,30\n"


class Recorder(Tracker):
    def __init__(self):
        super().__init__()
        self.told = []

    def log(self, metrics, step):
        self.told.append((step, dict(metrics)))


def test_metrics_of_the_validation_are_told_from_those_of_the_training():
    given = dict.fromkeys(["loss", "learning_rate", "dice", "dice_liver", "dice_smooth", "loss_val", "seconds"], 1.0)
    assert set(named(given)) == {
        *("train/loss", "train/learning_rate"),
        *("val/dice", "val/dice_liver", "val/dice_smooth", "val/loss"),
    }
    assert set(named({"cycle_ct": 1.0}, "translation")) == {"translation/cycle_ct"}


def test_logs_of_every_trainer_are_told_again(tmp_path):
    (tmp_path / "loop.csv").write_text(LOOP)
    (tmp_path / "nnunet.csv").write_text(NNUNET)
    recorder = Recorder()
    for name in ("loop", "nnunet", "no_such"):
        replay(tmp_path / f"{name}.csv", recorder)
    assert recorder.told == [
        (10, {"train/loss": 0.5, "train/learning_rate": 0.01}),
        (20, {"val/dice": 0.25, "val/dice_liver": 0.125}),
        (1, named({"loss": -0.5, "loss_val": -0.25, "dice": 0.5, "dice_smooth": 0.75, "learning_rate": 0.01})),
    ]


def test_the_second_network_of_a_cascade_is_told_behind_the_first_by_names_of_its_own(tmp_path):
    (tmp_path / "fine").mkdir()
    (tmp_path / "log.csv").write_text("step,loss,dice\n10,0.5,\n20,,0.25\n")
    (tmp_path / "fine/log.csv").write_text("step,loss,dice\n10,0.75,\n15,,0.125\n")
    recorder = Recorder()
    replay_passes(tmp_path, recorder)
    assert recorder.told == [
        *((10, {"train/loss": 0.5}), (20, {"val/dice": 0.25})),
        *((30, {"train/fine_loss": 0.75}), (35, {"val/fine_dice": 0.125})),
    ]
