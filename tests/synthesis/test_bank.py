from __future__ import annotations

import numpy as np
import pytest

from labelct.errors import SettingError
from labelct.synthesis.bank import load_bank, make_bank, make_white
from labelct.synthesis.texture import Settings


def test_clips_come_back_from_the_flat_array() -> None:
    clips = [np.full((2, 3, 4), 7, np.uint8), np.arange(60, dtype=np.uint8).reshape(3, 4, 5)]
    bank = make_bank(clips, ["a", "b"])
    assert all(np.array_equal(a, b) for a, b in zip(bank.clips, clips, strict=True))
    assert bank.starts == [0, 24]
    assert make_bank([clips[0] + 1, clips[1]], ["a", "b"]).digest != bank.digest
    assert make_bank([clips[0].reshape(3, 2, 4), clips[1]], ["a", "b"]).digest != bank.digest


@pytest.mark.parametrize("kind", ["stills", "noise", "leaves"])
def test_the_same_settings_give_the_same_bank(kind: str) -> None:
    settings = Settings(kind=kind, size=32, frames=6, clips=3)
    bank = load_bank(settings)
    assert bank.digest == load_bank(settings).digest
    assert bank.shapes == ((6, 32, 32),) * 3
    assert all(clip.std() > 5 for clip in bank.clips)
    assert len({clip.tobytes() for clip in bank.clips}) == 3


def test_videos_need_a_folder() -> None:
    with pytest.raises(SettingError, match=r"texture\.root=None: .* set texture\.root=FOLDER or texture=stills"):
        load_bank(Settings(kind="video"))


def test_no_texture_needs_no_clips() -> None:
    assert len(load_bank(Settings(kind="none"))) == len(load_bank(Settings(kind="white"))) == len(make_white()) == 0
