import numpy as np
import pytest
import torch

from labelct.scanner.operations import arrays, tensors


@pytest.mark.parametrize("factors", [(1, 1, 1), (2, 3, 2), (7, 5, 4)])
def test_block_means_are_those_of_arrays(device, factors):
    volume = np.random.default_rng(0).random((13, 12, 9), dtype=np.float32)
    found = tensors.block_means(torch.from_numpy(volume).to(device), factors)
    assert (found.device.type, found.dtype) == (device, torch.float32)
    np.testing.assert_allclose(tensors.host(found), arrays.block_means(volume, factors), rtol=1e-6)


def test_what_is_made_lies_where_the_tensor_lies(device):
    reference = torch.zeros(3, device=device)
    mask = tensors.like(np.array([True, False, True]), reference)
    assert (mask.device, mask.dtype) == (reference.device, torch.bool)
    assert tensors.like(reference, reference) is reference
    zeros = tensors.zeros((2, 3), reference)
    assert (zeros.device, zeros.dtype, zeros.shape) == (reference.device, torch.float32, (2, 3))
    assert not zeros.any()


def test_the_card_of_a_tensor_is_the_current_one(device):
    reference = torch.zeros(3, device=device)
    with tensors.device_of(reference):
        assert device == "cpu" or torch.cuda.current_device() == reference.device.index
