import numpy as np
import pytest

from labelct.phantom.pelvis.anatomy import PAINTED, painted, sample_pelvis
from labelct.phantom.pelvis.mr import SIGNALS, render_mr, rician, sample_mr, sensitivity

SPACING = (2.5, 2.5, 3.6)


@pytest.fixture(scope="module")
def seen():
    """Return the mean of each structure in an MR without bias field, urine's signal 1, and the gain."""
    rng = np.random.default_rng(3)
    values, names = painted(sample_pelvis(4.0, rng), SPACING, (80, 80, 24))
    appearance = sample_mr(PAINTED, 0.0, rng)
    image = render_mr(values, names, SPACING, appearance) / appearance.gain
    assert image.min() >= 0
    return {name: float(image[values == value].mean()) for value, name in names.items() if (values == value).any()}


def test_fluid_and_fat_are_bright_the_gland_between_them_and_muscle(seen):
    """As in patients: on T2 without fat suppression no zone of the prostate is as bright as the fat around it."""
    assert seen["urinary_bladder"] > seen["_fat"] > 1.2 * seen["prostate_peripheral_zone"]
    assert seen["prostate_peripheral_zone"] > 1.2 * seen["prostate_central_gland"]
    assert seen["_fat"] > 1.8 * seen["gluteus_maximus_left"]
    assert seen["prostate_central_gland"] > 1.3 * seen["levator_ani"]
    assert seen["hip_left"] < 0.75 * seen["_fat"]


def test_noise_is_rician():
    rng = np.random.default_rng(0)
    air, signal = rician(np.zeros((40, 40, 40), np.float32), 2.0, rng), np.full((40, 40, 40), 50.0, np.float32)
    assert air.mean() == pytest.approx(2.0 * np.sqrt(np.pi / 2), rel=0.01)  # Rayleigh
    assert air.std() == pytest.approx(2.0 * np.sqrt(2 - np.pi / 2), rel=0.02)
    assert rician(signal, 2.0, rng).mean() == pytest.approx(np.sqrt(50.0**2 + 2.0**2), rel=0.005)


def test_the_coils_are_one_in_the_middle_and_bend_over_the_body():
    field = sensitivity((41, 41, 5), (4.0, 4.0, 4.0), [0.3, 0.0, 0.0, 0.0, 0.1])
    assert field[20, 20, 2] == pytest.approx(1.0)
    assert field[40, 20, 2] == pytest.approx(np.exp(2 * 0.3 * 80 / 160), rel=1e-5)
    assert field[20, 0, 2] == pytest.approx(np.exp(2 * 0.1 * (80 / 160) ** 2), rel=1e-5)


def test_every_structure_has_a_signal():
    assert all(any(name.startswith(prefix) for prefix in SIGNALS) for name in PAINTED)
