"""What a command says to a file that cannot be right: one line, exit code 1, and nothing is written."""

from __future__ import annotations

import os
from pathlib import Path

import nibabel
import numpy as np
import pytest

from labelct.__main__ import run_verb
from tests.io.dicoms import ct_series, ct_slice, numbers
from tests.io.headers import HU, nifti_file, setting


def mr(path: Path) -> Path:
    return nifti_file(path / "mr.nii", array=(HU + 1100).astype(np.int16))


def normalised(path: Path) -> Path:
    return nifti_file(path / "ct.nii", array=((HU + 1000) / 2000).astype(np.float32))


def huge(path: Path) -> Path:
    return nifti_file(path / "ct.nii", array=np.full(HU.shape, 1e30, np.float32))


def colours(path: Path) -> Path:
    array = np.zeros(HU.shape, [("R", "u1"), ("G", "u1"), ("B", "u1")])
    nibabel.save(nibabel.Nifti1Image(array, np.eye(4)), path / "ct.nii")
    return path / "ct.nii"


def numbers_of_two_parts(path: Path) -> Path:
    return nifti_file(path / "ct.nii", array=HU.astype(np.complex64))


def far_offset(path: Path) -> Path:
    return nifti_file(path / "ct.nii", setting(vox_offset=-1e9))


def microscopic(path: Path) -> Path:
    return nifti_file(
        path / "ct.nii",
        lambda header: header.set_qform(np.diag([1e-3] * 3 + [1]), code=1) or setting(sform_code=0)(header),
    )


def pipe(path: Path) -> Path:
    os.mkfifo(path / "ct.nii.gz")
    return path / "ct.nii.gz"


def zeros(path: Path) -> Path:
    return Path("/dev/zero")


def circle(path: Path) -> Path:
    (path / "ct.nii.gz").symlink_to("ct.nii.gz")
    return path / "ct.nii.gz"


def tilted(path: Path) -> Path:
    drift = 0.625 * np.tan(np.radians(4.5))

    def place(tags, z):
        return {"0020,0032": ("DS", numbers(0, drift * z, 0.625 * z))}

    return ct_series(path / "series", HU, place)


def without_rescale(path: Path) -> Path:
    def stored(tags, z):
        return ct_slice(HU[:, :, z] + 1024, z, 0) | {"0028,1052": ("DS", None), "0028,1053": ("DS", None)}

    return ct_series(path / "series", HU, stored)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (mr, "none below -500: no HU"),
        (normalised, "(scaled to 0..1, or attenuation"),
        (huge, "its voxels run from 1e+30 to 1e+30"),
        (colours, "its voxels are RGB"),
        (numbers_of_two_parts, "its voxels are complex64"),
        (far_offset, "said to begin at byte -1e+09"),
        (microscopic, "its voxels measure 0.001 x 0.001 x 0.001 mm"),
        (pipe, "no regular file"),
        (zeros, "no regular file"),
        (circle, "a link to ct.nii.gz, which is not there"),
        (tilted, "sheared by 4.5 degrees (tilted gantry)"),
        (without_rescale, "none below -500: no HU (HU + 1024, or an MR?)"),
    ],
)
def test_one_line_and_nothing_written(tmp_path, capfd, make, said):
    given, out = make(tmp_path), tmp_path / "out.nii.gz"
    assert run_verb("scan", [str(given), "-o", str(out)]) == 1
    printed = capfd.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert str(given) in printed.err
    assert printed.err.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("words", [["init", "{}"], ["segment", "{}", "-o", "out"]])
def test_a_link_to_itself_is_one_line(tmp_path, capfd, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    nifti_file(tmp_path / "ct.nii")
    link = circle(tmp_path)
    assert run_verb(words[0], [word.format(link) for word in words[1:]]) == 1
    printed = capfd.readouterr()
    assert str(link) in printed.err
    assert printed.err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"ct.nii", "ct.nii.gz"}
