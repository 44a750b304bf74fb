from __future__ import annotations

import numpy as np
import pytest
import torch

from labelct.errors import InputError
from labelct.synthesis.kernels import arrays, tensors
from labelct.synthesis.kernels.tensors.voxels import host, put, slabs

RNG = np.random.default_rng(0)
MAPS = [RNG.integers(0, most, (5, 4, 90)).astype(dtype) for most, dtype in ((9, np.uint8), (900, np.uint16))]
NAMES = {value: f"organ_{value}" for value in range(1, 900)}


@pytest.mark.parametrize("axis", [0, 2])
def test_slabs_cover_the_volume_and_hold_no_more_than_they_may(axis: int) -> None:
    shape = (5, 30, 17)
    found = list(slabs(shape, axis))
    assert [place for slab in found for place in range(shape[axis])[slab]] == list(range(shape[axis]))
    assert max(slab.stop - slab.start for slab in found) == max(1, 1000 // (5 * 30 * 17 // shape[axis]))


@pytest.mark.parametrize("label_map", MAPS)
def test_a_map_is_read_by_value_as_in_arrays(label_map: np.ndarray, device: str) -> None:
    there = put(label_map, device)
    assert tensors.largest(there) == arrays.largest(label_map)
    assert tensors.present_names(there, NAMES) == arrays.present_names(label_map, NAMES)
    assert np.array_equal(host(tensors.isin(there, [3, 7, 800])), arrays.isin(label_map, [3, 7, 800]))
    assert np.array_equal(host(tensors.places(there == 3)), arrays.places(label_map == 3))
    for lookup in (RNG.integers(0, 255, 900).astype(np.uint8), RNG.integers(0, 65535, 900).astype(np.uint16)):
        assert np.array_equal(host(tensors.relabel(there, lookup)), arrays.relabel(label_map, lookup))
    with pytest.raises(InputError, match="has no name"):
        tensors.present_names(there, {1: "liver"})


@pytest.mark.parametrize("values", [[0, 70001, 5, 90000], [70001, 5, 6, 7], [0, 60000, 5, 6]])
def test_large_values_are_renumbered_as_in_arrays(values: list[int], device: str) -> None:
    label_map = np.array(values, np.uint32).reshape(2, 2, 1)
    names = {value: str(value) for value in values if value}
    expected, renamed = arrays.compact(label_map, names)
    found, known = tensors.compact(put(label_map, device), names)
    assert np.array_equal(host(found), expected)
    assert known == renamed


def test_numbers_are_widened_only_where_they_must_be(device: str) -> None:
    there = put(MAPS[0], device)
    assert tensors.holding(there, 255) is there
    assert int(tensors.holding(there, 256).max() + 300) == int(MAPS[0].max()) + 300
    assert tensors.holding(there, 256).dtype == torch.int32


def test_what_lies_where_another_tensor_is_a_copy_of_its_own(device: str) -> None:
    table = np.arange(6, dtype=np.float32)[::-1]
    there = tensors.like(table, put(MAPS[0], device))
    tensors.copy(there)[0] = there[1] = 9
    assert table.tolist() == [5, 4, 3, 2, 1, 0]
    assert host(there).tolist() == [5, 9, 3, 2, 1, 0]
    assert not host(tensors.zeros(there)).any()
    assert tensors.as_hu(put(MAPS[0], device)).dtype == torch.float32


def test_values_are_counted_as_in_arrays(device: str) -> None:
    values = np.concatenate([RNG.normal(0, 90, 4000), [-200.0, 150.0, -199.5, 300.0, -300.0]]).astype(np.float32)
    edges = np.linspace(-200.0, 150.0, 701)
    for line in (edges, np.linspace(-199.3, 149.9, 699)):
        held = values.clip(line[0], line[-1])
        assert np.array_equal(tensors.histogram(put(held, device), line), arrays.histogram(held, line))
    assert np.array_equal(tensors.histogram(put(values[:0], device), edges), np.zeros(700))
