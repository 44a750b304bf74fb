import numpy as np

from labelct.evaluation.components import keep_largest


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
