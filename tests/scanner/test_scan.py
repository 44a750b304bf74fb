import numpy as np
import pytest
import torch

from labelct.errors import SettingError
from labelct.scanner.geometry import Grid, plan
from labelct.scanner.noise_only import shrink
from labelct.scanner.scan import Acquisition, attenuation, project, sample_scan, scan
from labelct.scanner.settings import DoseSettings, ScannerSettings

SPACING = (4.0, 4.0, 3.0)
NONE = DoseSettings(mas=None)


@pytest.fixture
def at(scanner, backend_name):
    """The small scanner at a dose, computed by each backend."""
    return lambda dose: Acquisition(scanner, dose, backend_name)


def phantom(shape=(48, 48, 12), radius=70.0):
    x, y = (np.arange(count) * 4.0 - (count - 1) * 2.0 for count in shape[:2])
    volume = np.full(shape, -1000, np.float32)
    volume[np.hypot(x[:, None], y[None, :]) < radius] = 40.0
    return volume


def middle(volume):
    return volume[16:32, 16:32]


def test_no_scanner_changes_nothing():
    volume = phantom()
    assert scan(volume, SPACING, Acquisition(ScannerSettings()), {"seed": 1}) is volume
    assert project(volume, SPACING, Acquisition(ScannerSettings())) is None


def test_image_noise_keeps_the_mean_and_air_above_the_lowest_value():
    volume = phantom()
    noisy = scan(volume, SPACING, Acquisition(ScannerSettings(kind="image"), DoseSettings(mas=10)), {"seed": 1})
    assert middle(noisy).mean() == pytest.approx(40, abs=3)
    assert noisy.min() >= -1024


def test_clean_scan_keeps_the_values(at):
    volume = phantom()
    found = scan(volume, SPACING, at(NONE), {"seed": 0})
    assert found.shape == volume.shape
    assert found.dtype == np.float32
    assert middle(found).mean() == pytest.approx(40, abs=0.5)


def test_cached_projections_give_the_same_image(at):
    volume = phantom()
    clean = project(volume, SPACING, at(NONE))
    for dose in (DoseSettings(), NONE):
        np.testing.assert_array_equal(
            scan(volume, SPACING, at(dose), {"seed": 5}, clean),
            scan(volume, SPACING, at(dose), {"seed": 5}),
        )


def test_noise_falls_with_the_root_of_the_dose(at):
    volume = phantom()
    clean = project(volume, SPACING, at(NONE))
    still = scan(volume, SPACING, at(NONE), {"seed": 0}, clean)
    sigma = {}
    for photons in (1e4, 4e4):
        dose = DoseSettings(mas=None, photons=photons, electronic_noise=0.0)
        noise = [scan(volume, SPACING, at(dose), {"seed": seed}, clean) - still for seed in range(3)]
        sigma[photons] = np.std([middle(each) for each in noise])
    assert sigma[1e4] / sigma[4e4] == pytest.approx(2, rel=0.03)


def test_noise_alone_is_as_strong_as_in_the_full_scan(at, scanner):
    volume = phantom()
    dose = DoseSettings(mas=None, photons=2e4)
    clean = project(volume, SPACING, at(NONE))
    still = scan(volume, SPACING, at(NONE), {"seed": 0}, clean)
    full = np.std([middle(scan(volume, SPACING, at(dose), {"seed": s}, clean) - still) for s in range(4)])
    scanner.mode = "noise_only"
    coarse = project(volume, SPACING, at(NONE))
    assert coarse.size < clean.size / 2
    alone = np.std([middle(scan(volume, SPACING, at(dose), {"seed": s}, coarse) - volume) for s in range(4)])
    assert alone == pytest.approx(full, rel=0.02)
    np.testing.assert_array_equal(scan(volume, SPACING, at(NONE), {"seed": 0}, coarse), volume)


def test_same_seed_same_scan_whatever_the_threads(at, one_thread):
    import numba

    volume, dose = phantom(), DoseSettings()
    single = scan(volume, SPACING, at(dose), {"seed": 9})
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    np.testing.assert_array_equal(scan(volume, SPACING, at(dose), {"seed": 9}), single)
    assert not np.array_equal(scan(volume, SPACING, at(dose), {"seed": 10}), single)


def test_what_is_random_depends_on_the_stream_alone():
    assert sample_scan(np.random.default_rng(3)) == sample_scan(np.random.default_rng(3))
    assert sample_scan(np.random.default_rng(3)) != sample_scan(np.random.default_rng(4))


def test_cells_of_several_rays_average_intensities(at, scanner):
    volume = phantom((24, 24, 4), 30.0)
    point = project(volume, SPACING, at(NONE))
    scanner.rays_per_cell = 2
    cells = project(volume, SPACING, at(NONE))
    scanner.focal_spot = 1.0
    spot = project(volume, SPACING, at(NONE))
    assert cells.shape == point.shape
    assert np.sqrt(((cells - point) ** 2).mean()) < 0.02
    assert np.abs(np.diff(spot, axis=1)).max() <= np.abs(np.diff(point, axis=1)).max()


def test_thicker_slices_are_less_noisy(at, scanner):
    volume, dose = phantom(), DoseSettings(mas=None, photons=1e4)
    sigma = []
    for thickness in (3.0, 9.0):
        scanner.recon.slice_thickness = thickness
        sigma.append(middle(scan(volume, SPACING, at(dose), {"seed": 0})).std())
    assert sigma[1] < 0.75 * sigma[0]


@pytest.mark.parametrize("thickness", [24.0, 48.0])
def test_a_thin_sheet_is_seen_as_thick_as_slices_are_asked_for_up_to_the_collimation(at, scanner, thickness):
    """Full width at half maximum in a scan; the scanner's rows span 48 mm."""
    scanner.recon.slice_thickness = thickness
    volume = np.zeros((16, 16, 61), np.float32)
    volume[:, :, 30] = 800.0
    profile = scan(volume, (4.0, 4.0, 2.0), at(NONE), {"seed": 0})[6:10, 6:10].mean(axis=(0, 1))
    seen = 2.0 * np.count_nonzero(profile >= profile.max() / 2)
    assert seen == pytest.approx(thickness, rel=0.13)


def test_progress_runs_to_the_end(at):
    seen = []
    scan(
        phantom(),
        SPACING,
        at(NONE),
        {"seed": 0},
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1][0] == seen[-1][1]
    assert seen == sorted(seen)


def test_body_wider_than_the_field_of_view_is_refused_or_cut(at, scanner):
    volume = phantom((120, 120, 4), 230.0)
    with pytest.raises(SettingError, match=r"body of 46\d mm in a field of view of 38\d mm"):
        project(volume, SPACING, at(NONE))
    scanner.outside = "air"
    assert np.isfinite(project(volume, SPACING, at(NONE))).all()


def test_projections_beyond_the_memory_are_refused_with_what_they_need(at, scanner):
    volume = np.full((16, 16, 4000), -1000, np.float32)
    scanner.memory = 0.1
    with pytest.raises(SettingError, match=r"memory=0\.1: allowed is .* GiB or more"):
        project(volume, SPACING, at(NONE))


def test_a_slice_whose_views_do_not_fit_is_refused(at, scanner):
    scanner.memory, scanner.views, scanner.channels = 0.1, 4000, 900
    scanner.channel_pitch /= 6
    with pytest.raises(SettingError, match="GiB or more for this scan"):
        scan(phantom(), SPACING, at(NONE), {"seed": 0})


@pytest.mark.parametrize("mode", ["full", "noise_only"])
def test_a_tensor_comes_back_where_it_lies_scanned_as_the_array_is(at, scanner, device, mode):
    scanner.mode, volume = mode, phantom((32, 32, 4), 40.0)
    tensor = torch.from_numpy(volume).to(device)
    clean, expected = (project(each, SPACING, at(NONE)) for each in (tensor, volume))
    assert clean.device == tensor.device
    np.testing.assert_allclose(clean.cpu().numpy(), expected, atol=1e-5)
    for given, kept in ((None, None), (clean, expected), (expected, expected)):
        found = scan(tensor, SPACING, at(DoseSettings(mas=2)), {"seed": 5}, given)
        assert (found.device, found.dtype) == (tensor.device, torch.float32)
        right = scan(volume, SPACING, at(DoseSettings(mas=2)), {"seed": 5}, kept)
        assert np.sqrt(((found.cpu().numpy() - right) ** 2).mean()) < 1e-2
        assert np.std(right - volume) > 1


def test_attenuation_and_its_block_means_of_a_tensor_are_those_of_the_array(scanner, device):
    volume = phantom((50, 47, 5), 85.0) + np.random.default_rng(0).normal(0, 500, (50, 47, 5)).astype(np.float32)
    grid = Grid.centred(volume.shape, (8.0, 8.0, 3.0))
    helix = plan(scanner, grid)
    given = torch.from_numpy(volume).to(device)
    scanner.outside = "air"
    found, expected = (attenuation(each, scanner, grid, helix) for each in (given, volume))
    np.testing.assert_array_equal(found.cpu().numpy(), expected)
    assert expected.min() == 0 == expected[0, 0].max()
    (small, coarse), (right, same) = (shrink(each, grid, 20.0) for each in (found, expected))
    assert coarse == same
    np.testing.assert_allclose(small.cpu().numpy(), right, rtol=1e-5)
    scanner.outside = "refuse"
    with pytest.raises(SettingError, match=r"field of view of 38\d mm"):
        attenuation(given, scanner, grid, helix)


def test_an_unknown_backend_is_refused(scanner):
    with pytest.raises(SettingError, match="backend='abacus'"):
        scan(phantom(), SPACING, Acquisition(scanner, NONE, "abacus"), {"seed": 0})
