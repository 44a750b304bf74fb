"""Weights are stored whole, shared ones once, in half the bytes where that is asked for and they fit."""

import errno
import os

import pytest
import torch

from labelct.errors import InputError
from labelct.trainer.export.weights import save, stored


def test_weights_of_two_names_are_stored_once_in_the_precision_that_is_asked_for(tmp_path):
    one = torch.randn(3, 4, 5)
    for half, dtype in ((False, torch.float32), (True, torch.float16)):
        found = stored({"a": one, "b": one, "c": one.clone(), "d": one.transpose(0, 2)}, half, tmp_path)
        assert {value.dtype for value in found.values()} == {dtype}
        assert found["a"].data_ptr() == found["b"].data_ptr()
        assert len({value.data_ptr() for value in found.values()}) == 3
        torch.testing.assert_close(found["d"].float(), one.transpose(0, 2), rtol=1e-3, atol=1e-6)
    assert found["a"].data_ptr() != one.data_ptr()


def test_weights_that_float16_does_not_hold_are_one_line(tmp_path):
    large = {"a": torch.tensor([7e4])}
    assert stored(large, False, tmp_path)["a"].item() == 7e4
    with pytest.raises(InputError, match="its weights a are beyond 65504; leave out --half"):
        stored(large, True, tmp_path)


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"model\.pt: the disk is full"):
        save(tmp_path / "new" / "model.pt", {"a": torch.ones(3)})
    assert not list(tmp_path.iterdir())
