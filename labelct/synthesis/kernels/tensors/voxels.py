"""What every ingredient asks of tensors: types, copies, label maps by value; and how much is worked on at once."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelct import labels

# Voxels that are worked on at once: enough to fill a GPU, few enough that a pass over a volume of any size holds no
# more than a few of 128 MiB (8 bytes a voxel).
SLAB = 1 << 24
# torch works little or not at all with these.
WIDER = {"uint16": np.int32, "uint32": np.int64, "uint64": np.int64}


def slabs(shape: Sequence[int], axis: int = 0, share: int = 1) -> Iterator[slice]:
    """Yield slices along an axis of at most `SLAB` voxels, or that over `share`, of one plane at least."""
    planes = max(1, SLAB // share * shape[axis] // max(1, math.prod(shape)))
    for start in range(0, shape[axis], planes):
        yield slice(start, min(start + planes, shape[axis]))


def put(array: NDArray[Any], device: torch.device | str) -> Tensor:
    """Return a tensor of an array, in a type that torch works with."""
    wider = WIDER.get(array.dtype.name, array.dtype)
    # Of a copy: reversed or shared memory is nothing that torch takes, and nobody shall write into a table of the host.
    return torch.from_numpy(np.array(array, wider, order="C")).to(device)


def host(array: Tensor) -> NDArray[Any]:
    """Return a small tensor as a NumPy array."""
    return array.cpu().numpy()


def like(array: NDArray[Any], reference: Tensor) -> Tensor:
    """Return an array as a tensor where `reference` is."""
    return put(array, reference.device)


def copy(array: Tensor) -> Tensor:
    """Return a copy."""
    return array.clone()


def holding(numbers: Tensor, largest: int) -> Tensor:
    """Return whole numbers in a type that holds `largest`."""
    return numbers if largest <= torch.iinfo(numbers.dtype).max else numbers.to(torch.int32)


def zeros(reference: Tensor) -> Tensor:
    """Return uint8 zeros of the shape of `reference`."""
    return torch.zeros_like(reference, dtype=torch.uint8, memory_format=torch.contiguous_format)


def as_hu(ct: Tensor) -> Tensor:
    """Return a CT as float32 in C order."""
    return ct.to(torch.float32).contiguous()


def compact(label_map: Tensor, names: Mapping[int, str]) -> tuple[Tensor, dict[int, str]]:
    """Return a label map whose values are below 65536."""
    if label_map.dtype == torch.uint8 or 0 <= int(label_map.min()) <= largest(label_map) < labels.LOOKUP_LIMIT:
        return label_map, {value: name for value, name in names.items() if value < labels.LOOKUP_LIMIT}
    values, ranks = torch.unique(label_map, return_inverse=True)
    _, renamed = labels.compact(host(values), names)
    return (ranks + int(values[0] != 0)).to(torch.int32), renamed


def largest(label_map: Tensor) -> int:
    """Return the largest value of a label map."""
    return int(label_map.max())


def present_names(label_map: Tensor, names: Mapping[int, str]) -> dict[int, str]:
    """Return the names of the values above 0 that occur."""
    return labels.present_names(host(_values(label_map)), names)


def _values(label_map: Tensor) -> Tensor:
    """Return the values that occur, ascending; counting is cheaper than sorting where they are small."""
    most = largest(label_map)
    if most >= labels.LOOKUP_LIMIT or int(label_map.min()) < 0:
        return torch.unique(label_map)
    counts = torch.zeros(most + 1, dtype=torch.int64, device=label_map.device)
    for slab in slabs(label_map.shape):
        counts += counts_of(label_map[slab], most + 1)
    return counts.nonzero()[:, 0]


def relabel(label_map: Tensor, lookup: NDArray[Any]) -> Tensor:
    """Return `lookup[label_map]`."""
    return taken(like(lookup, label_map), label_map)


def taken(table: Tensor, numbers: Tensor) -> Tensor:
    """Return `table[numbers]` of a table with one axis."""
    found = torch.empty(numbers.shape, dtype=table.dtype, device=table.device)
    for slab in slabs(numbers.shape):
        found[slab] = read(table, numbers[slab])
    return found


def read(table: Tensor, numbers: Tensor) -> Tensor:
    """Return `table[numbers]` of a table with one axis, for as many numbers as are worked on at once."""
    return table.index_select(0, numbers.reshape(-1).to(torch.int32)).view(numbers.shape)


def isin(label_map: Tensor, values: Sequence[int]) -> Tensor:
    """Return where a label map has one of `values`."""
    lookup = np.zeros(max([largest(label_map), *values]) + 1, np.bool_)
    lookup[list(values)] = True
    return relabel(label_map, lookup)


def places(mask: Tensor) -> Tensor:
    """Return the flat indices of the True voxels."""
    return mask.reshape(-1).nonzero()[:, 0]


def counts_of(numbers: Tensor, size: int) -> Tensor:
    """Return `(size,)`: how often each number occurs; exact, whatever the order in which a device counts."""
    return torch.bincount(numbers.reshape(-1), minlength=size)


def histogram(values: Tensor, edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many values lie in each bin; a bin holds its lower edge, the last one both."""
    bins, known = torch.zeros(len(edges), dtype=torch.int64, device=values.device), like(edges, values)
    for part in torch.split(values, SLAB):
        exact = part.double()  # an edge need not be a float32
        inside = exact[(exact >= known[0]) & (exact <= known[-1])]
        bins += counts_of(torch.searchsorted(known, inside, right=True) - 1, len(edges))
    counted = host(bins)
    counted[-2] += counted[-1]
    return counted[:-1]
