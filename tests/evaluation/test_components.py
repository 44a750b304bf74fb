import numpy as np
import pytest

from labelct.evaluation.components import boxes_of, keep_largest, kept_parts, part_counts
from labelct.evaluation.metrics import dice


def test_voxels_that_touch_at_a_corner_are_one_component():
    labels = np.zeros((6, 6, 6), dtype=np.uint8)
    labels[0, 0, 0] = labels[1, 1, 1] = 1
    labels[4, 4, 4] = 1
    kept = keep_largest(labels, {1: 1})
    assert kept[0, 0, 0] == kept[1, 1, 1] == 1
    assert kept[4, 4, 4] == 0
    assert labels[4, 4, 4] == 1


def test_each_label_keeps_its_own_largest_component():
    labels = np.zeros((12, 4, 4), dtype=np.uint8)
    labels[0:3], labels[5:6] = 1, 1
    labels[3:4], labels[7:12] = 2, 2
    kept = keep_largest(labels, {1: 1, 2: 1})
    expected = np.zeros_like(labels)
    expected[0:3], expected[7:12] = 1, 2
    np.testing.assert_array_equal(kept, expected)


def test_labels_not_named_stay_and_absent_ones_do_no_harm():
    labels = np.zeros((8, 3, 3), dtype=np.uint8)
    labels[0], labels[2:4], labels[6] = 3, 3, 5
    np.testing.assert_array_equal(keep_largest(labels, {1: 1, 9: 1}), labels)
    assert not keep_largest(np.zeros((3, 3, 3), dtype=np.uint8), {1: 1}).any()


def test_of_equal_components_the_first_in_memory_stays():
    labels = np.zeros((5, 2, 2), dtype=np.uint8)
    labels[0], labels[4] = 1, 1
    kept = keep_largest(labels, {1: 1})
    assert kept[0].all()
    assert not kept[4].any()


def test_a_pair_keeps_its_two_largest_components():
    labels = np.zeros((12, 3, 3), dtype=np.uint8)
    labels[0:3], labels[4:5], labels[6:9], labels[10:12] = 1, 1, 1, 1
    kept = keep_largest(labels, {1: 2})
    expected = np.zeros_like(labels)
    expected[0:3], expected[6:9] = 1, 1
    np.testing.assert_array_equal(kept, expected)


def parts(count, size=(3, 10, 10)):
    """Return `count` blocks of label 1, which do not touch, and a speck."""
    labels = np.zeros((count * (size[0] + 2) + 4, 12, 12), np.uint8)
    for number in range(count):
        first = number * (size[0] + 2)
        labels[first : first + size[0], : size[1], : size[2]] = 1
    labels[-1, -1, -1] = 1
    return labels


@pytest.mark.parametrize("count", [1, 2, 4])
def test_parts_are_counted_without_specks(count):
    assert part_counts(parts(count), [1, 2]) == {1: count}


def test_as_many_parts_are_kept_as_a_case_has_at_most():
    assert kept_parts([{1: 1}, {1: 2, 2: 1}, {}], [1, 2]) == {1: 2, 2: 1}


def test_all_parts_are_kept_where_they_scatter_or_were_never_seen():
    assert kept_parts([{1: 24}, {1: 1}], [1, 2]) == {1: None, 2: None}


@pytest.mark.parametrize("count", [1, 2, 24])
def test_a_perfect_mask_of_what_the_training_has_scores_one(count):
    labels = parts(count)
    labels[-1, -1, -1] = 0
    kept = kept_parts([part_counts(labels, [1])], [1])
    cleaned = keep_largest(labels, {value: most for value, most in kept.items() if most is not None})
    assert dice(cleaned == 1, labels == 1) == 1


def test_a_box_holds_every_voxel_of_its_value_and_no_more():
    labels = np.zeros((6, 5, 4), dtype=np.uint8)
    labels[1, 2, 0] = labels[3, 4, 2] = 7
    labels[0, 0, 3] = 2
    boxes = boxes_of(labels)
    assert boxes == {2: (slice(0, 1), slice(0, 1), slice(3, 4)), 7: (slice(1, 4), slice(2, 5), slice(0, 3))}
    assert boxes_of(np.zeros((2, 2, 2), dtype=np.uint8)) == {}
