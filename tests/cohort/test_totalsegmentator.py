from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from labelct.cohort.open import open_cohort
from labelct.cohort.settings import TotalSegmentatorSettings
from labelct.errors import InputError, SettingError
from labelct.io import nifti

AFFINE = np.diag([1.5, 1.5, 1.5, 1.0])
SHAPE = (8, 7, 6)
REAL = os.environ.get("LABELCT_REAL_DATA")


def _mask(*box: slice) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[box] = 1
    return mask


MASKS = {
    "liver": _mask(slice(1, 6), slice(1, 6), slice(1, 5)),
    "gallbladder": _mask(slice(5, 7), slice(2, 4), slice(2, 4)),
    "brain": _mask(slice(0, 0)),
}


def _case(root: Path, case: str, masks: dict[str, np.ndarray], ct: bool = True) -> None:
    for name, mask in masks.items():
        nifti.write(root / case / "segmentations" / f"{name}.nii.gz", mask, AFFINE)
    if ct:
        nifti.write(root / case / "ct.nii.gz", np.zeros(SHAPE, dtype=np.float32), AFFINE)


@pytest.fixture
def root(tmp_path) -> Path:
    for case in ("s0000", "s0001", "s0002"):
        _case(tmp_path, case, MASKS, ct=case != "s0002")
    return tmp_path


def _first(root: Path, **options):
    cohort = open_cohort(TotalSegmentatorSettings(root=str(root), cases=["s0000"], **options))
    return (*cohort.train, *cohort.val, *cohort.test)[0]


def test_masks_become_one_label_map_with_the_values_of_v2(root):
    label_map = _first(root).load_label_map()
    assert label_map.array.dtype == np.uint8
    assert label_map.names == {4: "gallbladder", 5: "liver", 90: "brain"}
    np.testing.assert_array_equal(label_map.array == 4, MASKS["gallbladder"] == 1)
    np.testing.assert_array_equal(label_map.array == 5, (MASKS["liver"] == 1) & (MASKS["gallbladder"] == 0))


def test_some_structures_are_read_alone_and_after_their_merge(root):
    subject = _first(root)
    (root / "s0000" / "segmentations" / "brain.nii.gz").write_bytes(b"no mask")
    label_map = subject.load_structures(frozenset(["liver", "spleen"]))
    assert label_map.names == {5: "liver"}
    assert (label_map.array == 5).sum() == MASKS["liver"].sum()
    assert subject.load_structures(frozenset(["spleen"])) is None
    whole = _first(root, merge={"gallbladder": "liver"}).load_structures(frozenset(["liver"]))
    assert (whole.array == 5).sum() == (MASKS["liver"] | MASKS["gallbladder"]).sum()
    with pytest.raises(InputError, match=r"brain\.nii\.gz"):
        _first(root, merge={"brain": "liver"}).load_structures(frozenset(["liver"]))


def test_where_masks_overlap_the_smaller_one_wins_whatever_its_value(root):
    _case(root, "s0000", {"stomach": _mask(slice(0, 8), slice(0, 7), slice(0, 6))})
    label_map = _first(root).load_label_map()
    assert (label_map.array[MASKS["liver"] == 1] != 6).all()
    assert (label_map.array != 0).all()


def test_classes_of_v1_alone_are_read(root):
    _case(root, "s0000", {"heart_ventricle_left": _mask(slice(0, 1))})
    label_map = _first(root).load_label_map()
    value = label_map.value_of("heart_ventricle_left")
    assert value > 117
    assert (label_map.array[0] == value).all()


def test_only_the_structures_asked_for_are_read(root):
    subject = _first(root, structures=["liver"])
    assert subject.load_label_map().names == {5: "liver"}
    assert [path.name for path in subject.files] == ["liver.nii.gz", "ct.nii.gz"]
    with pytest.raises(SettingError, match="did you mean 'liver'"):
        _first(root, structures=["livr"])


def test_a_structure_without_a_mask_is_named(root):
    with pytest.raises(InputError, match=r"s0000/segmentations/spleen\.nii\.gz: no such file"):
        _first(root, structures=["spleen", "liver"]).load_label_map()


def test_meta_csv_gives_the_split(root):
    rows = ["image_id;age;split", "s0000;50;test", "s0001;60;train", "s0002;70;val", "s0009;1;train"]
    (root / "meta.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(rows).encode())
    cohort = open_cohort(TotalSegmentatorSettings(root=str(root)))
    assert [[s.case for s in split] for split in (cohort.train, cohort.val, cohort.test)] == [
        ["s0001"],
        ["s0002"],
        ["s0000"],
    ]
    assert cohort.declared


def test_a_mask_on_another_grid_is_named_with_both_files(root):
    nifti.write(root / "s0000/segmentations/liver.nii.gz", MASKS["liver"][:-1], AFFINE)
    with pytest.raises(InputError, match=r"liver\.nii\.gz: its shape is \(7, 7, 6\), but \(8, 7, 6\) in .*gallbladder"):
        _first(root).load_label_map()
    nifti.write(root / "s0000/segmentations/liver.nii.gz", MASKS["liver"], np.diag([1.6, 1.5, 1.5, 1]))
    with pytest.raises(InputError, match=r"liver\.nii\.gz: its grid \(1\.6 x 1\.5 x 1\.5 mm"):
        _first(root).load_label_map()


def test_a_ct_on_another_grid_is_named(root):
    nifti.write(root / "s0000/ct.nii.gz", np.full((8, 7, 5), -1000, np.float32), AFFINE)
    with pytest.raises(InputError, match=r"ct\.nii\.gz: its shape is \(8, 7, 5\)"):
        _first(root).load_ct()


def test_a_mask_of_many_values_is_refused(root):
    mask = MASKS["liver"].copy()
    mask[2, 2, 2] = 3
    nifti.write(root / "s0000/segmentations/liver.nii.gz", mask, AFFINE)
    with pytest.raises(InputError, match=r"liver\.nii\.gz: its voxels have more than two values"):
        _first(root).load_label_map()


def test_folders_without_masks_are_named(tmp_path):
    with pytest.raises(InputError, match="holds no CASE/segmentations folder"):
        open_cohort(TotalSegmentatorSettings(root=str(tmp_path)))
    _case(tmp_path, "s1", {"unheard_of": MASKS["liver"]})
    with pytest.raises(InputError, match="s1/segmentations: holds no mask with a name"):
        open_cohort(TotalSegmentatorSettings(root=str(tmp_path)))


@pytest.mark.skipif(not REAL, reason="LABELCT_REAL_DATA is unset")
def test_real_masks_fit_their_ct():
    settings = TotalSegmentatorSettings(root=f"{REAL}/totalsegmentator", cases=["s9001"])
    (subject,) = open_cohort(settings).scored()
    label_map, ct = subject.load_label_map(), subject.load_ct()
    assert label_map.array.shape == ct.array.shape == (122, 101, 112)
    medians = {n: np.median(ct.array[label_map.array == label_map.value_of(n)]) for n in ("liver", "hip_left")}
    assert 30 < medians["liver"] < 60
    assert medians["hip_left"] > 120
    liver, spleen = (np.argwhere(label_map.array == label_map.value_of(n)).mean(0)[0] for n in ("liver", "spleen"))
    assert liver > spleen, "x grows towards the patient's right, where the liver lies"
