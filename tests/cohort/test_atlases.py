import json

import numpy as np
import pytest

from labelct.cohort.atlases import find
from labelct.errors import InputError
from labelct.io import nifti


def write(path, *values):
    array = np.zeros((6, 5, 4), np.uint8)
    array[0, 0, : len(values)] = values
    nifti.write(path, array, np.eye(4))


@pytest.fixture
def folders(tmp_path):
    write(tmp_path / "maps" / "one.nii.gz", 5, 52)
    write(tmp_path / "maps" / "two.nii.gz", 7)
    (tmp_path / "maps" / "two.names.json").write_text(json.dumps({"7": "liver"}))
    write(tmp_path / "masks" / "s1" / "segmentations" / "spleen.nii.gz", 1)
    return [str(tmp_path / "maps"), str(tmp_path / "masks")]


def test_label_maps_and_folders_of_masks_are_found_with_their_names(folders):
    found = {subject.case: subject.label_map().names for subject in find(folders, [])}
    assert list(found) == ["one", "s1", "two"]
    assert found["one"][52] == "aorta"
    assert found["two"] == {7: "liver"}
    assert found["s1"] == {1: "spleen"}


def test_some_can_be_chosen_and_the_others_are_held_out(folders):
    assert [subject.case for subject in find(folders, ["two", "s1"])] == ["s1", "two"]


def test_what_is_not_there_is_named(folders, tmp_path):
    with pytest.raises(InputError, match=r"no atlas 'tow'.*did you mean 'two'"):
        find(folders, ["tow"])
    with pytest.raises(InputError, match="no such folder"):
        find([str(tmp_path / "nowhere")], [])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no atlas"):
        find([str(tmp_path / "empty")], [])
    with pytest.raises(InputError, match="atlas one is twice there"):
        find([folders[0], folders[0]], [])
