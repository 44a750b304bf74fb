from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from labelct.commands.case_files import CaseFiles
from labelct.commands.masks import Record
from labelct.commands.segmenter import Segmenter
from labelct.errors import InputError
from labelct.evaluation.volumetry import measure
from labelct.io import nifti
from labelct.trainer.predictor import field_box
from labelct.trainer.settings import DeviceSettings
from tests.edges.models import change, unet

HU = np.random.default_rng(0).integers(-1000, 300, (24, 20, 18)).astype(np.int16)


def opened(tmp_path, **asked):
    given = {"all_components": False, "not_hu": False, "probabilities": False}
    return Segmenter.open(
        unet(tmp_path / "model", {"liver": 3}), DeviceSettings(kind="cpu"), Namespace(**given | asked)
    )


def case(tmp_path, hu=HU):
    nifti.write(tmp_path / "ct.nii.gz", hu, np.diag([4.0, 4.0, 4.0, 1.0]))
    return CaseFiles(tmp_path / "ct.nii.gz", "", tmp_path / "out" / "ct.nii.gz", Record("", "", {}, {}), ())


class Threshold:
    labels = {"liver": 3}  # noqa: RUF012

    def __init__(self, level=290, field=np.s_[:, :, :]):
        self.level, self.field = level, field

    def predict(self, volume):
        found = np.zeros(volume.array.shape, np.uint8)
        found[self.field] = np.where(volume.array[self.field] > self.level, 3, 0)
        return found


def test_a_mask_keeps_as_many_parts_as_the_structure_has_or_all(tmp_path):
    one = case(tmp_path)
    cleaned, whole = (
        replace(opened(tmp_path, all_components=each), predictor=Threshold()).result(one) for each in (False, True)
    )
    np.testing.assert_array_equal(whole.labels == 3, HU > 290)
    assert 0 < np.count_nonzero(cleaned.labels) < np.count_nonzero(whole.labels)
    assert (cleaned.probabilities, cleaned.in_hu) == (None, True)


def test_probabilities_come_where_they_are_asked_for(tmp_path):
    one = case(tmp_path)
    plain, shown = (opened(tmp_path, probabilities=each, all_components=True).result(one) for each in (False, True))
    np.testing.assert_array_equal(shown.labels, plain.labels)
    assert shown.probabilities.shape == (1, *HU.shape)


@pytest.mark.parametrize(("field_mm", "ends"), [(None, ()), (64, ("left", "right", "anterior"))])
def test_a_field_that_cuts_a_structure_is_told(tmp_path, field_mm, ends):
    hu = np.full(HU.shape, -1000, np.int16)
    hu[2:22, 8:18, 4:9] = 44
    one = case(tmp_path, hu)
    segmenter = opened(tmp_path)
    change(tmp_path / "model", settings={"prediction": {"field_mm": field_mm}})
    field = field_box(hu.shape, (4.0, 4.0, 4.0), field_mm)
    found = replace(segmenter, predictor=Threshold(20, field)).result(one)
    (liver,) = measure(found.labels, {"liver": 3}, (4, 4, 4), None, found.field)
    assert liver.truncated == ends


def test_values_that_are_taken_unchecked_are_no_hu(tmp_path):
    one = case(tmp_path, HU + 1100)
    with pytest.raises(InputError, match="no HU"):
        opened(tmp_path).result(one)
    assert not opened(tmp_path, not_hu=True).result(one).in_hu


def test_an_image_larger_than_memory_is_one_line(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise MemoryError

    segmenter = opened(tmp_path)
    monkeypatch.setattr("labelct.trainer.model.read_image", refuse)
    with pytest.raises(InputError, match="needs more memory than there is"):
        segmenter.result(CaseFiles(Path("ct.nii.gz"), "", Path("out"), Record("", "", {}, {}), ()))
