"""Masks that are written beside their CT, and a command that is given again: no output becomes an input."""

import numpy as np
import pytest

from labelct.commands import segment
from labelct.trainer import table
from tests.edges.models import unet
from tests.edges.test_segment import ct
from tests.io.dicoms import ct_series, enhanced_ct

HU = np.full((12, 10, 6), -1000)
HU[2:6, 2:7, 1:5] = 44


class Threshold:
    """A network that finds what lies above 20 HU, or nothing."""

    labels = {"liver": 1}  # noqa: RUF012
    level = 20

    def predict_probabilities(self, volume):
        found = (volume.array > self.level).astype(np.uint8)
        return found, (0.1 + 0.7 * found[None]).astype(np.float16)


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Return the folder of a model that segments by a threshold, and how often it was opened."""
    opened = []
    monkeypatch.setattr(table, "open_model", lambda folder, device: opened.append(folder) or Threshold())
    return unet(tmp_path / "model", {"liver": 1}), opened


def series(folder):
    return ct_series(folder / "study", HU)


def frames(folder):
    return enhanced_ct(folder / "study" / "ct.dcm", HU, **{"0008_0018": ("UI", "1.2.3.9")}).parent


def two_series(folder):
    for number in (5, 6):
        tags = {"0020,000e": ("UI", f"1.2.{number}"), "0020,000d": ("UI", "1.2")}
        ct_series(folder / "study" / f"s{number}", HU, lambda t, z, tags=tags: tags)
    return folder / "study"


def files(folder):
    ct(folder / "study" / "data" / "one.nii.gz")
    ct(folder / "study" / "data" / "two.nii.gz", seed=1)
    return folder / "study"


@pytest.mark.parametrize("level", [20, pytest.param(5000, marks=pytest.mark.ci)])
@pytest.mark.parametrize("make", [series, frames, two_series, files])
def test_the_same_command_again_skips_what_it_left_beside_the_ct(tmp_path, model, capsys, monkeypatch, make, level):
    monkeypatch.setattr(Threshold, "level", level)
    (folder, opened), given = model, make(tmp_path)
    arguments = [str(given), "-o", str(given), "--model", str(folder), "--probabilities"]
    assert segment.main(arguments) == 0
    count = len(list(given.glob("*.made_from.json")))
    assert f"{count} of {count} segmented: " in capsys.readouterr().out
    before = {path: path.stat().st_mtime_ns for path in given.rglob("*") if path.name != "volumes.csv"}
    assert segment.main(arguments) == 0
    assert f"0 of {count} segmented, {count} skipped: " in capsys.readouterr().out
    assert before == {path: path.stat().st_mtime_ns for path in before}
    assert len(opened) == 1
    assert segment.main([*arguments[:2], str(tmp_path / "elsewhere"), *arguments[3:]]) == 0
    assert f"{count} of {count} segmented: " in capsys.readouterr().out
