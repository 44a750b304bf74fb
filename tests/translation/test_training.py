"""A training that is stopped and gone on with ends as one that never was; its folder is checked."""

import dataclasses
import shutil

import numpy as np
import pytest
import torch

from labelct.errors import InputError
from labelct.parallel import ParallelSettings
from labelct.tracking import Tracker
from labelct.trainer.settings import DeviceSettings
from labelct.translation import progress, training
from labelct.translation.progress import Keeper
from labelct.translation.samples import draw
from labelct.translation.training import GENERATORS, SLICES, TranslationTask, train
from tests.faults.disk import files_no_larger_than

pytestmark = pytest.mark.ci


@pytest.fixture
def task(tiny, subjects):
    """Return a function that makes a task of tiny settings, with some changed."""

    def make(**changed):
        alone = ParallelSettings(workers=1)
        return TranslationTask(tiny(**changed), *subjects, DeviceSettings(threads=1), alone)

    return make


class Stopped(Exception):
    """The end of an interrupted run."""


def weights(folder):
    saved = torch.load(folder / GENERATORS, weights_only=True)
    return [part for side in ("ct", "mr") for part in saved[side].values()]


def test_stopped_and_gone_on_with_is_the_same_to_the_bit(task, tmp_path, monkeypatch):
    given = task(epochs=3, batch=2)
    train(given, tmp_path / "whole", Tracker())

    keep = Keeper._keep

    def stop(self, trainer, module):
        keep(self, trainer, module)
        if module.step == 6:
            raise Stopped

    monkeypatch.setattr(Keeper, "_keep", stop)
    with pytest.raises(Stopped):
        train(given, tmp_path / "parted", Tracker())
    monkeypatch.setattr(Keeper, "_keep", keep)
    assert not (tmp_path / "parted" / GENERATORS).exists()
    torch.manual_seed(99)  # nothing may hang on the state of torch's generator
    train(given, tmp_path / "parted", Tracker())

    parted, whole = (weights(tmp_path / name) for name in ("parted", "whole"))
    assert all(torch.equal(*pair) for pair in zip(parted, whole, strict=True))
    logs = [
        [line.split(",")[:-1] for line in (tmp_path / name / "log.csv").read_text().splitlines()]
        for name in ("parted", "whole")
    ]
    assert logs[0] == logs[1]
    assert [row[0] for row in logs[0]] == ["step", "3", "6", "9"]
    assert sorted(path.name for path in (tmp_path / "parted" / "samples").iterdir()) == [
        f"step_00000{step}.png" for step in (3, 6, 9)
    ]


def test_one_that_is_killed_at_its_last_picture_has_all_of_them(task, tmp_path, monkeypatch):
    given, drawn = task(epochs=2), []

    def stop(*args):
        drawn.append(args)
        if len(drawn) == 2:
            raise Stopped
        draw(*args)

    monkeypatch.setattr(progress, "draw", stop)
    with pytest.raises(Stopped):
        train(given, tmp_path, Tracker())
    assert len(list((tmp_path / "samples").iterdir())) == 1
    train(given, tmp_path, Tracker())
    assert len(list((tmp_path / "samples").iterdir())) == 2


def test_a_finished_training_is_not_done_again(task, tmp_path, monkeypatch):
    given = task(epochs=1)
    train(given, tmp_path, Tracker(tmp_path / "curves.csv"))
    assert not (tmp_path / SLICES).exists()
    assert "translation/cycle_ct" in (tmp_path / "curves.csv").read_text()
    monkeypatch.setattr(training, "fit", None)
    train(given, tmp_path, Tracker())


def test_other_settings_do_not_go_on_with_it(task, tmp_path):
    given = task(epochs=1)
    train(given, tmp_path, Tracker())
    before = (tmp_path / "model.json").read_text()
    with pytest.raises(InputError, match="holds a training with other settings; delete it"):
        train(task(epochs=1, filters=4), tmp_path, Tracker())
    assert (tmp_path / "model.json").read_text() == before


def test_how_slices_are_translated_is_no_other_setting(task, tmp_path):
    train(task(epochs=1), tmp_path, Tracker())
    train(task(epochs=1, prediction={"overlap": 0.1}, save_every=7), tmp_path, Tracker())


def test_a_checkpoint_of_something_else_is_named(task, tmp_path):
    given = task(epochs=2)
    train(given, tmp_path / "small", Tracker())
    (tmp_path / "other" / SLICES).mkdir(parents=True)
    state = torch.load(tmp_path / "small" / "last.ckpt", weights_only=True)
    state["state_dict"] = {"w": torch.zeros(1)}
    state["global_step"] = 2
    torch.save(state, tmp_path / "other" / "last.ckpt")
    with pytest.raises(InputError, match=r"last\.ckpt: is no checkpoint that this translation can go on from") as error:
        train(given, tmp_path / "other", Tracker())
    assert "\n" not in str(error.value)


def test_the_minutes_end_it(task, tmp_path):
    train(task(epochs=100000, decay=0, minutes=0.02), tmp_path, Tracker())
    state = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert 0 < state["global_step"] < 2 * 3 * 100000
    assert (tmp_path / GENERATORS).exists()


def test_a_volume_that_cannot_be_used_leaves_nothing(task, tmp_path):
    given = task()
    broken = dataclasses.replace(given.mr[0], load_mr=_flat)
    with pytest.raises(InputError, match="has one axial slice"):
        train(dataclasses.replace(given, mr=[broken]), tmp_path / "new", Tracker())
    assert [path.name for path in (tmp_path / "new").rglob("*") if path.is_file()] == []
    shutil.rmtree(tmp_path / "new")


def test_generators_that_a_disk_has_no_room_for_are_named(tmp_path):
    weights = {f"cycle.to_{side}.weight": torch.zeros(9000) for side in ("ct", "mr")}
    torch.save({"state_dict": weights}, tmp_path / "last.ckpt")
    with files_no_larger_than(5000), pytest.raises(InputError, match=r"generators\.pt: the file would be larger"):
        training._write_generators(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]


def _flat():
    from labelct.volume import Volume

    return Volume(np.arange(64.0).reshape(8, 8, 1), np.eye(4))
