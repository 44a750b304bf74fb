"""A data set as nnU-Net plans it, and its own trainer."""

import pytest
import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from labelct.dataset import TrainingSet
from labelct.trainer.nnunet import compat
from labelct.trainer.nnunet.plans import read_plans, write_raw


@pytest.fixture(scope="module")
def raw(arms, tmp_path_factory):
    """Return nnU-Net's roots with a data set that is planned: folder, plans, content of `dataset.json`."""
    folder = tmp_path_factory.mktemp("roots")
    content = write_raw(TrainingSet(arms("synth1")[0].folder), folder)
    ready = folder / "preprocessed" / compat.DATASET
    ready.mkdir(parents=True)
    fingerprint = (arms("synth1")[1].folder / "dataset_fingerprint.json").read_text()
    (ready / "dataset_fingerprint.json").write_text(fingerprint)
    return folder, read_plans(arms("synth1")[1].folder), content


@pytest.fixture(scope="module")
def trainer(raw):
    """Return nnU-Net's own trainer, made as it makes it."""
    folder, plans, content = raw
    with compat.roots(folder):
        own = {**plans, "continue_training": False}  # `run_training` adds it
        yield nnUNetTrainer(own, "3d_fullres", 0, content, torch.device("cpu"))
