"""The file is the truth; mirrors get the same, are closed once, and none ends a job."""

import logging

import pytest

from labelct.errors import InputError
from labelct.tracking import Description, LoggerSettings, Tracker, track, weights_and_biases


class Mirror:
    """A mirror that records what it is told, and how it was closed."""

    def __init__(self, name="wandb", broken=False):
        self.name, self.broken, self.told, self.codes = name, broken, [], []

    def __getattr__(self, name):
        return lambda *given: self._hear(name, given)

    def _hear(self, name, given):
        if self.broken:
            raise ConnectionError("the network\nis gone" + "!" * 500)
        self.told.append((name, *given))

    def close(self, exit_code):
        self.codes.append(exit_code)


def test_curves_hold_one_line_per_value(tmp_path):
    with track(LoggerSettings(csv=True), tmp_path, Description("job")) as opened:
        opened.log({"train/loss": 0.5, "val/dice": 0.25}, 10)
    assert (tmp_path / "curves.csv").read_text() == "step,metric,value\n10,train/loss,0.5\n10,val/dice,0.25\n"


def test_none_leaves_no_file(tmp_path):
    with track(LoggerSettings(), tmp_path, Description("job")) as opened:
        opened.log({"loss": 0.5}, 10)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("failure", "code"), [(None, 0), (KeyboardInterrupt, 1), (ValueError, 1)])
def test_a_run_is_closed_with_the_exit_code(tmp_path, monkeypatch, failure, code):
    mirror = Mirror()
    monkeypatch.setattr(weights_and_biases, "open_run", lambda *_: mirror)
    try:
        with track(LoggerSettings(wandb=True), tmp_path, Description("job")):
            if failure:
                raise failure
    except (KeyboardInterrupt, ValueError):
        pass
    assert mirror.codes == [code]


def test_a_broken_mirror_is_dropped_in_one_line_and_the_others_go_on(tmp_path, caplog):
    broken, whole = Mirror(broken=True), Mirror("tensorboard")
    opened = Tracker(tmp_path / "curves.csv", [broken, whole])
    opened.log({"loss": 1}, 1)
    opened.log({"loss": 2}, 2)
    assert broken.codes == [1]
    assert whole.told == [("log", {"loss": 1}, 1), ("log", {"loss": 2}, 2)]
    assert (tmp_path / "curves.csv").read_text().splitlines() == ["1,loss,1", "2,loss,2"]
    (record,) = caplog.records
    assert record.getMessage().startswith("wandb stopped mirroring (the network is gone!!!")
    assert len(record.getMessage()) < 300


def test_a_disk_that_takes_no_curves_ends_no_job(tmp_path, caplog):
    (tmp_path / "curves.csv").mkdir()
    mirror = Mirror()
    opened = Tracker(tmp_path / "curves.csv", [mirror])
    for step in (1, 2):
        opened.log({"loss": 1}, step)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "the trainer's log.csv has the curves" in caplog.text
    assert len(mirror.told) == 2


def test_slices_are_cut_only_where_somebody_looks():
    Tracker().segmentations("segmentations", lambda: pytest.fail("nobody looks"))
    mirror = Mirror()
    Tracker(None, [mirror]).segmentations("segmentations", lambda: ["slice"])
    assert mirror.told == [("segmentations", "segmentations", ["slice"])]


def test_a_missing_package_is_named_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("labelct.errors.find_spec", lambda name: None)
    with (
        pytest.raises(InputError, match=r"mlflow: is not installed; pip install mlflow"),
        track(LoggerSettings(mlflow=True), tmp_path / "job", Description("job")),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_tracker_that_does_not_open_leaves_the_file(tmp_path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError("no such server")

    monkeypatch.setattr(weights_and_biases, "open_run", refuse)
    with track(LoggerSettings(wandb=True), tmp_path, Description("job")) as opened:
        opened.log({"loss": 1}, 1)
    assert "wandb does not open (no such server)" in caplog.text
    assert (tmp_path / "curves.csv").read_text().endswith("1,loss,1\n")
