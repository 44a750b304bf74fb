import numpy as np
import pytest
import SimpleITK as sitk

from labelct.errors import InputError
from labelct.io import itk, nifti
from labelct.io.itk_header import fields

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
                         ((itk, "nrrd"), (nifti, "nii.gz")))  # fmt: skip
    np.testing.assert_array_equal(as_nrrd.array, as_nifti.array)
    np.testing.assert_allclose(as_nrrd.affine, as_nifti.affine, atol=1e-4)
    assert as_nrrd.names == {1: "a", 2: "b"}
    shape, affine = itk.read_grid(tmp_path / "a.nrrd")
    assert shape == as_nrrd.array.shape
    np.testing.assert_array_equal(affine, as_nrrd.affine)


def test_what_is_no_label_map_is_one_line(tmp_path):
    write(tmp_path / "a.nrrd", LABELS)
    with pytest.raises(InputError, match="label values without a name: 2"):
        itk.read_label_map(tmp_path / "a.nrrd", {1: "a"})
    write(tmp_path / "half.nrrd", LABELS + np.float32(0.5))
    with pytest.raises(InputError, match="no whole numbers"):
        itk.read_label_map(tmp_path / "half.nrrd")
    (tmp_path / "cut.nrrd").write_bytes((tmp_path / "a.nrrd").read_bytes()[:-20])
    with pytest.raises(InputError, match="its voxels cannot be read"):
        itk.read_label_map(tmp_path / "cut.nrrd")
    (tmp_path / "text.nrrd").write_text("nothing")
    with pytest.raises(InputError, match="cannot be read as NRRD but a text"):
        itk.read_grid(tmp_path / "text.nrrd")
    with pytest.raises(InputError, match="no such file"):
        itk.read_grid(tmp_path / "absent.nrrd")


def test_a_header_is_read_once_unless_its_file_changes(tmp_path, monkeypatch):
    read, path = [], tmp_path / "a.nrrd"
    monkeypatch.setattr(itk, "fields", lambda path: read.append(path) or fields(path))
    for array in (LABELS, LABELS[:4]):
        write(path, array)
        grid, label_map, volume = itk.read_grid(path), itk.read_label_map(path), itk.read_volume(path)
        assert grid[0] == label_map.array.shape == volume.array.shape == array.shape
    assert read == [path, path]


@pytest.mark.parametrize("ending", ["nrrd", "nhdr", "mha", "mhd"])
@pytest.mark.parametrize("direction", [(1, 0, 0, 0, 1, 0, 0, 0, 1), (0, 1, 0, 1, 0, 0, 0, 0, -1)])
def test_an_image_is_the_same_in_every_format(tmp_path, ending, direction):
    image = write(tmp_path / f"a.{ending}", LABELS.astype(np.int16) * 400 - 1000, direction)
    sitk.WriteImage(image, str(tmp_path / "a.nii.gz"))
    read, as_nifti = itk.read_volume(tmp_path / f"a.{ending}"), nifti.read_volume(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read.array, as_nifti.array)
    np.testing.assert_allclose(read.affine, as_nifti.affine, atol=1e-4)
    assert (read.array.dtype, read.array.flags.c_contiguous) == (np.float32, True)


@pytest.mark.parametrize("ending", ["nrrd", "mha"])
@pytest.mark.parametrize("direction", [(1, 0, 0, 0, 1, 0, 0, 0, 1), (0, 1, 0, 1, 0, 0, 0, 0, -1)])
def test_a_mask_lies_on_its_image_voxel_by_voxel(tmp_path, ending, direction):
    given = write(tmp_path / f"a.{ending}", LABELS.astype(np.int16) * 400 - 1000, direction)
    image = itk.read_volume(tmp_path / f"a.{ending}")
    itk.write_like(
        tmp_path / f"mask.{ending}", (image.array > -600).astype(np.uint8), image, {"Segment0_Name": "liver"}
    )
    mask = sitk.ReadImage(str(tmp_path / f"mask.{ending}"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(mask), sitk.GetArrayFromImage(given) > -600)
    for name in ("GetSpacing", "GetOrigin", "GetDirection"):
        np.testing.assert_allclose(getattr(mask, name)(), getattr(given, name)(), rtol=1e-12, atol=1e-12)
    assert mask.GetMetaData("Segment0_Name") == "liver"


def test_an_image_of_colours_or_of_two_axes_is_refused(tmp_path):
    flat = sitk.GetImageFromArray(np.zeros((5, 6), np.int16))
    sitk.WriteImage(flat, str(tmp_path / "flat.mha"))
    with pytest.raises(InputError, match=r"its shape is \(6, 5\); give one 3-D volume"):
        itk.read_volume(tmp_path / "flat.mha")
    colours = sitk.GetImageFromArray(np.zeros((4, 5, 6, 3), np.uint8), isVector=True)
    sitk.WriteImage(colours, str(tmp_path / "colours.nrrd"))
    with pytest.raises(InputError, match=r"its shape is \(6, 5, 4\) of 3 numbers each"):
        itk.read_volume(tmp_path / "colours.nrrd")


@pytest.mark.parametrize("ending", ["nrrd", "nhdr", "mha", "mhd"])
def test_the_digest_is_that_of_the_voxels_also_where_they_lie_apart(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    write(path, LABELS)
    known = itk.content_digest(path)
    write(path, LABELS)
    assert itk.content_digest(path) == known
    write(path, LABELS + np.uint8(1))
    assert itk.content_digest(path) != known


def test_voxels_in_several_files_are_refused(tmp_path):
    (tmp_path / "a.mhd").write_text("NDims = 3\nElementDataFile = slice%03d.raw 1 5 1\n")
    with pytest.raises(InputError, match="its voxels lie in several files"):
        itk.content_digest(tmp_path / "a.mhd")
