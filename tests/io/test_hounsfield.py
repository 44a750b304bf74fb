from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io.hounsfield import check_hu, clipped

CT = Path("ct.nii.gz")


def body(size: int = 24) -> np.ndarray:
    """Return a cylinder of soft tissue with a bone, in air."""
    x, y, _ = np.indices((size, size, 6)) - size / 2 + 0.5
    hu = np.random.default_rng(0).normal(-1000, 10, (size, size, 6))
    hu[np.hypot(x, y) < size / 3] += 1050
    hu[np.hypot(x, y) < 2] = 900
    return hu.astype(np.float32)


def test_a_ct_in_hu_passes_without_a_word(caplog):
    check_hu(CT, body())
    check_hu(CT, np.where(body() < -500, -1000, body()))
    check_hu(CT, np.where(np.indices(body().shape)[0] < 3, -3024, body()))
    assert not caplog.records


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda hu: hu + 1100, r"none below -500: no HU \(HU \+ 1024, or an MR\?\)"),
        (
            lambda hu: (hu - hu.min()) / np.ptp(hu),
            r"from 0 to 1, none below -500: no HU \(scaled to 0\.\.1, or attenuation",
        ),
        (lambda hu: np.rint((hu - hu.min()) / np.ptp(hu) * 255), r"from 0 to 255, .* \(8-bit grey values\?\)"),
        (lambda hu: (hu - hu.mean()) / hu.std(), "none below -500: no HU;"),
        (lambda hu: np.clip(hu, -160, 240), "from -160 to 240, none below -500"),
        (lambda hu: np.where(hu < 0, 65536 + hu, hu), r"none below -500"),
        (lambda hu: np.where(np.indices(hu.shape)[0] < 3, -2000, hu + 1024), "none from -1100 to -500 but padding"),
    ],
)
def test_what_cannot_be_hu_is_refused_with_range_and_remedy(wrong, said):
    with pytest.raises(InputError, match=said) as caught:
        check_hu(CT, wrong(body()))
    assert "--not-hu" in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            lambda hu: np.where(np.indices(hu.shape)[0] < 3, -1024, hu + 1024),
            "so hardly in HU (negated, or +1024?)",
        ),
        (lambda hu: np.where(hu > 500, 64000, hu), "to 64000, above 32767"),
        (lambda hu: np.full_like(hu, -1000), "0.0% of it no air"),
        (lambda hu: hu - 1024, "2.1% of it no air, so hardly a CT in HU (-1024?)"),
    ],
)
def test_what_hardly_is_hu_is_warned_of(wrong, said, caplog):
    with caplog.at_level(logging.WARNING):
        check_hu(CT, wrong(body()))
    assert len(caplog.messages) == 1
    assert said.replace("\\", "") in caplog.messages[0]


def test_padding_becomes_air_and_all_else_stays():
    hu = np.array([-32768.0, -2000, -1024, -1000.5, 40, 3071], np.float32)
    np.testing.assert_array_equal(clipped(hu), [-1024, -1024, -1024, -1000.5, 40, 3071])
    assert clipped(hu[2:]).base is hu, "what has no padding is not copied"
