"""What `labelct scan` writes lies on its input, and nothing is scanned that cannot be written."""

import nibabel
import numpy as np
import pytest

from labelct.commands import scan
from labelct.errors import InputError
from tests.edges.test_segment import ct

IMAGE = ["--scanner", "image"]


@pytest.mark.parametrize("codes", ["LPS", "SAR"])
def test_a_scan_lies_on_its_ct(tmp_path, codes):
    path = ct(tmp_path / "ct.nii.gz", codes)
    assert scan.main([str(path), "-o", str(tmp_path / "out.nii.gz"), *IMAGE]) == 0
    given, made = nibabel.load(path), nibabel.load(tmp_path / "out.nii.gz")
    assert made.shape == given.shape
    np.testing.assert_array_equal(made.affine, given.affine)
    hu, scanned = given.get_fdata(), made.get_fdata()
    assert scanned[hu > 0].mean() > scanned[hu < -500].mean() + 300
    assert made.header["descrip"] == given.header["descrip"]


@pytest.mark.parametrize("name", ["x.png", "x", "x.nii.png", "ct.nii.gz"])
def test_a_file_that_is_no_nifti_or_the_ct_itself_is_refused_before_work(tmp_path, monkeypatch, name):
    path = ct(tmp_path / "ct.nii.gz")
    before = path.read_bytes()
    monkeypatch.setattr(scan, "read_ct", lambda *given: pytest.fail("read"))
    with pytest.raises(InputError) as error:
        scan.main([str(path), "-o", str(tmp_path / name), *IMAGE])
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["ct.nii.gz"]
    assert path.read_bytes() == before
