import numpy as np
import pytest

from labelct.scanner import dose as tube
from labelct.scanner.geometry import Helix
from labelct.scanner.settings import DoseSettings


def cells(channels=1, views=1000, width=0.6):
    magnification = 1040 / 570
    pitch = width * magnification / 1040
    return Helix(570.0, 1040.0, channels, pitch, 0.0, 16, width * magnification, views, 10.0, views)


def test_full_dose_is_two_hundred_thousand_photons_in_the_reference_cell():
    assert tube.fluence(DoseSettings(), cells())[0] == pytest.approx(2e5, rel=0.02)
    assert tube.fluence(DoseSettings(mas=16.5), cells())[0] == pytest.approx(2e4, rel=0.02)


def test_photons_grow_with_the_cell_and_shrink_with_the_views():
    reference = tube.fluence(DoseSettings(), cells())[0]
    assert tube.fluence(DoseSettings(), cells(width=1.2))[0] == pytest.approx(4 * reference)
    assert tube.fluence(DoseSettings(), cells(views=250))[0] == pytest.approx(4 * reference)


def test_photons_given_are_photons_counted():
    assert tube.fluence(DoseSettings(mas=None, photons=4096), cells())[0] == pytest.approx(4096)


@pytest.mark.parametrize("name", tube.BOWTIE_FLUENCE)
def test_bowtie_meets_its_anchors_and_falls_from_the_middle(name):
    inner, outer = tube.BOWTIE_FLUENCE[name]
    found = tube.bowtie(name, np.deg2rad([0.0, 11.0, -11.0, 23.0, 26.0]))
    np.testing.assert_allclose(found, [1, inner, inner, outer, outer])
    assert (np.diff(tube.bowtie(name, np.deg2rad(np.linspace(0, 26, 50)))) <= 1e-12).all()


def test_dose_fraction_is_one_for_the_full_dose_and_infinite_without_noise():
    assert tube.dose_fraction(DoseSettings()) == 1.0
    assert tube.dose_fraction(DoseSettings(mas=None, photons=5e4)) == 0.25
    assert tube.dose_fraction(DoseSettings(mas=None)) == np.inf
