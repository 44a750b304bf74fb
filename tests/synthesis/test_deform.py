from __future__ import annotations

import numpy as np
import pytest
from labelct.synthesis.anatomy_settings import DeformSettings
from labelct.synthesis.deform import deform, displacement, sample_deformation, swap_sides

from labelct.errors import SettingError
from tests.synthesis.cases import Case, ball

STILL = {
    "matrix": np.eye(3).tolist(),
    "shift_mm": [0.0] * 3,
    "elastic_mm": 0.0,
    "grain_mm": 60.0,
    "seed": 1,
    "flip": False,
}
SPACING = (2.0, 3.0, 5.0)


def test_nothing_asked_is_nothing_done(case: Case) -> None:
    assert sample_deformation(DeformSettings(), np.random.default_rng(0)) is None
    assert deform(case.label_map, case.spacing, None, 0) is case.label_map
    assert np.array_equal(deform(case.label_map, case.spacing, STILL, 0), case.label_map)


def test_a_shift_is_in_millimetres() -> None:
    volume = np.random.default_rng(0).normal(size=(20, 20, 20)).astype(np.float32)
    shifted = deform(volume, SPACING, {**STILL, "shift_mm": [4.0, -3.0, 2.5]}, -7.0)
    assert shifted[3, 4, 5] == pytest.approx((volume[5, 3, 5] + volume[5, 3, 6]) / 2, abs=1e-5)
    assert (shifted[-1] == -7).all()


def test_a_quarter_turn_keeps_volume_on_anisotropic_voxels() -> None:
    organ = ball((60, 60, 40), (30, 30, 20), (14, 9, 3)).astype(np.uint16)
    turned = deform(organ, SPACING, {**STILL, "matrix": [[1, 0, 0], [0, 0, -1], [0, 1, 0]]}, 0)
    assert turned.sum() == pytest.approx(organ.sum(), rel=0.05)
    assert np.ptp(np.nonzero(turned)[2]) * 5 == pytest.approx(np.ptp(np.nonzero(organ)[1]) * 3, abs=6)


def test_the_elastic_field_has_the_asked_spread_and_is_smooth() -> None:
    field, step = displacement((200, 200, 100), (2.0, 2.0, 4.0), {**STILL, "elastic_mm": 6.0, "grain_mm": 40.0})
    assert field.std() == pytest.approx(6.0, rel=0.1)
    assert np.abs(np.diff(field, axis=0)).max() / step < 1.0


def test_organs_stay_whole_under_the_strongest_elastic_setting() -> None:
    from scipy.ndimage import label

    organ = ball((60, 60, 40), (30, 30, 20), (20, 14, 8)).astype(np.uint8)
    for seed in range(5):
        bent = deform(organ, SPACING, {**STILL, "elastic_mm": 10.0, "grain_mm": 40.0, "seed": seed}, 0)
        sizes = np.bincount(label(bent)[0].ravel())[1:]
        assert sizes.max() > 0.99 * sizes.sum()


def test_threads_do_not_change_the_bits(case: Case) -> None:
    settings = DeformSettings(rotation_deg=10, scale=0.1, shear=0.05, shift_mm=5, elastic_mm=5, flip=0.5)
    params = sample_deformation(settings, np.random.default_rng(0))
    one = deform(case.label_map, case.spacing, params, 0)
    assert np.array_equal(one, deform(case.label_map, case.spacing, params, 0, threads=3))
    assert set(np.unique(one)) <= set(np.unique(case.label_map))


def test_a_mirror_image_swaps_sides() -> None:
    names = {1: "kidney_left", 2: "kidney_right", 3: "liver", 4: "lung_middle_lobe_right"}
    assert swap_sides(names) == {1: "kidney_right", 2: "kidney_left", 3: "liver", 4: "lung_middle_lobe_right"}
    halves = np.ones((6, 2, 2), np.uint8)
    halves[3:] = 2
    assert deform(halves, SPACING, {**STILL, "flip": True}, 0)[0, 0, 0] == 2


def test_folding_settings_are_refused() -> None:
    with pytest.raises(SettingError, match=r"deform\.elastic_mm=30"):
        DeformSettings(elastic_mm=30.0, grain_mm=60.0)
