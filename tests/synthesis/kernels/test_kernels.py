"""Both sets of functions have the face that ingredients know."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch

from labelct.synthesis.kernels import Kernels, arrays, kernels_of, tensors

FACE = {name: inspect.signature(function) for name, function in vars(Kernels).items() if inspect.isfunction(function)}
FACE = {name: signature for name, signature in FACE.items() if not name.startswith("_")}


@pytest.mark.parametrize("kernels", [arrays, tensors])
def test_a_set_has_the_functions_of_the_face_and_no_others(kernels: object) -> None:
    assert set(kernels.__all__) == {*FACE, "SECTIONS"}
    for name, signature in FACE.items():
        own = inspect.signature(getattr(kernels, name)).parameters
        assert list(own) == list(signature.parameters)[1:], name


def test_an_array_and_a_tensor_have_their_own_set() -> None:
    assert kernels_of(np.zeros(1)) is arrays
    assert kernels_of(torch.zeros(1)) is tensors
