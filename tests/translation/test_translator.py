"""MR volumes become CT on their own grid, in HU."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from labelct.errors import InputError
from labelct.trainer.settings import DeviceSettings
from labelct.translation.networks import Generator
from labelct.translation.settings import PredictionSettings
from labelct.translation.training import GENERATORS, MODEL, of_training
from labelct.translation.translator import TranslatedMr, Translator
from labelct.writing import write_json


@pytest.fixture
def trained(tiny, tmp_path):
    """Return a folder as a training leaves it, and its generator."""
    torch.manual_seed(0)
    networks = {side: Generator(2, 1) for side in ("ct", "mr")}
    write_json(tmp_path / MODEL, {"settings": of_training(tiny())})
    torch.save({side: network.state_dict() for side, network in networks.items()}, tmp_path / GENERATORS)
    return tmp_path, networks["ct"].eval()


def test_a_generator_that_does_nothing_gives_the_mr_back_in_hu(tiny, subjects):
    """The MR's percentiles become -500 and 500 HU; slices as large as the canvas come back as they were."""
    mr = subjects[0][0].load_mr()
    settings = tiny(load=40, percentiles=[0.0, 100.0])
    ct = Translator(nn.Identity(), settings)(mr, Path("m"))
    low, high = mr.array.min(), mr.array.max()
    assert np.abs(ct.array - ((mr.array - low) / (high - low) * 1000 - 500)).max() < 0.01
    assert ct.array.dtype == np.float32
    assert np.array_equal(ct.affine, mr.affine)


def test_the_generator_towards_ct_is_taken(trained, tiny, subjects):
    folder, network = trained
    ct = Translator.load(folder)(subjects[0][0].load_mr(), Path("m"))
    expected = Translator(network, tiny())(subjects[0][0].load_mr(), Path("m"))
    assert np.array_equal(ct.array, expected.array)
    assert ct.array.std() > 0
    assert -500 <= ct.array.min() <= ct.array.max() <= 500


def test_a_subject_is_translated_when_its_ct_is_asked_for(trained, subjects):
    folder, _ = trained
    subject = subjects[0][0]
    loader = TranslatedMr(subject.load_mr, Path("m"), folder, DeviceSettings(threads=1), PredictionSettings())
    ct = dataclasses.replace(subject, load_ct=loader).load_ct()
    assert ct.array.shape == subject.load_mr().array.shape
    assert np.array_equal(ct.array, loader().array)


@pytest.mark.parametrize("file", [MODEL, GENERATORS])
def test_an_unfinished_training_is_named(trained, file):
    folder, _ = trained
    (folder / file).unlink()
    with pytest.raises(InputError, match=r"finished t"):
        Translator.load(folder)


def test_weights_that_do_not_fit_are_named(trained, tiny):
    folder, _ = trained
    write_json(folder / MODEL, {"settings": of_training(tiny(filters=3))})
    with pytest.raises(InputError, match=r"generators\.pt: its weights are not those of the network") as error:
        Translator.load(folder)
    assert "\n" not in str(error.value)


def test_weights_that_are_not_finite_are_named(trained):
    folder, _ = trained
    weights = torch.load(folder / GENERATORS, weights_only=True)
    next(iter(weights["ct"].values())).view(-1)[0] = float("nan")
    torch.save(weights, folder / GENERATORS)
    with pytest.raises(InputError, match=r"generators\.pt: .*NaN or infinite"):
        Translator.load(folder)
