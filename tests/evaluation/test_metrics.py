import numpy as np
import pytest

from labelct.evaluation import metrics
from labelct.evaluation.metrics import hausdorff, score, surface_dice, surface_distances
from labelct.evaluation.settings import EvaluationSettings

SPACING = (1.0, 2.0, 5.0)


def box(start, stop, shape=(40, 40, 40)):
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(slice(low, high) for low, high in zip(start, stop, strict=True))] = True
    return mask


def ball(radius_mm, spacing, centre_mm=(30.0, 30.0, 30.0), size_mm=60.0):
    axes = np.ogrid[tuple(slice(0, round(size_mm / step)) for step in spacing)]
    return sum((axis * step - c) ** 2 for axis, step, c in zip(axes, spacing, centre_mm, strict=True)) <= radius_mm**2


def one(prediction, truth, spacing=SPACING, **settings):
    rows = score(
        prediction.astype(np.uint8), truth.astype(np.uint8), spacing, {"liver": 1}, EvaluationSettings(**settings)
    )
    return rows[0]


@pytest.mark.parametrize(("axis", "step"), list(enumerate(SPACING)))
def test_shifted_cubes_are_apart_by_the_shift_in_mm_along_each_axis(axis, step):
    start, stop = np.full(3, 10), np.full(3, 22)
    shift = np.eye(3, dtype=int)[axis] * 2
    row = one(box(start + shift, stop + shift), box(start, stop))
    assert row["hd95"] == pytest.approx(2 * step)
    assert row["dice"] == pytest.approx(10 / 12)
    assert row["volume_error_ml"] == 0 == row["volume_error"]


def test_surface_dice_of_shifted_cubes_is_the_area_of_the_sides_that_stay_together():
    truth, prediction = box((10, 10, 10), (30, 30, 30)), box((14, 10, 10), (34, 30, 30))
    spacing = (1.0, 1.0, 1.0)
    sides = surface_distances(prediction, truth, spacing)
    reach = 2.5  # surface elements lie 1 mm apart, so a tolerance of 2 mm reaches half an element further
    outer_end, walls, inner_end = 20 * 20, 4 * 20 * (4 - reach), (20 - 2 * reach) ** 2
    assert surface_dice(sides, 2.0) == pytest.approx(1 - (outer_end + walls + inner_end) / (6 * 20 * 20), abs=0.01)
    assert surface_dice(sides, 4.0) == 1.0
    assert surface_dice(sides, 0.0) < surface_dice(sides, 1.0) < surface_dice(sides, 3.0)


def test_surface_area_of_a_box_follows_the_spacing():
    mask = box((5, 5, 5), (25, 20, 15))
    (_, areas), _ = surface_distances(mask, mask, SPACING)
    a, b, c = 20 * 1.0, 15 * 2.0, 10 * 5.0
    assert areas.sum() == pytest.approx(2 * (a * b + b * c + a * c), rel=0.05)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 0.8, 2.5)])
def test_concentric_balls_are_apart_by_the_difference_of_their_radii(spacing):
    row = one(ball(21.0, spacing), ball(16.0, spacing), spacing, tolerance_mm=2.0)
    assert row["hd95"] == pytest.approx(5.0, abs=max(spacing) / 2)
    assert row["surface_dice"] == 0.0
    assert one(ball(21.0, spacing), ball(16.0, spacing), spacing, tolerance_mm=7.0)["surface_dice"] == 1.0
    assert row["volume_error"] == pytest.approx((21 / 16) ** 3 - 1, rel=0.02)
    assert row["truth_ml"] == pytest.approx(4 / 3 * np.pi * 1.6**3, rel=0.02)


def test_distances_and_areas_equal_monai(recwarn):
    import torch
    from monai.metrics import compute_surface_dice

    rng = np.random.default_rng(0)
    truth, prediction = box((8, 8, 8), (25, 20, 15)), box((7, 9, 8), (24, 23, 16)) & (rng.random((40, 40, 40)) < 0.9)
    sides = surface_distances(prediction, truth, SPACING)
    pair = (torch.from_numpy(mask)[None, None] for mask in (prediction, truth))
    expected = compute_surface_dice(*pair, [2.0], include_background=True, spacing=SPACING, use_subvoxels=True)
    assert surface_dice(sides, 2.0) == pytest.approx(float(expected), abs=1e-6)


def test_the_hausdorff_percentile_ignores_a_speck_that_the_maximum_sees():
    truth = box((10, 10, 10), (20, 20, 20))
    sides = surface_distances(truth | box((30, 15, 15), (31, 16, 16)), truth, (1.0, 1.0, 1.0))
    assert hausdorff(sides, 95.0) == 0.0
    assert hausdorff(sides, 100.0) == pytest.approx(11.0)


def test_the_hausdorff_distance_is_symmetric():
    small, large = box((10, 10, 10), (14, 14, 14)), box((10, 10, 10), (30, 30, 14))
    assert one(small, large)["hd95"] == one(large, small)["hd95"] > 10


def test_a_mask_at_the_border_scores_as_it_does_inside():
    inside = one(box((11, 10, 10), (20, 20, 20)), box((10, 10, 10), (20, 20, 20)))
    border = one(box((1, 0, 0), (10, 10, 10)), box((0, 0, 0), (10, 10, 10)))
    assert inside == border


def test_identical_masks_are_perfect():
    row = one(box((1, 2, 3), (9, 8, 7)), box((1, 2, 3), (9, 8, 7)), tolerance_mm=0.0)
    assert (row["dice"], row["surface_dice"], row["hd95"], row["volume_error"]) == (1.0, 1.0, 0.0, 0.0)


def test_absent_in_both_is_nan_everywhere():
    row = one(np.zeros((4, 4, 4)), np.zeros((4, 4, 4)))
    assert row["absent"] == "both"
    assert all(np.isnan(row[name]) for name in metrics.METRICS)


@pytest.mark.parametrize(("missing", "relative"), [("prediction", -1.0), ("truth", float("nan"))])
def test_absent_in_one_is_zero_overlap_without_a_distance(missing, relative):
    masks = {"prediction": box((1, 1, 1), (11, 11, 11)), "truth": box((1, 1, 1), (11, 11, 11))}
    masks[missing] = np.zeros_like(masks[missing])
    row = one(masks["prediction"], masks["truth"])
    assert (row["absent"], row["dice"], row["surface_dice"]) == (missing, 0.0, 0.0)
    assert np.isnan(row["hd95"])
    assert row["volume_error"] == pytest.approx(relative, nan_ok=True)
    assert row["volume_error_ml"] == pytest.approx(10.0 if missing == "truth" else -10.0)


def test_each_label_is_scored_alone():
    truth = box((1, 1, 1), (9, 9, 9)).astype(np.uint8) + 2 * box((20, 1, 1), (29, 9, 9)).astype(np.uint8)
    prediction = np.where(truth == 2, 0, truth)
    rows = score(prediction, truth, SPACING, {"liver": 1, "spleen": 2, "pancreas": 7}, EvaluationSettings())
    assert [(row["label"], row["absent"]) for row in rows] == [
        ("liver", ""),
        ("spleen", "prediction"),
        ("pancreas", "both"),
    ]
    assert rows[0]["dice"] == 1.0


def test_other_grids_are_refused():
    with pytest.raises(ValueError, match="different grids"):
        one(np.zeros((4, 4, 4)), np.zeros((4, 4, 5)))
