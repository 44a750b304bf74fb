"""The contract with nnU-Net's environment: its roots, its variables and where its files lie."""

import inspect
import json
import os
from types import SimpleNamespace

import nnunetv2.configuration
import nnunetv2.paths
import pytest
import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.utilities.default_n_proc_DA import get_allowed_n_proc_DA

from labelct.trainer.nnunet import compat

pytestmark = pytest.mark.ci

ROOTS = ("raw", "preprocessed", "results")


@pytest.mark.parametrize("name", ROOTS)
def test_the_root_is_where_the_environment_says(tmp_path, name):
    with compat.roots(tmp_path, preprocessed=tmp_path / "elsewhere"):
        expected = "elsewhere" if name == "preprocessed" else name
        assert os.fspath(getattr(nnunetv2.paths, f"nnUNet_{name}")) == str(tmp_path / expected)
        assert nnunetv2.paths.nnUNet_extTrainer.get() == str(compat.EXTERNAL)


def test_the_environment_says_how_many_processes_and_whether_to_compile(tmp_path):
    on_gpu = SimpleNamespace(device=torch.device("cuda"), print_to_log_file=lambda *_: None)
    for augmenters, compiled in ((0, False), (1, True)):
        with compat.roots(tmp_path, augmenters=augmenters, compiled=compiled):
            assert get_allowed_n_proc_DA() == augmenters
            assert nnUNetTrainer._do_i_compile(on_gpu) == compiled
    assert "nnUNet_def_n_proc" in inspect.getsource(nnunetv2.configuration)


def test_nnunets_own_tracking_is_off(tmp_path, trainer):
    with compat.roots(tmp_path):
        assert os.environ["nnUNet_wandb_enabled"] == "0"  # noqa: SIM112
    assert "nnUNet_wandb_enabled" in inspect.getsource(type(trainer.logger))
    assert trainer.logger.loggers == []


def test_the_environment_is_restored_and_print_goes_to_the_log(tmp_path, capsys):
    before = dict(os.environ)
    with compat.roots(tmp_path):
        assert dict(os.environ) != before
        print("chatter")
    assert dict(os.environ) == before
    assert capsys.readouterr().out == ""
    assert (tmp_path / compat.LOG).read_text() == "chatter\n"


@pytest.mark.slow
def test_a_training_leaves_its_files_where_nnunet_puts_them(trained):
    fold = compat.fold_of(trained, "3d_fullres")
    assert {"checkpoint_final.pth", "checkpoint_best.pth", "progress.png"} <= {path.name for path in fold.iterdir()}
    assert json.loads((fold.parent / "dataset.json").read_text())["labels"]["liver"] == 1
    weights = torch.load(fold / "checkpoint_final.pth", map_location="cpu", weights_only=False)
    assert weights["trainer_name"] == compat.TRAINER
