"""The model in the box: small, in 16 bits, with its card; it opens by name and finds the liver of real CT."""

import json
import shutil

import numpy as np
import pytest
import torch
import yaml

from labelct.evaluation.components import keep_largest
from labelct.io import nifti
from labelct.models import find_model
from labelct.trainer.model import read_checkpoint, read_image
from labelct.trainer.parts import read_parts
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model

NAME = "liver_ct_coarse"


def test_it_is_small_and_says_where_it_comes_from_and_under_which_licence():
    folder = find_model(NAME)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 4e6
    text = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    head = yaml.safe_load(text.split("---\n")[1])
    assert (head["model_name"], head["license"]) == (NAME, "cc-by-sa-4.0")
    assert "| training | Medical Segmentation Decathlon, Task03 (Liver), 81 masks, no CT | CC BY-SA 4.0 |" in text
    for title in ("Make it again", "Float16", "Where it is good and where it is not", "Notice of the masks"):
        assert f"\n## {title}\n" in text
    dice = {result["dataset"]["name"]: result["metrics"][0]["value"] for result in head["model-index"][0]["results"]}
    assert dice == {"dicom": 0.9071, "totalsegmentator": 0.9366}


def test_its_weights_are_of_16_bits_and_it_computes_in_32(tmp_path):
    folder = shutil.copytree(find_model(NAME), tmp_path / "elsewhere")
    weights = read_checkpoint(folder / "best.ckpt")["state_dict"]
    assert {value.dtype for value in weights.values()} == {torch.float16}
    predictor = open_model(folder, DeviceSettings())
    assert {value.dtype for value in predictor.network.parameters()} == {torch.float32}
    assert predictor.labels == json.loads((folder / "model.json").read_text(encoding="utf-8"))["labels"] == {"liver": 1}


@pytest.mark.ci
@pytest.mark.parametrize(
    ("image", "truth", "value", "dice"),
    [
        ("totalsegmentator/s9001/ct.nii.gz", "totalsegmentator/s9001/segmentations/liver.nii.gz", 1, 0.937),
        ("dicom_ct/series", "dicom_ct/labels.nii.gz", 5, 0.907),
    ],
)
def test_it_finds_the_liver_as_well_as_its_card_says(real_data, image, truth, value, dice):
    folder = find_model(NAME)
    predictor = open_model(folder, DeviceSettings())
    volume = read_image(folder, real_data / image)
    found = keep_largest(predictor.predict(volume), read_parts(folder, predictor.labels), volume.spacing) == 1
    true = np.asarray(nifti.read_label_map(real_data / truth).array) == value
    assert 2 * (found & true).sum() / (found.sum() + true.sum()) == pytest.approx(dice, abs=0.003)
