import json

import pytest
from omegaconf import OmegaConf

from labelct.commands import job
from labelct.errors import InputError


def end(folder, monkeypatch, chain):
    """Return score and status of a job whose chain is a stub."""
    monkeypatch.setattr(job, "_chain", chain)
    score = job.run(OmegaConf.create(), folder, {}, [])
    return score, json.loads((folder / "status.json").read_text(encoding="utf-8"))


def test_a_job_that_finishes_leaves_its_dice(tmp_path, monkeypatch):
    score, status = end(tmp_path, monkeypatch, lambda *_: 0.9)
    assert (score, status) == (0.9, {"state": "finished", "dice": 0.9})


def test_bad_input_is_its_reason_and_no_traceback(tmp_path, monkeypatch):
    def chain(*_):
        raise InputError("ct.nii.gz", "is truncated", "copy it again")

    score, status = end(tmp_path, monkeypatch, chain)
    assert score is None
    assert (status["state"], status["reason"]) == ("failed", "ct.nii.gz: is truncated; copy it again")
    assert not (tmp_path / "traceback.txt").exists()


def test_a_fault_of_our_own_leaves_its_traceback(tmp_path, monkeypatch):
    score, status = end(tmp_path, monkeypatch, lambda *_: 1 / 0)
    assert score is None
    assert status["reason"] == "ZeroDivisionError: division by zero"
    assert "1 / 0" in (tmp_path / "traceback.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_who_stops_a_job_stops_it(tmp_path, monkeypatch, interrupt):
    def chain(*_):
        raise interrupt

    with pytest.raises(interrupt):
        end(tmp_path, monkeypatch, chain)
