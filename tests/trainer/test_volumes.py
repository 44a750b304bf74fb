"""Cases in memory: on the network's grid, in whole HU, with places to cut at in every label."""

import numpy as np
import pytest
import torch

from labelct.dataset import StoredCase, image_path, label_path
from labelct.errors import InputError
from labelct.io import nifti
from labelct.trainer.region import Region
from labelct.trainer.volumes import CENTRES, Form, load_case, load_cases, on_grid
from tests.trainer.conftest import SHAPE, SPACING, body_with_ball


def test_cases_come_on_the_grid_in_their_order(training_set) -> None:
    cases = load_cases(training_set.train, Form((8.0, 8.0, 8.0), (1,)), 2, "cases")
    assert [case.name for case in cases] == [case.name for case in training_set.train]
    for seed, case in enumerate(cases):
        assert case.hu.shape == case.labels.shape == tuple(round(n / 2) for n in SHAPE)
        assert (case.hu.dtype, case.labels.dtype) == (torch.int16, torch.uint8)
        _, labels = body_with_ball(seed=seed)
        assert int(case.labels.sum()) * 8 == pytest.approx(labels.sum(), rel=0.15)


def test_centres_are_voxels_of_their_label_spread_over_it() -> None:
    labels = np.zeros((50, 50, 50), np.uint8)
    labels[5:45, 5:45, 5:45] = 2
    volume = torch.zeros(labels.shape), torch.from_numpy(labels)
    case = on_grid("a", volume, (1, 1, 1), Form((1, 1, 1), (1, 2)))
    assert list(case.centres) == [2]
    assert CENTRES / 2 < len(case.centres[2]) <= CENTRES
    assert (labels[tuple(case.centres[2].T)] == 2).all()
    assert case.centres[2].min(0)[0] == 5
    assert case.centres[2].max(0)[0] == 44


def test_labels_of_another_shape_are_named(training_set) -> None:
    case = training_set.train[0]
    nifti.write(label_path(training_set.folder, case.name), np.ones((4, 4, 4), np.uint8), np.diag([*SPACING, 1.0]))
    with pytest.raises(InputError, match=r"shape \(4, 4, 4\) differs"):
        load_case(case, Form(SPACING, (1,)))


def test_voxels_to_ignore_stay_so_on_another_grid_and_are_no_place_to_cut_at() -> None:
    """Slabs of 4 voxels of 1 mm are 2 of 2 mm; the voxel between two slabs goes to the one that has more of it."""
    labels = torch.zeros(12, 8, 8, dtype=torch.uint8)
    labels[4:8], labels[8:] = 1, 3
    case = on_grid("a", (torch.zeros(labels.shape), labels), (1, 1, 1), Form((2, 2, 2), (1, 2), ignore=3))
    assert [int(value) for value in case.labels[:, 2, 2]] == [0, 0, 1, 1, 3, 3]
    assert list(case.centres) == [1]
    assert set(case.centres[1][:, 0]) == {2, 3}


def test_a_stored_case_may_hold_the_label_to_ignore_and_no_other(tmp_path) -> None:
    labels = np.zeros((6, 6, 6), np.uint8)
    labels[:2], labels[4:] = 1, 2
    case = StoredCase("a", image_path(tmp_path, "a"), label_path(tmp_path, "a"))
    nifti.write(case.image, np.zeros(labels.shape, np.float32), np.eye(4))
    nifti.write(case.label, labels, np.eye(4))
    (loaded,) = load_cases([case], Form((1, 1, 1), (1,), 2), 1, "cases")
    assert np.array_equal(loaded.labels.numpy(), labels)
    with pytest.raises(InputError, match="2"):
        load_case(case, Form((1, 1, 1), (1,)))


def test_within_a_region_a_case_is_the_box_around_its_targets_and_patches_are_centred_there() -> None:
    labels = torch.zeros(40, 30, 20, dtype=torch.uint8)
    labels[4:36, 4:26, 2:18], labels[20:24, 10:12, 8:9] = 1, 2
    hu = torch.arange(labels.numel()).reshape(labels.shape).float()
    region = Region(("gallbladder",), 6.0, (0.0, 0.0, 0.0))
    model = {"spacing": (2, 2, 2), "labels": {"liver": 1, "gallbladder": 2}, "intensity": {}}
    case = on_grid("a", (hu, labels), (2, 2, 2), Form.of(model, region))
    box = (slice(17, 27), slice(7, 15), slice(5, 12))
    assert torch.equal(case.hu, hu[box].to(torch.int16))
    assert torch.equal(case.labels, labels[box])
    assert list(case.centres) == [2]
    assert (case.labels[tuple(torch.from_numpy(case.centres[2]).long().T)] == 2).all()
    whole = on_grid("a", (hu, labels.clamp(max=1)), (2, 2, 2), Form.of(model, region))
    assert (whole.hu.shape, whole.centres) == (hu.shape, {})
