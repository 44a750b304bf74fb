"""The first network of a cascade is that of the same training without one; the second is resumed bit by bit."""

import json

import pytest
import torch

from labelct.errors import InputError, SettingError
from labelct.tracking import Tracker
from labelct.trainer import ddp_worker, unet
from labelct.trainer.face import DataSize
from labelct.trainer.unet.cascade.passes import tasks
from labelct.trainer.unet.cascade.settings import CascadeSettings
from tests.trainer.unet.cascade.conftest import cascade


def weights(folder):
    return torch.load(folder / "last.ckpt", weights_only=True)["state_dict"]


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


class Killed(Tracker):
    """A tracker that stops the run in the second network, after its first checkpoint, as a kill would."""

    def log(self, metrics, step):
        if step > 6:
            raise KeyboardInterrupt


def test_the_first_task_knows_of_no_cascade_and_the_second_is_one_network_in_boxes():
    task = cascade(spacing=2.0, steps=7, margin_mm=9.0, minutes=3.0)
    first, second = tasks(task)
    assert tasks(first) == (first,)
    assert (first.region, first.settings.spacing) == (None, [5.0] * 3)
    assert (second.settings.spacing, second.settings.steps, second.settings.minutes) == ([2.0] * 3, 7, 3.0)
    assert (second.region.targets, second.region.margin_mm) == (("gallbladder",), 9.0)
    assert second.region.least_mm == (32.0, 32.0, 32.0)
    assert not second.settings.prediction.body_crop


def test_a_cascade_adds_to_its_first_network_and_is_resumed_bit_by_bit(fine_set, tmp_path):
    task = cascade(4)
    unet.fit(tasks(task)[0], fine_set.folder, tmp_path / "alone", Tracker())
    unet.fit(task, fine_set.folder, tmp_path / "straight", Tracker(tmp_path / "curves.csv"))
    with pytest.raises(KeyboardInterrupt):
        unet.fit(task, fine_set.folder, tmp_path / "killed", Killed())
    assert torch.load(tmp_path / "killed/fine/last.ckpt", weights_only=True)["global_step"] == 2
    unet.fit(task, fine_set.folder, tmp_path / "killed", Tracker())
    alone, straight = (weights(tmp_path / name) for name in ("alone", "straight"))
    assert same(alone, straight)
    assert (tmp_path / "alone/model.json").read_text() == (tmp_path / "straight/model.json").read_text()
    fine = weights(tmp_path / "straight/fine")
    assert same(fine, weights(tmp_path / "killed/fine"))
    assert not same(fine, straight)
    told = [line.split(",")[:2] for line in (tmp_path / "curves.csv").read_text().splitlines()]
    assert ["8", "val/fine_dice_gallbladder"] in told
    assert ["8", "val/fine_dice_liver"] not in told
    job = json.loads((tmp_path / "straight/fine/job.json").read_text())
    assert job["region"]["targets"] == ["gallbladder"]
    (tmp_path / "straight/fine/last.ckpt").unlink()
    ddp_worker.main(tmp_path / "straight/fine")
    assert same(fine, weights(tmp_path / "straight/fine"))


def test_volumes_that_are_going_to_be_too_coarse_are_found_before_they_are_made(tmp_path):
    for size in (2.0, 4.0):
        unet.check(tasks(cascade())[0], lambda size=size: DataSize(1, 1, 1, spacing=size), tmp_path)
    unet.check(cascade(), lambda: DataSize(1, 1, 1, spacing=2.0), tmp_path)
    with pytest.raises(SettingError, match=r"trainer\.cascade\.spacing=2\.0: allowed is 4 or more"):
        unet.check(cascade(), lambda: DataSize(1, 1, 1, spacing=4.0), tmp_path)


def test_volumes_that_are_too_coarse_and_other_boxes_are_refused(fine_set, tmp_path):
    with pytest.raises(SettingError, match=r"trainer\.cascade\.spacing=1\.0: allowed is 2 or more"):
        unet.fit(cascade(spacing=1.0), fine_set.folder, tmp_path / "model", Tracker())
    assert not (tmp_path / "model").exists()
    (tmp_path / "model").mkdir()
    (tmp_path / "model/cascade.json").write_text(json.dumps({**vars(CascadeSettings(["liver"]))}))
    with pytest.raises(InputError, match="holds a training with other settings"):
        unet.fit(cascade(), fine_set.folder, tmp_path / "model", Tracker())
