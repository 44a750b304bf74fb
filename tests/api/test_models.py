"""A model segments arrays as `labelct segment` segments files, on the array's own axes."""

import nibabel
import numpy as np
import pytest
import torch

import labelct
from labelct.commands.segment import main
from labelct.errors import InputError, LabelctError
from labelct.io import nifti
from labelct.mr import Settings as MrSettings
from labelct.trainer.model import write_image
from tests.api.cases import SPACING, ct
from tests.edges import models

LPS = np.array([[-SPACING[0], 0, 0, 40], [0, -SPACING[1], 0, 30], [0, 0, SPACING[2], -7], [0, 0, 0, 1]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of a network with weights of chance, which labels nearly every voxel something."""
    made = models.unet(tmp_path_factory.mktemp("model"), {"liver": 2, "spleen": 1}, seed=3)
    models.change(made, spacing=[10.0] * 3)
    return made


@pytest.mark.parametrize("everything", [False, True])
def test_an_array_is_segmented_as_its_file_is(everything, folder, tmp_path, capsys):
    nifti.write(tmp_path / "ct.nii.gz", ct(), LPS)
    flags = ["--all-components"] if everything else []
    assert main([str(tmp_path / "ct.nii.gz"), "-o", str(tmp_path / "out"), "--model", str(folder), *flags]) == 0
    capsys.readouterr()
    model = labelct.load_model(folder)
    found = model.segment(ct(), LPS, all_components=everything)
    assert np.array_equal(found, nibabel.load(tmp_path / "out" / "ct.nii.gz").dataobj)
    assert model.names == {2: "liver", 1: "spleen"}
    assert len(np.unique(found)) > 1
    assert found.dtype == np.uint8


def test_the_axes_of_the_array_are_those_of_the_labels(folder):
    model, hu = labelct.load_model(str(folder)), ct()
    straight = model.segment(hu, SPACING)
    turned = np.asfortranarray(hu.transpose(2, 0, 1)[:, ::-1])
    affine = np.array([[0, -5.0, 0, 95], [0, 0, 5, 0], [6, 0, 0, 0], [0, 0, 0, 1]])
    assert np.array_equal(model.segment(turned, affine).transpose(1, 2, 0)[::-1], straight)
    assert np.array_equal(model.segment(torch.as_tensor(hu), np.diag([*SPACING, 1.0])), straight)
    assert np.array_equal(hu, ct())


def test_a_model_of_mr_takes_mr(tmp_path):
    folder = models.unet(tmp_path, {"liver": 1})
    models.change(folder, spacing=[10.0] * 3)
    write_image(folder, MrSettings())
    model = labelct.load_model(folder)
    intensities = ct() + 1100
    assert model.segment(intensities, SPACING).shape == intensities.shape
    assert np.array_equal(model.segment(2 * intensities, SPACING), model.segment(intensities, SPACING))
    with pytest.raises(InputError, match="where MR is expected"):
        model.segment(ct(), SPACING)


def test_what_is_no_ct_is_refused_unless_it_shall_be_taken(folder):
    model = labelct.load_model(folder)
    scaled = (ct() + 1100) / 2000
    with pytest.raises(InputError, match=r"array: .*no HU"):
        model.segment(scaled, SPACING)
    assert model.segment(scaled, SPACING, not_hu=True).shape == scaled.shape
    for array, affine in ((ct()[0], SPACING), (ct(), np.eye(3)), (ct() * np.nan, SPACING), (ct(), (5, 5, -6))):
        with pytest.raises(LabelctError) as error:
            model.segment(array, affine)
        assert "\n" not in str(error.value)


def test_what_is_no_model_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("nowhere", tmp_path, "latest", 3, "", b"x"):
        with pytest.raises(LabelctError) as error:
            labelct.load_model(path)
        assert "\n" not in str(error.value)
    with pytest.raises(LabelctError, match="device='cuda': allowed is one of cpu, gpu, auto"):
        labelct.load_model(tmp_path, "cuda")
