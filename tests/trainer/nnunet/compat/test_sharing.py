"""The contract with nnU-Net's sharing of models: it installs the zip and opens it without labelct's trainer class."""

import io

import numpy as np
import pytest
import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.model_sharing.model_import import install_model_from_zip_file

from labelct.errors import InputError
from labelct.trainer.nnunet import compat
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model
from tests.edges import models
from tests.trainer.export.test_networks import exported

LABELS = {"liver": 1, "spleen": 2}


@pytest.mark.parametrize("half", [False, True])
def test_nnunet_installs_the_zip_and_finds_the_same_scores(tmp_path, monkeypatch, half):
    made = models.nnunet(tmp_path / "made", LABELS)
    network = open_model(made, DeviceSettings(threads=1)).network.network
    found = list(exported(made, tmp_path / "out", "nnunet", half).iterdir())
    assert [path.suffix for path in found] == [".zip"]
    monkeypatch.setenv("nnUNet_results", str(tmp_path / "results"))
    monkeypatch.delenv("nnUNet_extTrainer", raising=False)
    install_model_from_zip_file(str(found[0]))
    (model,) = (tmp_path / "results" / found[0].stem).iterdir()
    assert model.name == "nnUNetTrainer__nnUNetPlans__3d_fullres"
    predictor = nnUNetPredictor(device=torch.device("cpu"), allow_tqdm=False, perform_everything_on_device=False)
    predictor.initialize_from_trained_model_folder(str(model), use_folds=None)
    patch = torch.randn(1, 1, 16, 16, 16)
    with torch.no_grad():
        expected, scores = network(patch), predictor.network(patch)
    torch.testing.assert_close(scores, expected, rtol=0, atol=2e-2 if half else 1e-6)
    assert predictor.list_of_parameters[0].keys() == network.state_dict().keys()


def test_how_nnunet_feeds_its_network_is_read_from_its_plans(tmp_path):
    made = models.nnunet(tmp_path / "made", LABELS)
    found = compat.bare_network(open_model(made, DeviceSettings(threads=1)).network)
    assert found.shape == (1, 16, 16, 16)
    assert (found.feeding.axes, found.feeding.labels) == ("batch, channel, z, y, x", LABELS)
    assert found.feeding.intensity == {"low": -160.0, "high": 240.0, "mean": 40.0, "sd": 100.0}
    assert np.isclose(found.feeding.overlap, 0.5)


def test_a_checkpoint_of_another_kind_is_one_line(tmp_path):
    torch.save({"state_dict": {}}, tmp_path / "checkpoint_final.pth")
    with pytest.raises(InputError, match="is no checkpoint of nnU-Net"):
        compat.write_archive(tmp_path / "checkpoint_final.pth", "3d_fullres", "Dataset001_x", io.BytesIO(), False)
