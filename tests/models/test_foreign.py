"""What another tool's model is called that was given for one of labelct's, and what to give in its place."""

import pytest

from labelct.errors import InputError
from labelct.models import find_model

ONLY = r"labelct segment opens runs and what labelct export wrote"


@pytest.mark.parametrize(
    ("file", "given", "told"),
    [
        ("m/model.onnx", "m/model.onnx", "is an ONNX file"),
        ("m/model.onnx", "m", "holds an ONNX file"),
        ("m/configs/metadata.json", "m", "is a MONAI bundle"),
        ("m/models/model.pt", "m/models", "holds a file of torch"),
        ("m/models/model.ts", "m/models/model.ts", "is a TorchScript"),
        ("nn.zip", "nn.zip", "is a zip, as nnU-Net installs one"),
        ("Dataset001/nnUNetTrainer__nnUNetPlans__3d/plans.json", "Dataset001", "holds folders of results of nnU-Net"),
        ("r/plans.json", "r", "is a folder of results of nnU-Net"),
        ("r/fold_0/checkpoint_final.pth", "r/fold_0/checkpoint_final.pth", "is a checkpoint, as nnU-Net writes one"),
        ("ct.nii.gz", "ct.nii.gz", "is a file, and no folder of a model"),
    ],
)
def test_a_model_of_another_tool_is_named_as_what_it_is(tmp_path, file, given, told):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).touch()
    with pytest.raises(InputError, match=rf"{given}: {told}.*; {ONLY}"):
        find_model(str(tmp_path / given))


@pytest.mark.parametrize("part", ["model.json", "best.ckpt", "onnx/model.onnx", "onnx", "monai/models/model.pt"])
def test_a_part_of_an_exported_folder_leads_to_the_folder(tmp_path, part):
    for name in ("model.json", "best.ckpt", "onnx/model.onnx", "monai/models/model.pt"):
        (tmp_path / "m" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "m" / name).touch()
    with pytest.raises(InputError, match=rf"; give {tmp_path}/m$"):
        find_model(str(tmp_path / "m" / part))


def test_an_empty_folder_is_no_finished_run(tmp_path):
    with pytest.raises(InputError, match="no such file; give the folder of a finished run"):
        find_model(str(tmp_path))
