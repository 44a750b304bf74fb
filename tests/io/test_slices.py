from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io.slices import Slice, stack

SERIES = Path("series")
AXIAL = np.array([[1.0, 0, 0], [0, 1, 0]])


def slices(positions, directions: np.ndarray = AXIAL, thickness: float | None = 5.0) -> list[Slice]:
    return [
        Slice(f"{number}.dcm", (512, 400), np.asarray(position, float), directions, (0.8, 0.9), thickness)
        for number, position in enumerate(positions)
    ]


def column(*heights: float) -> list[tuple[float, float, float]]:
    return [(-200.0, -180.0, height) for height in heights]


def test_a_stack_is_sorted_along_its_normal_and_its_affine_is_ras():
    order, affine = stack(SERIES, slices(column(4, 0, 2, 6)))
    assert order == [1, 2, 0, 3]
    np.testing.assert_allclose(affine, [[-0.8, 0, 0, 200], [0, -0.9, 0, 180], [0, 0, 2, 0], [0, 0, 0, 1]])


def test_a_coronal_stack_keeps_its_own_axes():
    directions = np.array([[1.0, 0, 0], [0, 0, -1]])
    _, affine = stack(SERIES, slices([(0, 3 * k, 0) for k in range(4)], directions))
    np.testing.assert_allclose(affine @ [1, 2, 3, 1], [-0.8, -9, -1.8, 1])


@pytest.mark.parametrize("digits", [1, 2, 6])
def test_rounded_positions_are_fitted(digits):
    exact = -804.5 + 0.6 / 0.97 * np.arange(300)
    _, affine = stack(SERIES, slices(column(*np.round(exact, digits))))
    np.testing.assert_allclose(affine[2, 2], 0.6 / 0.97, atol=1e-3)
    np.testing.assert_allclose(affine[2, 3] + affine[2, 2] * np.arange(300), exact, atol=0.06)


@pytest.mark.parametrize("step", [0.3, 0.625, 2.0, 5.0])
@pytest.mark.parametrize(("number", "missing"), [(3, 1), (5, 3), (40, 20), (300, 150)])
def test_a_missing_slice_is_never_smeared_over_its_neighbours(step, number, missing):
    heights = [step * k for k in range(number) if k != missing]
    if number == 3:
        heights.append(step * 3)
    with pytest.raises(InputError, match=rf"its slices lie {step:g} to {2 * step:g} mm apart.*add the missing slices"):
        stack(SERIES, slices(column(*heights)))


def test_many_small_steps_that_sum_up_are_seen():
    widening = np.cumsum(2 + 0.001 * np.arange(300))  # no step differs by more than 0.001 mm from the next
    with pytest.raises(InputError, match="mm off even steps"):
        stack(SERIES, slices(column(*widening)))


@pytest.mark.parametrize(("degrees", "step", "number"), [(4.5, 0.625, 120), (0.5, 0.625, 400), (20, 5, 3)])
def test_a_tilted_gantry_is_seen_however_small_its_steps(degrees, step, number):
    drift = step * np.tan(np.radians(degrees))
    with pytest.raises(InputError, match=rf"sheared by {degrees:g} degrees \(tilted gantry\)"):
        stack(SERIES, slices([(0, drift * k, step * k) for k in range(number)]))


def test_a_tilt_within_rounding_is_none():
    _, affine = stack(SERIES, slices([(0, 0.0005 * k, 2.0 * k) for k in range(100)]))
    np.testing.assert_allclose(affine[:3, 2], [0, 0, 2], atol=1e-12)


def test_slices_at_one_position_are_named():
    with pytest.raises(InputError, match=r"series: 1\.dcm and 2\.dcm lie at one position; keep one of them"):
        stack(SERIES, slices(column(0, 2, 2, 4)))
    with pytest.raises(InputError, match=r"0\.dcm and 1\.dcm lie at one position"):
        stack(SERIES, slices(column(7, 7, 7)))


def test_a_lone_slice_has_its_own_thickness_or_is_refused():
    assert stack(SERIES, slices(column(3)))[1][2].tolist() == [0, 0, 5, 3]
    for thickness in (None, 0.0, -5.0, float("inf"), float("nan")):
        with pytest.raises(InputError, match="its one slice says no thickness"):
            stack(SERIES, slices(column(3), thickness=thickness))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"spacing": (0.8, 0.95)}, "pixel spacing"),
        ({"shape": (512, 401)}, "size"),
        ({"directions": np.array([[0.999, 0.0447, 0], [-0.0447, 0.999, 0]])}, "orientation"),
        ({"reference": "1.2"}, "frame of reference"),
    ],
)
def test_what_must_agree_is_compared_in_every_slice(change, said):
    series = slices(column(0, 2, 4))
    series[2] = replace(series[2], **change)
    with pytest.raises(InputError, match=rf"2\.dcm differs from 0\.dcm in its {said}; keep"):
        stack(SERIES, series)


def test_a_grid_that_no_scanner_makes_is_refused():
    with pytest.raises(InputError, match=r"allowed is 0\.02 to 50 mm"):
        stack(SERIES, slices(column(0, 1000, 2000)))
