"""The example is a case of the embedded cohort."""

import numpy as np
import pytest

import labelct
from labelct.errors import LabelctError
from labelct.io import nifti
from labelct.phantom.cases import generate_case
from labelct.phantom.settings import PhantomSettings


def test_an_example_is_the_case_of_the_cohort_of_that_name(tmp_path):
    generate_case(PhantomSettings(spacing=16.0, seed=2), "train_003", tmp_path)
    found, spacing, names, ct = labelct.example("train_003", spacing=16.0, seed=2)
    assert np.array_equal(found, nifti.read_label_map(tmp_path / "labels" / "train_003.nii.gz").array)
    assert np.array_equal(ct, nifti.read_volume(tmp_path / "ct" / "train_003.nii.gz").array)
    assert (spacing, names[1]) == ((16.0, 16.0, 16.0), "spleen")
    assert ct.dtype == np.float32
    assert set(np.unique(found)) <= {0, *names}


@pytest.mark.parametrize("arguments", [{"spacing": 0.1}, {"spacing": "4"}, {"seed": -1}, {"seed": None}])
def test_what_is_out_of_range_is_told_in_one_line(arguments):
    with pytest.raises(LabelctError) as error:
        labelct.example(**arguments)
    assert "\n" not in str(error.value)
