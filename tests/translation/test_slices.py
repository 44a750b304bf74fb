"""The slices of a cohort, and volumes that none can be taken from."""

from pathlib import Path

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.parallel import ParallelSettings
from labelct.translation.slices import ct_values, mr_values, slices_of
from labelct.volume import Volume

ALONE = ParallelSettings(workers=1)


def volume(array):
    return Volume(np.asarray(array, np.float32), np.diag([2.0, 2.0, 5.0, 1.0]))


def test_slices_of_all_volumes_lie_in_one_array(tiny, subjects):
    mr, ct = subjects
    found = slices_of("mr", mr, tiny(), ALONE), slices_of("ct", ct, tiny(), ALONE)
    assert [slices.shape for slices in found] == [(12, 36, 36), (8, 36, 36)]
    assert all(slices.dtype == np.float16 and abs(slices).max() <= 1 for slices in found)


def test_a_cts_slices_are_those_of_the_volume(tiny, subjects):
    """40 x 30 voxels of 2 mm on 40 x 40 pixels: five columns of air on each side, and HU within half an HU."""
    ct = subjects[1][0]
    (first, *_) = slices_of("ct", [ct], tiny(load=40), ALONE)
    expected = np.clip(ct.load_ct().array[:, :, 0], -500, 500) / 500
    assert np.abs(first[:, 5:35] - expected).max() < 1e-3
    assert (first[:, :5] == -1).all()
    assert (first[:, 35:] == -1).all()


def test_the_middle_of_a_ct_alone_is_used(tiny):
    array = np.full((40, 40, 2), -1000.0)
    array[10:30, 10:30] = np.linspace(-400, 400, 20)[:, None]
    whole = volume(array)
    subject = _subjects(whole)[0]
    (slices, *_) = slices_of("ct", [subject], tiny(ct_crop=0.5, load=40), ALONE)
    assert slices.min() == pytest.approx(-0.8, abs=1e-3)


def test_at_most_so_many_slices_are_taken_evenly(tiny, subjects):
    assert len(slices_of("mr", subjects[0], tiny(slices=2), ALONE)) == 6


def test_slices_that_show_nothing_are_left_out(tiny):
    array = np.random.default_rng(0).uniform(-500, 500, (36, 36, 5))
    array[:, :, 1:3] = -1000
    assert len(slices_of("ct", _subjects(volume(array)), tiny(), ALONE)) == 3


def test_mr_runs_from_its_lower_to_its_higher_percentile(tiny):
    array = np.arange(1000.0).reshape(10, 10, 10) * 7
    values = mr_values(volume(array), Path("mr.nii.gz"), tiny(percentiles=[0.0, 50.0]))
    assert values.min() == -1
    assert values.max() == 1
    assert (values == 1).mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.random.default_rng(0).uniform(0, 9, (8, 8, 1)), "has one axial slice"),
        (np.full((8, 8, 4), 3.0), "shows nothing"),
        (np.where(np.arange(64).reshape(4, 4, 4) == 5, np.nan, 1.0), "no finite numbers"),
    ],
)
@pytest.mark.parametrize("values", [mr_values, ct_values])
def test_a_volume_that_nothing_can_be_learnt_from_is_named(tiny, values, array, said):
    with pytest.raises(InputError, match=rf"^case\.nii\.gz: .*{said}") as error:
        values(volume(array), Path("case.nii.gz"), tiny())
    assert "\n" not in str(error.value)


def test_a_ct_outside_its_window_shows_nothing(tiny):
    with pytest.raises(InputError, match="shows nothing"):
        ct_values(volume(np.random.default_rng(0).uniform(-1000, -600, (8, 8, 4))), Path("ct"), tiny())


def _subjects(ct):
    from functools import partial

    from labelct.cohort.base import Subject

    return [Subject("c", None, partial(_same, ct), (Path("c"),))]


def _same(ct):
    return ct
