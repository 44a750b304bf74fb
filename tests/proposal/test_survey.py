import numpy as np
import pytest

from labelct.errors import InputError
from labelct.proposal import survey
from tests.proposal.maps import SPACING, labels, write


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_whole_numbers_of_any_type_are_labels(tmp_path, dtype, ending):
    values = {"liver": 1000 if dtype != np.uint8 else 200, "kidney_left": 7}
    array = labels(values, dtype=dtype)
    seen = survey.look(write(tmp_path / f"a{ending}", array))
    assert seen.voxels == {value: int((array == value).sum()) for value in (7, values["liver"])}
    assert (seen.spacing, seen.image) == (SPACING, "")
    assert seen.extent == (352.0, 256.0, 240.0)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.linspace(-1024, 1500, 8000).reshape(20, 20, 20).astype(np.int16), "run from -1024 to 1500, as HU do"),
        (np.linspace(0, 1, 8000).reshape(20, 20, 20).astype(np.float32), "no whole numbers, from 0 to 1"),
        (np.arange(8000).reshape(20, 20, 20).astype(np.uint16), "8000 different values, from 0 to 7999"),
        (np.random.default_rng(0).integers(1, 900, (20, 20, 20)).astype(np.int16), "100 % of its voxels differ"),
        (np.full((4, 4, 4), np.nan, np.float32), "NaN or infinite"),
    ],
)
def test_an_image_is_told_from_a_label_map(tmp_path, array, said):
    with pytest.raises(InputError, match=f"is an image and no label map: .*{said}") as caught:
        survey.survey([write(tmp_path / "ct.nii.gz", array)])
    assert "\n" not in str(caught.value)


def test_a_label_that_fills_the_volume_and_maps_without_any_are_refused(tmp_path):
    with pytest.raises(InputError, match="its only label 5 fills 100 % of the volume"):
        survey.survey([write(tmp_path / "a.nii.gz", np.full((8, 8, 8), 5, np.uint8))])
    with pytest.raises(InputError, match="hold no label, all voxels are 0"):
        survey.survey([write(tmp_path / "b.nii.gz", np.zeros((8, 8, 8), np.uint8))])
