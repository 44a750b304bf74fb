import os
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from labelct import tracking
from labelct.config import configuration_folder
from labelct.errors import SettingError
from labelct.tracking import Description, LoggerSettings, Tracker, track, wandb_mode


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("WANDB")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


class Run:
    """A wandb run that records how it was closed."""

    def __init__(self, broken: bool = False) -> None:
        self.broken, self.codes, self.logged = broken, [], []

    def log(self, values: dict) -> None:
        if self.broken:
            raise ConnectionError("the network is gone")
        self.logged.append(values)

    def finish(self, exit_code: int) -> None:
        self.codes.append(exit_code)


def test_curves_hold_one_line_per_value(tmp_path: Path) -> None:
    with track(LoggerSettings("csv"), tmp_path, Description("job")) as tracker:
        tracker.log({"loss": 0.5, "dice": 0.25}, 10)
    assert (tmp_path / "curves.csv").read_text() == "step,metric,value\n10,loss,0.5\n10,dice,0.25\n"


def test_none_leaves_no_file(tmp_path: Path) -> None:
    with track(LoggerSettings("none"), tmp_path, Description("job")) as tracker:
        tracker.log({"loss": 0.5}, 10)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("failure", "code"), [(None, 0), (KeyboardInterrupt, 1), (ValueError, 1)])
def test_run_is_closed_with_the_exit_code(tmp_path: Path, monkeypatch, failure, code: int) -> None:
    run = Run()
    monkeypatch.setattr(tracking, "_open_run", lambda *_: run)
    try:
        with track(LoggerSettings("wandb"), tmp_path, Description("job")):
            if failure:
                raise failure
    except (KeyboardInterrupt, ValueError):
        pass
    assert run.codes == [code]


def test_broken_mirror_is_dropped_and_the_file_goes_on(tmp_path: Path) -> None:
    run = Run(broken=True)
    tracker = Tracker(tmp_path / "curves.csv", run)
    tracker.log({"loss": 1}, 1)
    tracker.log({"loss": 2}, 2)
    assert run.codes == [1]
    assert (tmp_path / "curves.csv").read_text().splitlines() == ["1,loss,1", "2,loss,2"]


def test_mode_is_offline_without_a_key_or_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wandb_mode(LoggerSettings("wandb")) == "offline"
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    monkeypatch.setattr(tracking, "_reachable", lambda: False)
    assert wandb_mode(LoggerSettings("wandb", mode="online")) == "offline"
    monkeypatch.setattr(tracking, "_reachable", lambda: True)
    assert wandb_mode(LoggerSettings("wandb")) == "online"
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert wandb_mode(LoggerSettings("wandb")) == "disabled"


def test_two_jobs_are_two_offline_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    names = []
    for job in ("a", "b"):
        described = Description(job, {"seed": job}, "sweep", ["x"], "train")
        with track(LoggerSettings("wandb"), tmp_path / job, described) as tracker:
            tracker.log({"loss": 0.5}, 1)
            tracker.table("scores", ["case", "dice"], [["a", 0.5]])
            tracker.summary({"dice": 0.5})
            names.append((tracker.run.name, tracker.run.group, dict(tracker.run.config)["seed"]))
        assert tracker.run is None
        assert len(list((tmp_path / job / "wandb").glob("offline-run-*/*.wandb"))) == 1
    assert names == [("a", "sweep", "a"), ("b", "sweep", "b")]
    assert capfd.readouterr() == ("", "")


def test_unknown_mode_is_named() -> None:
    with pytest.raises(SettingError) as caught:
        LoggerSettings(mode="dry")
    assert caught.value.field == "mode"


@pytest.mark.parametrize("name", ["none", "csv", "wandb"])
def test_shipped_loggers_fit_their_schema(name: str) -> None:
    values = OmegaConf.load(configuration_folder() / f"logger/{name}.yaml")
    del values["defaults"]
    merged = OmegaConf.merge(OmegaConf.structured(LoggerSettings), values)
    assert isinstance(OmegaConf.to_object(merged), LoggerSettings)
