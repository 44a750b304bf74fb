"""A window that no machine holds is refused before memory is asked for; those of trainings pass."""

import pytest

from labelct.errors import InputError
from labelct.trainer.footprint import check_window, least_bytes


@pytest.mark.parametrize("patch", [[128, 128, 128], [512, 512], [32, 32, 32]])
def test_the_patches_of_trainings_fit(tmp_path, patch):
    check_window(tmp_path / "model.json", "patch", patch, 32, 20)


def test_a_patch_that_cannot_fit_says_what_it_needs_and_what_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"total": 16 << 30}))
    with pytest.raises(InputError, match=r"patch is \[1024, 1024, 1024\].* at least 336 GiB .*, 16 GiB are there"):
        check_window(tmp_path / "model.json", "patch", [1024] * 3, 32, 20)


def test_a_patch_takes_what_a_convolution_reads_and_writes_and_its_scores():
    assert least_bytes(64**3, 32, 3) == 4 * 64**3 * (32 + 32 + 3)
