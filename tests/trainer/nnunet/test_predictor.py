"""The prediction is nnU-Net's own, in labelct's axes."""

from dataclasses import asdict

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io import nifti
from labelct.store import write_json
from labelct.trainer.nnunet.predictor import load
from labelct.trainer.nnunet.settings import NnunetSettings
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model
from labelct.volume import Volume


@pytest.mark.slow
def test_the_prediction_is_the_one_of_nnunets_own_file_reader(trained, tmp_path):
    predictor = open_model(trained, DeviceSettings())
    rng = np.random.default_rng(1)
    affine = np.diag([15.0, 11.0, 18.0, 1.0])
    volume = Volume(rng.normal(60, 60, (21, 25, 17)).astype(np.float32), affine)
    found = predictor.predict(volume)
    nifti.write(tmp_path / "case_0000.nii.gz", np.rint(volume.array), affine)
    rounded = predictor.predict(Volume(np.rint(volume.array), affine))
    files = ([[str(tmp_path / "case_0000.nii.gz")]], [str(tmp_path / "case")])
    predictor.network.predict_from_files_sequential(*files, save_probabilities=False)
    assert found.shape == volume.array.shape
    assert found.dtype == np.uint8
    assert 0 < rounded.mean() < 1
    np.testing.assert_array_equal(nifti.read_label_map(tmp_path / "case.nii.gz").array, rounded)


def test_an_unfinished_training_cannot_predict(tmp_path):
    write_json(tmp_path / "model.json", {"settings": asdict(NnunetSettings()), "labels": {"liver": 1}, "seed": 0})
    with pytest.raises(InputError, match="no such checkpoint"):
        load(tmp_path, DeviceSettings())
