"""Label maps of any values become small ones; names follow, and values without one are told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelct.errors import InputError
from labelct.labels import compact, occurring, present_names, relabel

SHAPE = (3, 4, 5)


@given(arrays(np.int64, SHAPE, elements=st.sampled_from([0, 1, 7, 255, 300, 65535, 65536, 70000, 2**40])))
def test_a_compact_map_calls_every_voxel_what_it_was_called(label_map):
    names = {value: f"organ {value}" for value in np.unique(label_map).tolist() if value}
    small, renamed = compact(label_map, names)
    assert small.dtype in (np.uint8, np.uint16)
    assert small.flags.c_contiguous
    called = np.vectorize(lambda value, known: known.get(value, ""))
    assert np.array_equal(called(small, renamed), called(label_map, names))
    assert np.array_equal(small == 0, label_map == 0)


def test_small_values_stay_as_they_are():
    label_map = np.random.default_rng(0).integers(0, 200, SHAPE).astype(np.uint8)
    small, renamed = compact(label_map, {5: "liver", 70000: "never"})
    assert small is label_map
    assert renamed == {5: "liver"}
    turned, _ = compact(label_map.T, {})
    assert turned.flags.c_contiguous
    assert np.array_equal(turned, label_map.T)


def test_large_values_are_numbered_by_rank_and_0_stays_0():
    small, renamed = compact(np.array([[[10**6, 5, 10**9]]]), {5: "liver", 10**9: "spleen"})
    assert small.ravel().tolist() == [2, 1, 3]
    assert renamed == {1: "liver", 3: "spleen"}
    assert compact(np.array([[[0, 10**6]]]), {})[0].ravel().tolist() == [0, 1]


@pytest.mark.parametrize("factor", [1, 100000])
def test_present_names_are_those_of_the_values_that_occur(factor):
    label_map = np.array([[[0, 3, 1, 3]]], np.int32) * factor
    names = {factor: "liver", 2 * factor: "spleen", 3 * factor: "colon"}
    assert present_names(label_map, names) == {factor: "liver", 3 * factor: "colon"}
    del names[3 * factor]
    with pytest.raises(InputError, match=f"the value {3 * factor} has no name; add it to the names file"):
        present_names(label_map, names)


def test_values_that_occur_are_found():
    found = occurring(np.array([[[0, 4, 4, 2]]], np.uint8), 6)
    assert np.flatnonzero(found).tolist() == [0, 2, 4]


def test_relabelling_looks_every_voxel_up():
    label_map = np.random.default_rng(0).integers(0, 9, SHAPE).astype(np.uint16)
    lookup = np.array([0, 5, 5, 1, 0, 2, 2, 9, 250], np.uint8)
    renamed = relabel(label_map, lookup)
    assert renamed.dtype == np.uint8
    assert np.array_equal(renamed, lookup[label_map])
