"""The prediction is nnU-Net's own, in labelct's axes."""

import json
import shutil
from dataclasses import asdict

import numpy as np
import pytest
import torch

from labelct.errors import InputError
from labelct.io import nifti
from labelct.trainer.model import read_checkpoint
from labelct.trainer.nnunet.compat import fold_of
from labelct.trainer.nnunet.predictor import load
from labelct.trainer.nnunet.settings import NnunetSettings
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model
from labelct.volume import Volume
from labelct.writing import write_json
from tests.edges.models import TOUCH, Command


@pytest.mark.slow
def test_the_prediction_is_the_one_of_nnunets_own_file_reader(trained, tmp_path):
    predictor = open_model(trained, DeviceSettings())
    rng = np.random.default_rng(1)
    affine = np.diag([15.0, 11.0, 18.0, 1.0])
    volume = Volume(rng.normal(60, 60, (21, 25, 17)).astype(np.float32), affine)
    found = predictor.predict(volume)
    again, probabilities = predictor.predict_probabilities(volume)
    np.testing.assert_array_equal(again, found)
    assert (probabilities.shape, probabilities.dtype) == ((len(predictor.labels), *found.shape), np.float16)
    for number, value in enumerate(predictor.labels.values()):
        assert probabilities[number][found == value].min(initial=1) > 1 / (len(predictor.labels) + 1) - 1e-2
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


def copied(trained, folder):
    shutil.copytree(trained, folder)
    return folder, fold_of(folder, "3d_fullres") / "checkpoint_final.pth"


@pytest.mark.slow
def test_a_foreign_checkpoint_or_plan_is_one_line_and_runs_nothing(trained, tmp_path):
    """nnU-Net's own loader would run the command in each of them."""
    mark = tmp_path / TOUCH
    folder, checkpoint = copied(trained, tmp_path / "model")
    state = read_checkpoint(checkpoint)
    plans = json.loads((checkpoint.parents[1] / "plans.json").read_text(encoding="utf-8"))
    run = {"network_class_name": "subprocess.Popen", "arch_kwargs": {"args": ["touch", str(mark)]}}
    run["_kw_requires_import"] = []
    plans["configurations"]["3d_fullres"]["architecture"] = run
    lost = json.loads((checkpoint.parents[1] / "plans.json").read_text(encoding="utf-8"))
    lost["configurations"]["3d_fullres"]["resampling_fn_probabilities_kwargs"]["order"] = 9
    made = {
        checkpoint: lambda path: torch.save({**state, "logging": Command(mark)}, path),
        checkpoint.parents[1] / "plans.json": lambda path: write_json(path, plans),
        checkpoint.parents[1] / "dataset.json": lambda path: path.write_text("[]"),
    }
    plans_file = checkpoint.parents[1] / "plans.json"
    for path, make in [*made.items(), (plans_file, lambda path: write_json(path, lost))]:
        kept = path.read_bytes()
        make(path)
        with pytest.raises(InputError) as error:
            open_model(folder, DeviceSettings())
        assert "\n" not in str(error.value)
        path.write_bytes(kept)
    assert not mark.exists()
    assert open_model(folder, DeviceSettings()).labels == {"liver": 1}


@pytest.mark.slow
def test_opening_a_model_leaves_its_folder_as_it_is(trained):
    before = {path: path.stat().st_mtime_ns for path in trained.rglob("*")}
    open_model(trained, DeviceSettings())
    assert before == {path: path.stat().st_mtime_ns for path in trained.rglob("*")}
