"""Runs at Weights & Biases: offline ones are read back from their files."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from labelct.tracking import Description, LoggerSettings, track, weights_and_biases
from labelct.tracking.weights_and_biases import mode_of
from tests.tracking.offline_runs import config, curve, history

WANDB = LoggerSettings(wandb=True)


def test_mode_is_offline_without_a_key_or_a_network(monkeypatch):
    assert mode_of(WANDB)[0] == "offline"
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    monkeypatch.setattr(weights_and_biases, "_reachable", lambda: False)
    assert mode_of(LoggerSettings(mode="online"))[0] == "offline"
    monkeypatch.setattr(weights_and_biases, "_reachable", lambda: True)
    assert mode_of(WANDB)[0] == "online"
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert mode_of(WANDB)[0] == "disabled"


def test_two_jobs_are_two_runs_each_with_its_whole_story(tmp_path, monkeypatch, capfd, segmented):
    monkeypatch.setenv("WANDB_MODE", "offline")
    for job in ("a", "b"):
        described = Description(job, {"seed": job, "labelct": "1.0"}, "sweep", ["x"], "train")
        with track(WANDB, tmp_path / job, described) as tracker:
            tracker.log({"train/loss": 0.5, "val/dice": 0.25}, 10)
            tracker.log({"train/loss": 0.25}, 20)
            tracker.table("scores", ["case", "dice"], [["a", 0.5]])
            tracker.segmentations("segmentations", lambda: [segmented])
            tracker.describe({"stages": {"training": job * 12}})
            tracker.summary({"own/liver/dice": 0.5})
        assert tracker.mirrors == []
    assert capfd.readouterr() == ("", "")
    for job in ("a", "b"):
        assert curve(tmp_path / job, "train/loss") == [(10, 0.5), (20, 0.25)]
        found = config(tmp_path / job)
        assert (found["seed"], found["labelct"], found["stages"]) == (job, "1.0", {"training": job * 12})
        (shown,) = (row for row in history(tmp_path / job) if "segmentations/all_masks" in row)
        assert set(shown["segmentations/all_masks"][0]) == {"truth", "prediction"}
        assert shown["segmentations/captions"] == ["own a: Dice liver 0.667"]
        (table,) = tmp_path.glob(f"{job}/wandb/*/files/media/table/cases_*.json")
        assert json.loads(table.read_text())["columns"] == ["test", "case", "dice liver", "picture"]


@pytest.mark.parametrize(
    ("key", "why"), [("", "wandb has no API key (wandb login"), ("k" * 40, "wandb does not reach api.wandb.ai; ")]
)
def test_what_keeps_a_run_offline_is_said_and_where_it_lies(tmp_path, monkeypatch, caplog, key, why):
    monkeypatch.setenv("WANDB_API_KEY", key)
    monkeypatch.setattr(weights_and_biases, "_reachable", lambda: False)
    with track(WANDB, tmp_path, Description("job")) as tracker:
        tracker.log({"train/loss": 0.5}, 10)
    (record,) = (record for record in caplog.records if record.name.startswith("labelct"))
    assert record.getMessage().startswith(why)
    assert record.getMessage().endswith(f"the run is kept offline in {tmp_path / 'wandb'}, which wandb sync sends")
    assert curve(tmp_path, "train/loss") == [(10, 0.5)]


class Refusing(BaseHTTPRequestHandler):
    """A server that knows no key."""

    def do_POST(self):
        self.send_response(401)
        self.end_headers()
        self.wfile.write(b'{"errors": [{"message": "user is not logged in"}]}')

    do_GET = do_POST

    def log_message(self, *_):
        pass


@pytest.mark.ci  # wandb asks several times before it gives up
def test_a_wrong_key_leaves_the_run_offline_in_one_line(tmp_path, monkeypatch, caplog):
    server = HTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    with track(WANDB, tmp_path, Description("job")) as tracker:
        tracker.log({"train/loss": 0.5}, 10)
    server.shutdown()
    server.server_close()
    (record,) = (record for record in caplog.records if record.name.startswith("labelct"))
    assert record.getMessage().startswith("wandb does not open online (")
    assert record.getMessage().endswith(f"the run is kept offline in {tmp_path / 'wandb'}, which wandb sync sends")
    assert "\n" not in record.getMessage()
    assert curve(tmp_path, "train/loss") == [(10, 0.5)]
