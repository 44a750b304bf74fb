import numpy as np
import pytest
import SimpleITK as sitk

from labelct.errors import InputError
from labelct.io import nifti, nrrd

LABELS = np.random.default_rng(0).integers(0, 3, (5, 6, 4)).astype(np.uint8)


def write(path, array, direction=(1, 0, 0, 0, 1, 0, 0, 0, 1)):
    """Write `(x, y, z)` in DICOM's axes (LPS)."""
    image = sitk.GetImageFromArray(array.T)
    image.SetSpacing((0.6, 0.5, 3.6))
    image.SetOrigin((-30, 12, 55))
    image.SetDirection(direction)
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))
    return image


@pytest.mark.parametrize("direction", [(1, 0, 0, 0, 1, 0, 0, 0, 1), (0, 1, 0, 1, 0, 0, 0, 0, -1)])
def test_a_label_map_is_the_same_as_nrrd_and_as_nifti(tmp_path, direction):
    image = write(tmp_path / "a.nrrd", LABELS, direction)
    sitk.WriteImage(image, str(tmp_path / "a.nii.gz"))
    as_nrrd, as_nifti = (reader.read_label_map(tmp_path / f"a.{end}", {1: "a", 2: "b"}) for reader, end in
                         ((nrrd, "nrrd"), (nifti, "nii.gz")))  # fmt: skip
    np.testing.assert_array_equal(as_nrrd.array, as_nifti.array)
    np.testing.assert_allclose(as_nrrd.affine, as_nifti.affine, atol=1e-4)
    assert as_nrrd.names == {1: "a", 2: "b"}
    shape, affine = nrrd.read_grid(tmp_path / "a.nrrd")
    assert shape == as_nrrd.array.shape
    np.testing.assert_array_equal(affine, as_nrrd.affine)


def test_what_is_no_label_map_is_one_line(tmp_path):
    write(tmp_path / "a.nrrd", LABELS)
    with pytest.raises(InputError, match="label values without a name: 2"):
        nrrd.read_label_map(tmp_path / "a.nrrd", {1: "a"})
    write(tmp_path / "half.nrrd", LABELS + np.float32(0.5))
    with pytest.raises(InputError, match="no whole numbers"):
        nrrd.read_label_map(tmp_path / "half.nrrd")
    (tmp_path / "cut.nrrd").write_bytes((tmp_path / "a.nrrd").read_bytes()[:-20])
    with pytest.raises(InputError, match="its voxels cannot be read"):
        nrrd.read_label_map(tmp_path / "cut.nrrd")
    (tmp_path / "text.nrrd").write_text("nothing")
    with pytest.raises(InputError, match="cannot be read as NRRD"):
        nrrd.read_grid(tmp_path / "text.nrrd")
    with pytest.raises(InputError, match="no such file"):
        nrrd.read_grid(tmp_path / "absent.nrrd")
