import gzip

import numpy as np
import pytest
import SimpleITK as sitk

from labelct.errors import InputError
from labelct.io import itk

LABELS = np.random.default_rng(0).integers(0, 3, (5, 6, 4)).astype(np.uint8)


def write_header(path, **changes):
    """Write the map with a header of its own; None takes a field away."""
    fields = {"type": "uint8", "dimension": "3", "space": "left-posterior-superior", "sizes": "5 6 4"}
    fields |= {"space directions": "(0.6,0,0) (0,0.5,0) (0,0,3.6)", "encoding": "raw", "space origin": "(-30,12,55)"}
    fields |= {name.replace("_", " "): value for name, value in changes.items()}
    lines = "".join(f"{name}: {value}\n" for name, value in fields.items() if value is not None)
    path.write_bytes(f"NRRD0005\n{lines}\n".encode() + LABELS.T.tobytes())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data_file": "/etc/passwd"}, "its voxels lie in another place"),
        ({"datafile": "other.raw"}, "its voxels lie in another place"),
        ({"sizes": "1200 1200 1200"}, "bytes cannot hold 1200 x 1200 x 1200 voxels"),
        ({"sizes": "1200 1200 1200", "type": "double", "encoding": "gzip", "endian": "little"}, "cannot hold 1200"),
        ({"space_directions": "(0,0,0) (0,0.5,0) (0,0,3.6)"}, "its affine is singular"),
        ({"space_directions": "(0.6,0.2,0) (0,0.5,0) (0,0,3.6)"}, "sheared by"),
        ({"space_directions": "(0.001,0,0) (0,0.001,0) (0,0,0.01)"}, "allowed is 0.02 to 50 mm"),
        ({"space_directions": None}, "says no size of its voxels"),
        ({"space_directions": "none none none"}, "says no size of its voxels"),
        ({"space_directions": "(0.6,0,0) (0,0.5,0) none"}, "says no size of its voxels"),
        ({"space": None, "space_origin": None, "space_directions": None, "spacings": "nan nan nan"}, "says no size"),
        ({"space_directions": "(0.6,0,0) (0,0.5,0)"}, "its NRRD header cannot be read; export"),
        ({"sizes": "5 6 3"}, "holds more than the 5 x 6 x 3 voxels of its header"),
        (
            {"dimension": "4", "sizes": "1 5 6 4", "kinds": "vector domain domain domain"}
            | {"space_directions": "none (0.6,0,0) (0,0.5,0) (0,0,3.6)"},
            r"its shape is \(5, 6, 4\) of vectors; give one 3-D volume",
        ),
        ({"space_units": '"cm" "cm" "cm"'}, "its lengths are in cm"),
    ],
)
def test_a_header_that_cannot_be_right_is_refused_before_a_voxel_is_read(tmp_path, changes, said):
    write_header(tmp_path / "a.nrrd", **changes)
    for read in (itk.read_grid, itk.read_label_map):
        with pytest.raises(InputError, match=said):
            read(tmp_path / "a.nrrd")


@pytest.mark.parametrize(
    ("ending", "compressed"),
    [("nrrd", False), ("nrrd", True), ("nhdr", False), ("nhdr", True), ("mha", False), ("mhd", False)],
)
def test_more_voxels_than_the_sizes_say_are_refused(tmp_path, ending, compressed):
    """A part of them would pass for the whole; compressed MetaImage does not say its size."""
    path = tmp_path / f"a.{ending}"
    image = sitk.GetImageFromArray(LABELS)
    image.SetOrigin((1.0, 2.0, 3.0))
    sitk.WriteImage(image, str(path), useCompression=compressed)
    np.testing.assert_array_equal(itk.read_label_map(path).array[::-1, ::-1], LABELS.T)
    said = path.read_bytes()
    path.write_bytes(said.replace(b"sizes: 4 6 5", b"sizes: 4 6 4").replace(b"DimSize = 4 6 5", b"DimSize = 4 6 4"))
    assert path.read_bytes() != said
    for read in (itk.read_grid, itk.read_label_map):
        with pytest.raises(InputError, match="holds more than the 4 x 6 x 4 voxels of its header"):
            read(path)


def test_streams_of_gzip_one_behind_the_other_are_one(tmp_path):
    write_header(tmp_path / "a.nrrd", encoding="gzip")
    header, voxels = (tmp_path / "a.nrrd").read_bytes().split(b"\n\n", 1)
    parts = gzip.compress(voxels[:50]), gzip.compress(voxels[50:])
    (tmp_path / "a.nrrd").write_bytes(header + b"\n\n" + b"".join(parts))
    assert itk.read_grid(tmp_path / "a.nrrd")[0] == LABELS.shape


@pytest.mark.parametrize("name", ["/etc/passwd", "../a.raw", "LIST", "a%02d.raw 1 3 1"])
@pytest.mark.parametrize("ending", ["mha", "mhd"])
def test_voxels_of_a_metaimage_lie_in_it_or_beside_it(tmp_path, ending, name):
    lines = "ObjectType = Image\nNDims = 3\nDimSize = 5 6 4\nElementSpacing = 0.6 0.5 3.6\nElementType = MET_UCHAR\n"
    (tmp_path / f"a.{ending}").write_text(f"{lines}ElementDataFile = {name}\n")
    with pytest.raises(InputError, match="its voxels lie in"):
        itk.read_grid(tmp_path / f"a.{ending}")


@pytest.mark.parametrize(
    ("changes", "corner"),
    [({}, (30 - 2.4, -12 - 2.5, 55)), ({"space": "RAS", "space_units": '"mm" "mm" "mm"'}, (-30, 12, 55))],
)
def test_a_header_of_either_space_is_read_without_a_warning(tmp_path, caplog, changes, corner):
    write_header(tmp_path / "a.nrrd", **changes)
    np.testing.assert_allclose(itk.read_grid(tmp_path / "a.nrrd")[1][:3, 3], corner)
    assert caplog.text == ""


def test_a_header_that_tells_no_sides_is_read_with_a_warning(tmp_path, caplog):
    write_header(tmp_path / "a.nrrd", space=None, space_directions=None, space_origin=None, spacings="0.6 0.5 3.6")
    shape, affine = itk.read_grid(tmp_path / "a.nrrd")
    np.testing.assert_allclose(np.diag(affine), [0.6, 0.5, 3.6, 1.0])
    assert shape == LABELS.shape
    assert "which nothing tells" in caplog.text
