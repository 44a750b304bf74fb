import numpy as np
import pytest

from labelct.evaluation.components import Parts, boxes_of, keep_largest, kept_parts, parts_of
from labelct.evaluation.metrics import dice

ONE, TWO, MM = Parts(1), Parts(2), (1.0, 1.0, 1.0)


def test_voxels_that_touch_at_a_corner_are_one_component():
    labels = np.zeros((6, 6, 6), dtype=np.uint8)
    labels[0, 0, 0] = labels[1, 1, 1] = 1
    labels[4, 4, 4] = 1
    kept = keep_largest(labels, {1: ONE}, MM)
    assert kept[0, 0, 0] == kept[1, 1, 1] == 1
    assert kept[4, 4, 4] == 0
    assert labels[4, 4, 4] == 1


def test_each_label_keeps_its_own_largest_component():
    labels = np.zeros((12, 4, 4), dtype=np.uint8)
    labels[0:3], labels[5:6] = 1, 1
    labels[3:4], labels[7:12] = 2, 2
    kept = keep_largest(labels, {1: ONE, 2: ONE}, MM)
    expected = np.zeros_like(labels)
    expected[0:3], expected[7:12] = 1, 2
    np.testing.assert_array_equal(kept, expected)


def test_labels_not_named_stay_and_absent_ones_do_no_harm():
    labels = np.zeros((8, 3, 3), dtype=np.uint8)
    labels[0], labels[2:4], labels[6] = 3, 3, 5
    np.testing.assert_array_equal(keep_largest(labels, {1: ONE, 9: ONE}, MM), labels)
    assert not keep_largest(np.zeros((3, 3, 3), dtype=np.uint8), {1: ONE}, MM).any()


def test_of_equal_components_the_first_in_memory_stays():
    labels = np.zeros((5, 2, 2), dtype=np.uint8)
    labels[0], labels[4] = 1, 1
    kept = keep_largest(labels, {1: ONE}, MM)
    assert kept[0].all()
    assert not kept[4].any()


def test_a_pair_keeps_its_two_largest_components():
    labels = np.zeros((12, 3, 3), dtype=np.uint8)
    labels[0:3], labels[4:5], labels[6:9], labels[10:12] = 1, 1, 1, 1
    kept = keep_largest(labels, {1: TWO}, MM)
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
    found = parts_of(parts(count), [1, 2], MM)
    assert {value: one.count for value, one in found.items()} == {1: count}


def test_as_many_parts_are_kept_as_a_case_has_at_most():
    cases = [{1: ONE}, {1: Parts(2, 7.0), 2: ONE}, {1: Parts(2, 9.0)}, {}]
    assert kept_parts(cases, [1, 2]) == {1: Parts(2, 9.0), 2: ONE}


def test_all_parts_are_kept_where_they_scatter_or_were_never_seen():
    assert kept_parts([{1: Parts(24)}, {1: ONE}], [1, 2]) == {1: None, 2: None}


@pytest.mark.parametrize("count", [1, 2, 24])
def test_a_perfect_mask_of_what_the_training_has_scores_one(count):
    labels = parts(count)
    labels[-1, -1, -1] = 0
    kept = kept_parts([parts_of(labels, [1], MM)], [1])
    cleaned = keep_largest(labels, {value: most for value, most in kept.items() if most is not None}, MM)
    assert dice(cleaned == 1, labels == 1) == 1


def blocks(gap):
    """Return two blocks of label 1, so many empty voxels apart along x, and the larger one first."""
    labels = np.zeros((10 + gap + 6, 8, 8), np.uint8)
    labels[:10], labels[10 + gap :, 2:6] = 1, 1
    return labels


def test_the_gap_of_two_parts_is_that_of_their_nearest_voxels_in_mm():
    labels = blocks(4)
    labels[:, 0, 0] = 0  # no corner is nearer
    assert parts_of(labels, [1], (3.0, 1.0, 2.0)) == {1: Parts(2, 15.0)}
    assert parts_of(labels.transpose(1, 2, 0), [1], (1.0, 2.0, 3.0)) == {1: Parts(2, 15.0)}
    assert parts_of(labels[:10], [1], MM) == {1: ONE}


def test_the_gap_of_a_third_part_is_to_the_nearest_of_the_larger_ones():
    labels = np.zeros((60, 4, 4), np.uint8)
    labels[:20], labels[30:40], labels[43:48] = 1, 1, 1
    assert parts_of(labels, [1], MM) == {1: Parts(3, 11.0)}


@pytest.mark.parametrize(
    ("known", "gap", "stays"),
    [(50.0, 70, True), (50.0, 80, False), (2.0, 55, True), (2.0, 65, False), (None, 500, True)],
)
def test_a_part_further_off_than_any_in_training_is_none(known, gap, stays):
    """One and a half times as far is near enough, and 60 mm always are."""
    labels = blocks(gap)
    kept = keep_largest(labels, {1: Parts(2, known)}, MM)
    assert kept[:10].all()
    assert kept[10 + gap :, 2:6].all() == stays
    assert kept[10 + gap :].any() == stays


def test_the_room_of_a_part_that_is_too_far_stays_empty():
    labels = np.zeros((200, 4, 4), np.uint8)
    labels[:20], labels[150:160], labels[25:30] = 1, 1, 1
    kept = keep_largest(labels, {1: Parts(2, 10.0)}, MM)
    assert np.flatnonzero(kept.any((1, 2))).tolist() == list(range(20))


def test_a_box_holds_every_voxel_of_its_value_and_no_more():
    labels = np.zeros((6, 5, 4), dtype=np.uint8)
    labels[1, 2, 0] = labels[3, 4, 2] = 7
    labels[0, 0, 3] = 2
    boxes = boxes_of(labels)
    assert boxes == {2: (slice(0, 1), slice(0, 1), slice(3, 4)), 7: (slice(1, 4), slice(2, 5), slice(0, 3))}
    assert boxes_of(np.zeros((2, 2, 2), dtype=np.uint8)) == {}
