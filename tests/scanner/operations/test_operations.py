"""Both kinds have the face that a scan knows."""

import inspect

import numpy as np
import pytest
import torch

from labelct.scanner.operations import Operations, arrays, operations_of, tensors

FACE = {name: each for name, each in vars(Operations).items() if inspect.isfunction(each) and not name.startswith("_")}


@pytest.mark.parametrize("operations", [arrays, tensors])
@pytest.mark.parametrize("name", FACE)
def test_a_kind_has_the_functions_of_the_face(operations, name):
    asked = list(inspect.signature(FACE[name]).parameters)[1:]
    assert list(inspect.signature(getattr(operations, name)).parameters) == asked


def test_an_array_and_a_tensor_have_their_own_functions():
    assert operations_of(np.zeros(1)) is arrays
    assert operations_of(torch.zeros(1)) is tensors
