import math

import numpy as np
import pytest

from labelct.errors import SettingError
from labelct.scanner.geometry import Grid, focal_places, pitch_limit, plan


def test_pitch_limit_is_two_on_the_axis_and_less_at_the_edge():
    assert pitch_limit(0.0, 570.0) == pytest.approx(2.0)
    assert pitch_limit(570 * math.sin(math.radians(25)), 570.0) == pytest.approx(1.42, abs=0.005)


def test_pitch_above_the_limit_is_refused_with_the_limit(scanner, grid):
    scanner.pitch = 1.9
    with pytest.raises(SettingError, match=r"pitch=1\.9.*or less for a field of view"):
        plan(scanner, grid)


def test_field_of_view_wider_than_the_fan_is_refused(scanner, grid):
    scanner.recon.field_of_view = 600.0
    with pytest.raises(SettingError, match="field of view"):
        plan(scanner, grid)


def test_helix_reaches_beyond_both_ends(helix, grid):
    assert helix.height(0) < grid.axis(2)[0] - helix.collimation / 2
    assert helix.height(helix.views - 1) > grid.axis(2)[-1] + helix.collimation / 2


def test_views_grow_with_the_length_alone(scanner):
    views = [plan(scanner, Grid.centred((64, 64, count), (4.0, 4.0, 3.0))).views for count in (100, 200, 400)]
    assert views[2] - views[1] == pytest.approx(2 * (views[1] - views[0]), abs=2)


def test_part_of_a_scan_keeps_its_rays(helix):
    part = helix.part(37, 60)
    assert part.angle(3) == pytest.approx(helix.angle(40))
    assert part.height(3) == pytest.approx(helix.height(40))


def test_finer_cells_average_to_the_cell(helix):
    fine = helix.finer(3)
    np.testing.assert_allclose(fine.gamma.reshape(-1, 3).mean(1), helix.gamma)
    np.testing.assert_allclose(fine.v.reshape(-1, 3).mean(1), helix.v)
    assert fine.collimation == pytest.approx(helix.collimation)


def test_the_corner_columns_are_the_farthest_from_the_axis():
    grid = Grid.centred((5, 4, 3), (2.0, 3.0, 1.0))
    assert grid.corner == pytest.approx(np.hypot(grid.axis(0)[:, None], grid.axis(1)).max())
    assert Grid((5, 4, 3), (2.0, 3.0, 1.0), (-1.0, 0.0, 0.0)).corner == pytest.approx(math.hypot(7.0, 9.0))


def test_places_on_a_focal_spot_share_it_out_evenly_about_its_middle():
    np.testing.assert_allclose(focal_places(4, 0.8), [-0.3, -0.1, 0.1, 0.3])
    assert focal_places(4, 0.0).tolist() == [0.0]
