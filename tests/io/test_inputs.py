import os

import numpy as np
import pytest

from labelct.errors import InputError
from labelct.io.inputs import find_images, without_ending
from tests.io.dicoms import REPORT, SEGMENTATION, STRUCTURES, beside, ct_series, enhanced_ct

HU = np.zeros((3, 4, 2))


def touched(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return list(paths)


def test_a_folder_stands_for_all_images_below_it(tmp_path):
    given = tmp_path / "given"
    files = touched(*(given / name for name in ("a.nii.gz", "b.NRRD", "c.mha", "sub/d.nii")))
    touched(given / "notes.txt", given / "._a.nii.gz", given / "photo.png", given / "masks" / "a.nii.gz")
    series = ct_series(given / "study" / "series", HU)
    frames = [enhanced_ct(given / "study" / "frames" / f"{name}.dcm", HU) for name in "ef"]
    (given / "again").symlink_to(given)
    os.mkfifo(given / "pipe")
    assert find_images([given], given / "masks")[0] == [*files[:3], *frames, series, files[3]]


def test_what_is_given_as_a_file_is_taken_as_it_is_and_first(tmp_path):
    files = touched(tmp_path / "z.txt", tmp_path / "a.nii")
    assert find_images([files[0], tmp_path], tmp_path / "out") == (files, {})


def test_a_folder_without_an_image_is_refused_with_what_was_looked_for(tmp_path):
    touched(tmp_path / "photo.png")
    with pytest.raises(InputError, match=r"holds no image \(looked for .nii, .nii.gz, .nrrd, .*DICOM"):
        find_images([tmp_path], tmp_path / "out")


def test_a_folder_of_what_is_no_image_costs_no_other_one(tmp_path):
    series = ct_series(tmp_path / "study" / "ct", HU)
    for name, kind in (("masks", SEGMENTATION), ("structures", STRUCTURES), ("notes", REPORT)):
        beside(tmp_path / "study" / name / "a.dcm", kind)
    assert find_images([tmp_path / "study"], tmp_path / "out") == ([series], {})
    found, failed = find_images([tmp_path / "study" / "masks", series], tmp_path / "out")
    assert found == [series]
    assert failed[tmp_path / "study" / "masks"].startswith(
        f"{tmp_path}/study/masks: holds no image, but Segmentation ("
    )


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        *(
            ("a.nii.gz", "a"),
            ("a.NII.GZ", "a"),
            ("a.b.nrrd", "a.b"),
            ("a.mhd", "a"),
            ("a.dcm", "a"),
            ("series.1", "series.1"),
        ),
        *(("a.nii.nii", "a.nii"), (".nii", ".nii")),
    ],
)
def test_a_name_without_its_ending(name, stem):
    assert without_ending(name) == stem
