from __future__ import annotations

import pytest

from labelct.errors import SettingError
from labelct.phantom.settings import PelvisSettings, PhantomSettings


@pytest.mark.parametrize(
    ("field", "value"),
    [("spacing", 0.0), ("crop", 1.5), ("size", [400.0, 300.0]), ("noise_hu", [9.0, 3.0]), ("train", -1)],
)
def test_settings_out_of_range_are_named(field: str, value: object) -> None:
    with pytest.raises(SettingError, match=field):
        PhantomSettings(**{field: value})


@pytest.mark.parametrize(("field", "value"), [("modality", "pet"), ("slices", 1), ("bias", -0.1), ("voxels", 8)])
def test_pelvis_settings_out_of_range_are_named(field: str, value: object) -> None:
    with pytest.raises(SettingError, match=field):
        PelvisSettings(**{field: value})
