"""The contract with nnU-Net's sliding window."""

import pytest
import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

pytestmark = pytest.mark.ci


def test_the_predictor_takes_no_axes_for_none():
    network = nnUNetPredictor(device=torch.device("cpu"))
    assert network.allowed_mirroring_axes is None
    network.network, network.use_mirroring = (lambda image: image), True
    network.allowed_mirroring_axes = ()
    with pytest.raises(ValueError):
        network._internal_maybe_mirror_and_predict(torch.zeros(1, 1, 4, 4, 4))
    network.allowed_mirroring_axes = None
    assert network._internal_maybe_mirror_and_predict(torch.zeros(1, 1, 4, 4, 4)).shape == (1, 1, 4, 4, 4)
