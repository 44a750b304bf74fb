"""Each CT has a mask of its own name, and a record tells what a mask was made from."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from labelct.commands.masks import Record, check_labels, input_digest, is_made, mask_paths, record_path
from labelct.errors import InputError
from labelct.io import nifti
from labelct.writing import write_json
from tests.io.dicoms import ct_slice, write

RECORD = Record("digest", "key", {"liver": 1}, {"all_components": False})


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        (["/d/a.nii.gz", "/d/b.nii"], ["a", "b"]),
        (["/d/s1/ct.nii.gz", "/d/s2/ct.nii.gz"], ["s1_ct", "s2_ct"]),
        (["/d/s1/x/ct.nii.gz", "/d/s2/x/ct.nii.gz", "/d/other.nii.gz"], ["s1_x_ct", "s2_x_ct", "other"]),
        (["/d/s1/ct.nii.gz", "/d/s1/ct.nii"], None),
        (["/d/A.nii.gz", "/e/a.nii.gz"], ["d_A", "e_a"]),
        (["/d/a.NII.GZ"], ["a"]),
        (["/d/a.nii.gz", "/d/a.nii.gz", "/d/x/../a.nii.gz"], ["a"]),
        (["/s1/series", "/s2/series"], ["s1_series", "s2_series"]),
        (["/a_b/c.nii", "/b/a/c.nii", "/a/b_c.nii", "/a/b/c.nii"], None),
    ],
)
def test_masks_have_distinct_names(inputs, names):
    paths = [Path(name) for name in inputs]
    if names is None:
        with pytest.raises(InputError, match="cannot be told from another CT"):
            mask_paths(paths, Path("out"))
        return
    assert [path.name for path in mask_paths(paths, Path("out")).values()] == [f"{name}.nii.gz" for name in names]


def test_a_name_that_leaves_no_room_for_the_record_is_refused_before_anything_is_segmented():
    mask_paths([Path("/d") / ("n" * 240 + ".nii.gz")], Path("out"))
    with pytest.raises(InputError, match="the name is too long"):
        mask_paths([Path("/d") / ("n" * 241 + ".nii.gz")], Path("out"))


def test_a_mask_takes_the_place_of_no_ct(tmp_path):
    (tmp_path / "ct.nii.gz").touch()
    with pytest.raises(InputError, match="would take its place"):
        mask_paths([tmp_path / "ct.nii.gz"], tmp_path)


def test_what_is_there_is_taken_only_where_its_record_says_the_same(tmp_path):
    mask = tmp_path / "ct.nii.gz"
    assert not is_made(mask, RECORD)
    mask.touch()
    with pytest.raises(InputError, match="no record of what it was made from"):
        is_made(mask, RECORD)
    write_json(record_path(mask), asdict(RECORD))
    assert is_made(mask, RECORD)
    others = {
        "of another CT": Record("x", "key", {"liver": 1}, RECORD.options),
        "by another model": Record("digest", "x", {"liver": 1}, RECORD.options),
        "with options": Record("digest", "key", {"liver": 1}, {"all_components": True}),
    }
    for told, other in others.items():
        with pytest.raises(InputError, match=told):
            is_made(mask, other)
    record_path(mask).write_text("[]")
    with pytest.raises(InputError, match="no record of a mask"):
        is_made(mask, RECORD)


def test_labels_speak_for_all_masks_of_a_folder(tmp_path):
    mask = tmp_path / "ct.nii.gz"
    mask.touch()
    write_json(record_path(mask), asdict(RECORD))
    check_labels(tmp_path, [], {"liver": 1})
    check_labels(tmp_path, [mask], {"spleen": 1})
    with pytest.raises(InputError, match="other labels"):
        check_labels(tmp_path, [], {"spleen": 1})


def test_of_a_file_with_holes_what_its_header_declares_is_digested(tmp_path):
    ct, hu = tmp_path / "ct.nii", np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    nifti.write(ct, hu, np.eye(4))
    known = input_digest(ct)
    with ct.open("r+b") as file:
        file.truncate(60 * 10**9)  # minutes, were it read
    assert input_digest(ct) == known
    nifti.write(ct, hu + 1, np.eye(4))
    assert input_digest(ct) != known


def test_a_series_is_the_same_whatever_lies_beside_it(tmp_path):
    write(tmp_path / "a.dcm", ct_slice(np.zeros((4, 3))))
    known = input_digest(tmp_path)
    (tmp_path / ".DS_Store").write_text("icons")
    assert input_digest(tmp_path) == known
    write(tmp_path / "a.dcm", ct_slice(np.ones((4, 3))))
    assert input_digest(tmp_path) != known
