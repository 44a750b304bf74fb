"""Whatever lies in a model's folder is checked before it is used, and nothing in it is run."""

import json
import os
import pickle
import zipfile

import numpy as np
import pytest
import torch

from labelct.errors import InputError
from labelct.io import nifti
from labelct.mr import Settings, standardised
from labelct.trainer.model import (
    fill,
    model_key,
    read_checkpoint,
    read_image,
    read_model,
    settings_of,
    write_image,
)
from labelct.trainer.settings import DeviceSettings
from labelct.trainer.table import open_model
from labelct.trainer.unet.settings import UNetSettings
from tests.edges.models import TOUCH, Command, change, unet

LIVER = {"liver": 1}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"labels": {"liver": 1}}',
        b'{"settings": [], "labels": {"liver": 1}}',
        b'{"settings": {}}',
        b'{"settings": {}, "labels": []}',
        b'{"settings": {}, "labels": {}}',
        b'{"settings": {}, "labels": {"liver": "1"}}',
        b'{"settings": {}, "labels": {"liver": true}}',
        b'{"settings": {}, "labels": {"liver": 0}}',
        b'{"settings": {}, "labels": {"liver": 256}}',
        b'{"settings": {}, "labels": {"liver": 1.5}}',
        b'{"settings": {}, "labels": {"liver": 1, "spleen": 1}}',
        b'{"settings": {"kind": {}}, "labels": {"liver": 1}}',
        b'{"settings": {"kind": "unet"}, "labels": {"liver": 1}, "loader": "os.system"}',
        b'{"settings": {"kind": "unet"}, "labels": {"li\\u001b[31mver": 1}}',
        b'{"settings": {"kind": "unet"}, "labels": {" ": 1}}',
    ],
    ids=lambda content: content[:60].decode(errors="replace"),
)
def test_a_broken_description_is_one_line(tmp_path, content):
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(InputError, match=r"model\.json") as error:
        open_model(tmp_path, DeviceSettings())
    assert "\n" not in str(error.value)


def test_a_pipe_or_a_device_is_no_description(tmp_path):
    os.mkfifo(tmp_path / "model.json")
    with pytest.raises(InputError, match="no file that describes a model"):
        read_model(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spacing", None),
        ("spacing", [4.0, 4.0]),
        ("spacing", [4.0, 4.0, "4"]),
        ("spacing", [4.0, 4.0, float("nan")]),
        ("spacing", [4.0, 4.0, 1e-9]),
        ("intensity", None),
        ("intensity", [1, 2, 3, 4]),
        ("intensity", {"low": 0, "high": 1, "mean": 0}),
        ("intensity", {"low": 0, "high": 1, "mean": 0, "sd": 0}),
        ("intensity", {"low": 1, "high": 0, "mean": 0, "sd": 1}),
        ("settings", {"kind": "unet", "no_such_key": 1}),
        ("settings", {"kind": "unet", "channels": "many"}),
        ("settings", {"kind": "unet", "channels": [10**9] * 4}),
        ("settings", {"kind": "unet", "patch": [2**20] * 3}),
        ("settings", {"kind": "unet", "patch": [1024] * 3, "channels": [64, 128, 256]}),
        ("settings", {"kind": "unet", "prediction": {"overlap": 7}}),
        ("settings", {"kind": "unet", "prediction": {"checkpoint": "../../best"}}),
        ("settings", {"kind": "unet", "network": "${no.such.key}"}),
    ],
)
def test_values_that_fit_no_network_are_one_line(tmp_path, key, value):
    change(unet(tmp_path, LIVER), **{key: value})
    with pytest.raises(InputError, match=r"model\.json") as error:
        open_model(tmp_path, DeviceSettings())
    assert "\n" not in str(error.value)


def with_nan(path):
    held = torch.load(path, weights_only=True)
    next(iter(held["state_dict"].values())).view(-1)[0] = float("nan")
    return held


def flipped(content):
    middle = len(content) // 2  # among the weights
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def compressed(path):
    with zipfile.ZipFile(path) as held:
        parts = {name: held.read(name) for name in held.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def foreign_checkpoints(mark):
    yield "a bit that has flipped", lambda path: path.write_bytes(flipped(path.read_bytes()))
    yield "an archive that inflates", compressed
    yield "empty", lambda path: path.write_bytes(b"")
    yield "cut", lambda path: path.write_bytes(path.read_bytes()[:2000])
    yield "text", lambda path: path.write_bytes(b"weights")
    yield "a list", lambda path: torch.save([1, 2], path)
    yield "no weights", lambda path: torch.save({"epoch": 3}, path)
    yield "weights that are none", lambda path: torch.save({"state_dict": {"network.x": "y"}}, path)
    yield "those of another network", lambda path: torch.save({"state_dict": {"network.x": torch.zeros(3)}}, path)
    yield "weights that are not finite", lambda path: torch.save(with_nan(path), path)
    yield "a command", lambda path: torch.save({"state_dict": Command(mark)}, path)
    yield "a command, pickled", lambda path: path.write_bytes(pickle.dumps({"state_dict": Command(mark)}))
    yield "a list of a later protocol", lambda path: path.write_bytes(pickle.dumps([1, 2], protocol=4))
    yield (
        "a command in the old format",
        lambda path: torch.save(Command(mark), path, _use_new_zipfile_serialization=False),
    )


@pytest.mark.parametrize("case", [name for name, _ in foreign_checkpoints(None)])
def test_a_foreign_checkpoint_is_one_line_and_runs_nothing(tmp_path, case):
    mark = tmp_path / TOUCH
    folder = unet(tmp_path / "model", LIVER)
    dict(foreign_checkpoints(mark))[case](folder / "best.ckpt")
    with pytest.raises(InputError, match=r"best\.ckpt") as error:
        open_model(folder, DeviceSettings())
    assert "\n" not in str(error.value)
    assert "trust" not in str(error.value)
    assert not mark.exists()


@pytest.mark.parametrize("content", [b"", b"epoch 3\n", b"weights", b"{}"])
def test_what_is_no_checkpoint_is_called_so(tmp_path, content):
    (tmp_path / "best.ckpt").write_bytes(content)
    with pytest.raises(InputError, match="is no checkpoint, but a text or another kind of file; point to"):
        read_checkpoint(tmp_path / "best.ckpt")


def test_the_command_of_these_tests_would_run(tmp_path):
    pickle.loads(pickle.dumps(Command(tmp_path / TOUCH)))
    assert (tmp_path / TOUCH).exists()


def test_numbers_of_numpy_are_read(tmp_path):
    held = {"dice": np.float64(0.5), "steps": np.int64(3), "weights": torch.ones(2)}
    torch.save(held, tmp_path / "some.pth")
    found = read_checkpoint(tmp_path / "some.pth")
    assert (found["dice"], found["steps"], found["weights"].tolist()) == (0.5, 3, [1, 1])


def test_settings_come_back_as_they_were(tmp_path):
    settings = settings_of(tmp_path, read_model(unet(tmp_path, LIVER)), UNetSettings)
    assert (settings.patch, settings.prediction.body_crop) == ([16, 16, 16], False)


def test_settings_that_refer_to_the_environment_are_not_looked_up(tmp_path, monkeypatch):
    monkeypatch.setenv("A_SECRET", "word")
    model = read_model(unet(tmp_path, LIVER))
    model["settings"]["steps"] = "${oc.env:A_SECRET}"
    with pytest.raises(InputError, match="refer to others") as error:
        settings_of(tmp_path, model, UNetSettings)
    assert "word" not in str(error.value)


def test_a_network_gets_the_weights_without_memory_of_its_own(tmp_path):
    with torch.device("meta"):
        network = torch.nn.Linear(2, 1)
    fill(network, {"weight": torch.tensor([[1.0, 2.0]]), "bias": torch.tensor([3.0])}, tmp_path)
    assert network(torch.tensor([[1.0, 1.0]])).item() == 6
    with pytest.raises(InputError, match="not those of the network"):
        fill(network, {"weight": torch.ones(1, 2)}, tmp_path)


def test_a_key_is_of_what_a_model_is_and_not_of_its_place(tmp_path):
    one, same, other = (unet(tmp_path / name, LIVER, seed) for name, seed in (("a", 0), ("b", 0), ("c", 1)))
    (same / "log.csv").write_text("loss\n")
    assert model_key(one) == model_key(same)
    assert model_key(one) != model_key(other)
    change(same, labels={"spleen": 1})
    assert model_key(one) != model_key(same)
    assert json.loads((one / "model.json").read_text())["labels"] == LIVER


def test_a_model_of_mr_reads_mr_as_it_was_trained_and_one_of_ct_a_ct(tmp_path):
    values = np.random.default_rng(0).gamma(2, 90, (8, 7, 6)).astype(np.float32)
    nifti.write(tmp_path / "mr.nii.gz", values, np.eye(4))
    nifti.write(tmp_path / "ct.nii.gz", values - 1000, np.eye(4))
    settings = Settings(percentiles=[5.0, 95.0])
    of_ct, of_mr = tmp_path / "of_ct", tmp_path / "of_mr"
    of_ct.mkdir()
    of_mr.mkdir()
    keys = [model_key(of_mr)]
    write_image(of_mr, settings)
    keys.append(model_key(of_mr))
    assert keys[0] != keys[1]
    found = read_image(of_mr, tmp_path / "mr.nii.gz").array
    np.testing.assert_array_equal(found, standardised(np.rint(values), (1, 1, 1), settings))
    np.testing.assert_array_equal(read_image(of_ct, tmp_path / "ct.nii.gz").array, np.rint(values - 1000))
    for folder, other in ((of_mr, "ct"), (of_ct, "mr")):
        with pytest.raises(InputError, match=f"{other}.nii.gz: its voxels run from"):
            read_image(folder, tmp_path / f"{other}.nii.gz")
    (of_mr / "image.json").write_text('{"modality": "mr", "mr": {"percentiles": 3}}')
    with pytest.raises(InputError, match=r"image\.json: says nothing of how MR"):
        read_image(of_mr, tmp_path / "mr.nii.gz")
