"""The second network decides about its structures where the first one found them, and about nothing else."""

import json
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch

from labelct.errors import InputError
from labelct.evaluation.components import Parts
from labelct.trainer.normalisation import BUILTIN
from labelct.trainer.predictor import NetworkPredictor
from labelct.trainer.region import Region
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model
from labelct.trainer.unet.cascade.passes import in_boxes
from labelct.trainer.unet.cascade.predictor import CascadePredictor, parts
from labelct.trainer.unet.family import UNET
from labelct.trainer.unet.settings import PredictionSettings, UNetSettings
from labelct.volume import Volume
from tests.edges import models
from tests.trainer.conftest import ball

LABELS = {"liver": 1, "gallbladder": 2}
SHORT = Region(("gallbladder",), 2.0, (0.0, 0.0, 0.0))


@dataclass
class Given:
    """A network that says of a voxel what `table` says of its value, and remembers what it was shown."""

    table: dict[int, int]
    labels: dict[str, int] = field(default_factory=lambda: LABELS)
    intensity_properties: object = True
    shown: list = field(default_factory=list)

    def predict(self, volume):
        self.shown.append(volume.array)
        return np.vectorize(self.table.__getitem__, otypes=[np.uint8])(volume.array.astype(int))

    def predict_probabilities(self, volume):
        found = self.predict(volume)
        certain = 0.9 if len(self.table) == 2 else 0.8
        return found, np.stack([(found == value) * certain for value in (1, 2)]).astype(np.float16)


def row(*values):
    """Return a volume of one row of voxels of 1 mm."""
    return Volume(np.array(values, np.float32)[:, None, None], np.eye(4))


def test_a_voxel_changes_where_either_network_gives_it_to_the_structure_within_the_box():
    """The last two voxels are out of the box: two from the largest part, from the third voxel to the fifth."""
    first = (1, 1, 2, 2, 2, 0, 0, 0, 2)
    second = (0, 2, 2, 1, 0, 2, 1, 2, 0)
    whole = (1, 2, 2, 1, 0, 2, 0, 0, 2)
    coarse, fine = (Given(dict(enumerate(said))) for said in (first, second))
    cascade = CascadePredictor(coarse, fine, SHORT, {2: Parts(1)})
    volume = row(*range(9))
    assert cascade.predict(volume)[:, 0, 0].tolist() == list(whole)
    assert fine.shown[0][:, 0, 0].tolist() == [0, 1, 2, 3, 4, 5, 6]
    found, probabilities = cascade.predict_probabilities(volume)
    assert found[:, 0, 0].tolist() == list(whole)
    assert (probabilities.argmax(0)[found > 0] + 1 == found[found > 0]).all()
    assert not probabilities[:, found == 0].any()


class Doubting(Given):
    """Gives no voxel to anything, and a share of 0.3 of those of value 1 to the gallbladder."""

    def predict_probabilities(self, volume):
        likely = 0.3 * (volume.array == 1)
        return np.zeros(volume.array.shape, np.uint8), np.stack([0 * likely, likely]).astype(np.float16)


@pytest.mark.parametrize(("threshold", "found"), [(0.2, [0, 2, 2, 0]), (0.4, [0, 0, 0, 0])])
def test_a_structure_that_the_first_network_half_believes_in_is_looked_for(threshold, found):
    fine = Given({0: 0, 1: 2})
    cascade = CascadePredictor(Doubting({}), fine, SHORT, {2: Parts(1)}, threshold=threshold)
    assert cascade.predict(row(0, 1, 1, 0))[:, 0, 0].tolist() == found


def test_where_nothing_was_found_nothing_is_looked_for():
    fine = Given({})
    found = CascadePredictor(Given({0: 0, 1: 1}), fine, SHORT, {}).predict(row(0, 1, 1, 0))
    assert found[:, 0, 0].tolist() == [0, 1, 1, 0]
    assert fine.shown == []


@pytest.mark.parametrize(
    ("repeated_mm", "levels"), [(0.0, [7, 7, 0, 0]), (1.0, [7, 7, 7, 0, 0]), (9.0, [7] * 4 + [0] * 2)]
)
def test_the_end_of_a_scan_goes_on_within_a_box(repeated_mm, levels):
    array = np.zeros((1, 1, 8), np.float32)
    array[..., :2] = 7
    fine = Given({0: 0, 7: 2})
    cascade = CascadePredictor(Given({0: 0, 7: 2}), fine, SHORT, {2: Parts(1)}, repeated_mm)
    assert cascade.predict(Volume(array, np.eye(4)))[0, 0].tolist() == [2, 2, 0, 0, 0, 0, 0, 0]
    assert fine.shown[0][0, 0].tolist() == levels


def test_parts_are_the_largest_components_each_in_its_box():
    labels = np.zeros((20, 6, 6), np.uint8)
    labels[1:4, 1:3, 1:3], labels[8:13, 2:4, 2:4], labels[18, 5, 5] = 2, 2, 2
    left, right = (slice(1, 4), slice(1, 3), slice(1, 3)), (slice(8, 13), slice(2, 4), slice(2, 4))
    assert parts(labels == 2, 1) == [right]
    assert parts(labels == 2, 2) == [right, left]
    assert parts(labels == 2, None) == [(slice(1, 19), slice(1, 6), slice(1, 6))]
    assert parts(labels == 1, 1) == parts(labels == 9, None) == []


class Threshold(torch.nn.Module):
    """Gives voxels above 70 HU to class 2."""

    def __init__(self):
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, image):
        seen = BUILTIN["soft_tissue"]
        level = (70.0 - seen.mean) / seen.sd
        return torch.cat([level - image, torch.full_like(image, -9.0), image - level], 1) * 50


def test_a_fine_grid_gives_back_a_blob_that_a_coarse_one_loses_to_half_a_voxel():
    """Both networks know the truth; all that differs is the grid on which they say it."""
    settings = UNetSettings(channels=[4, 8, 8], patch=[16, 16, 16], prediction=PredictionSettings(body_crop=False))
    fine = NetworkPredictor(
        UNET, Threshold(), settings, LABELS, (2.5,) * 3, BUILTIN["soft_tissue"], DeviceSettings(threads=1)
    )
    fine = replace(fine, settings=replace(settings, prediction=in_boxes(settings.prediction)))
    coarse = replace(fine, spacing=(10.0,) * 3)
    shape, spacing = (70, 62, 41), (1.5, 1.7, 2.2)
    centre = (61.0, 43.0, 52.0)
    truth = ball(shape, spacing, centre, 9.0)
    volume = Volume(np.where(truth, 110.0, 30.0).astype(np.float32), np.diag([*spacing, 1.0]))
    cascade = CascadePredictor(coarse, fine, Region(("gallbladder",), 8.0, (40.0,) * 3), {2: Parts(1)})

    def dice(found):
        return 2 * ((found == 2) & truth).sum() / ((found == 2).sum() + truth.sum())

    first, found = coarse.predict(volume), cascade.predict(volume)
    assert 0 < dice(first) < 0.85
    assert dice(found) > 0.93
    where = (np.argwhere(found == 2).mean(0) + 0.5) * spacing
    assert np.abs(where - centre).max() < 0.75


def left(folder, targets=("gallbladder",), fine_labels=LABELS):
    """Leave a cascade with weights of chance in `folder`."""
    models.unet(folder, LABELS)
    models.unet(folder / "fine", fine_labels, seed=1)
    (folder / "cascade.json").write_text(json.dumps({"targets": list(targets), "spacing": 2.0}))
    return folder


def test_a_model_is_opened_with_both_networks(tmp_path):
    hu = np.random.default_rng(0).normal(40, 80, (24, 20, 18)).astype(np.float32)
    volume = Volume(hu, np.diag([4.0, 4.0, 4.0, 1.0]))
    cascade = open_model(left(tmp_path), DeviceSettings(threads=1))
    first, found = cascade.coarse.predict(volume), cascade.predict(volume)
    assert cascade.labels == LABELS
    assert (first != found).any()
    assert ((first == 2) | (found == 2))[first != found].all()


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"targets": ["galbladder"]}, "did you mean 'gallbladder'"),
        ({"targets": 3}, "do not fit"),
        ({"no_such": 3}, "do not fit"),
    ],
)
def test_a_description_that_does_not_fit_is_one_line(tmp_path, said, problem):
    (left(tmp_path) / "cascade.json").write_text(json.dumps(said))
    with pytest.raises(InputError, match=rf"cascade\.json: .*{problem}") as error:
        open_model(tmp_path, DeviceSettings(threads=1))
    assert "\n" not in str(error.value)


def test_a_second_network_that_is_not_there_or_of_other_labels_is_named(tmp_path):
    with pytest.raises(InputError, match=r"fine/model\.json: its labels are not"):
        open_model(left(tmp_path / "other", fine_labels={"liver": 1}), DeviceSettings(threads=1))
    (left(tmp_path / "gone") / "fine/model.json").unlink()
    with pytest.raises(InputError, match=r"fine/model\.json: no such file"):
        open_model(tmp_path / "gone", DeviceSettings(threads=1))
