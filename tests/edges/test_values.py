"""Values of a CT that are no HU: a warning with range and remedy, and none for what scanners and archives leave."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io.hounsfield import check_hu

CT = Path("ct.nii.gz")


def trunk(air_sd: float = 12) -> np.ndarray:
    """Return fat around soft tissue, with lungs and a spine, in air."""
    rng = np.random.default_rng(0)
    x, y, _ = np.indices((48, 48, 12)) - 23.5
    radius = np.hypot(x, y)
    hu = rng.normal(-1000, air_sd, radius.shape) if air_sd else np.full(radius.shape, -1000.0)
    for inside, level, sd in (
        (radius < 19, -100, 15),
        (radius < 16, 50, 15),
        (np.hypot(x - 7, y) < 5, -800, 40),
        (np.hypot(x, y - 10) < 3, 700, 250),
    ):
        hu[inside] = rng.normal(level, sd, int(inside.sum()))
    return np.clip(np.rint(hu), -1024, 3071).astype(np.float32)


def padded(hu: np.ndarray, value: float) -> np.ndarray:
    x, y, _ = np.indices(hu.shape) - 23.5
    return np.where(np.hypot(x, y) > 22, value, hu)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda hu: 10 * hu, "times 10"),
        (lambda hu: padded(10 * hu, -32768), "times 10"),
        (lambda hu: 4 * hu, "another factor"),
        (lambda hu: hu / 2, "divided by 2"),
        (lambda hu: 0.6 * hu, "divided by 2"),
        (lambda hu: -hu, "negated,"),
        (lambda hu: padded(-hu, -2000), "negated,"),
        (lambda hu: padded(-hu, 3024), "negated,"),
        (lambda hu: -hu[10:38, 10:38], "negated,"),
        (lambda hu: hu - 1024, "-1024?"),
    ],
)
def test_values_that_are_no_hu_are_warned_of_with_range_and_remedy(wrong, said, caplog):
    values = wrong(trunk())
    with caplog.at_level(logging.WARNING):
        check_hu(CT, values)
    (line,) = caplog.messages
    assert said in line
    assert f"run from {values.min():g} to {values.max():g}" in line
    assert "--not-hu" in line


def test_air_that_is_one_value_tells_a_factor_by_its_tissue(caplog):
    check_hu(CT, 10 * trunk(air_sd=0)[:, 17:])
    assert "times 10" in caplog.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda hu: 2 * hu, "none from -1100 to -500 but padding"),
        (lambda hu: hu / 10, "divided by 10"),
        (lambda hu: 0.19 * (1 + hu.clip(-1000) / 1000), "attenuation in 1/cm"),
        (lambda hu: 0.019 * (1 + hu.clip(-1000) / 1000), "1/mm"),
        (lambda hu: (hu + 1000).clip(0) / 2, "MR"),
        (lambda hu: (hu - hu.min()) / np.ptp(hu) * 4095, "HU + 1024"),
    ],
)
def test_values_without_anything_like_air_are_refused(wrong, said):
    with pytest.raises(InputError) as caught:
        check_hu(CT, wrong(trunk()))
    assert said in str(caught.value)
    assert "--not-hu" in str(caught.value)


@pytest.mark.parametrize("value", [-1024, -2000, -3024, -8192])
def test_padding_and_metal_are_what_a_scanner_leaves(value, caplog):
    hu = padded(trunk(), value)
    hu[20:22, 20:22, :4] = 30000
    check_hu(CT, hu)
    check_hu(CT, np.where(np.indices(hu.shape)[0] < 3, -3024, hu))
    assert not caplog.records


def test_a_crop_of_bone_and_a_crop_of_lung_pass_without_a_word(caplog):
    rng = np.random.default_rng(0)
    levels = [(-900, -880), (0, 80), (300, 700), (700, 1100)]
    of_bone = rng.choice(4, (24, 24, 20), p=[0.005, 0.785, 0.15, 0.06])
    of_lung = rng.choice(4, (24, 24, 20), p=[0.4, 0.6, 0, 0])
    for kinds in (of_bone, of_lung):
        check_hu(CT, np.choose(kinds, [rng.uniform(*level, kinds.shape) for level in levels]))
    assert not caplog.records


def test_real_ct_and_their_crops_pass_without_a_word(real_data, caplog):
    from labelct.io.volumes import read_ct

    rng = np.random.default_rng(0)
    for path in (real_data / "totalsegmentator" / "s9001" / "ct.nii.gz", real_data / "dicom_ct" / "series"):
        hu = read_ct(path, not_hu=True).array
        check_hu(path, hu)
        for _ in range(60):
            corner = [int(rng.integers(0, n - 15)) if n > 40 else 0 for n in hu.shape]
            crop = hu[tuple(slice(start, start + 40) for start in corner)]
            tissue = np.count_nonzero(crop >= -500) / crop.size
            if crop.min() < -500 and tissue > 0.05:
                check_hu(path, crop)
    assert not caplog.records
