import logging

import numpy as np
import pytest
import SimpleITK as sitk

from labelct.cohort.open import open_cohort
from labelct.cohort.prostate import choose
from labelct.cohort.settings import IsbiSettings, ProstatexSettings
from labelct.errors import InputError, SettingError
from labelct.io import nifti
from labelct.io.volumes import read_mr
from tests.cohort.folders import everyone
from tests.io.test_series import SAGITTAL, write_series


@pytest.fixture
def patient(tmp_path):
    """Return a patient's folder as TCIA lays it out: sagittal and axial T2, a diffusion series."""
    folder = tmp_path / "manifest-1" / "PROSTATEx" / "ProstateX-0000"
    write_series(folder / "study" / "3-t2sag", "t2_tse_sag", 3, 5, SAGITTAL)
    write_series(folder / "study" / "4-t2tra", "t2_tse_tra", 4)
    write_series(folder / "study" / "6-diff", "ep2d_diff_tra", 6, 9)
    return folder


def mask_of(series, path, values=1):
    mr = read_mr(series)
    nifti.write(path, np.full(mr.array.shape, values, np.uint8), mr.affine)


def test_the_axial_t2_is_taken_among_the_series(patient, tmp_path):
    mask_of(patient / "study" / "4-t2tra", tmp_path / "masks" / "ProstateX-0000.nii.gz")
    subject = everyone(open_cohort(ProstatexSettings(root=str(tmp_path))))["ProstateX-0000"]
    assert subject.load_ct is None
    np.testing.assert_array_equal(subject.load_mr().array, read_mr(patient / "study" / "4-t2tra").array)
    assert subject.label_map().value_of("prostate") == 1
    assert len(subject.files) == 4


def test_of_several_the_most_slices_then_the_last_scan(patient, caplog):
    write_series(patient / "study" / "7-t2tra", "T2_TSE_TRA", 7)
    with caplog.at_level(logging.INFO):
        assert choose(patient, "t2").path.name == "7-t2tra"
    assert "7-t2tra is taken, not 4-t2tra" in caplog.text
    write_series(patient / "study" / "2-t2tra", "t2_tse_tra", 2, slices=4)
    assert choose(patient, "t2").path.name == "2-t2tra"


def test_a_patient_without_an_axial_t2_is_named_with_what_there_is(patient):
    with pytest.raises(InputError, match=r"no axial MR series called t2_spc; its series: t2_tse_sag \(not axial\)"):
        choose(patient, "t2_spc")


def test_patients_without_a_mask_are_left_out_or_images_alone(patient, tmp_path, caplog):
    write_series(patient.parent / "ProstateX-0001" / "study" / "4-t2tra")
    with pytest.raises(InputError, match=r"no mask fits masks=masks/\*\.nii\.gz"):
        open_cohort(ProstatexSettings(root=str(tmp_path)))
    mask_of(patient / "study" / "4-t2tra", tmp_path / "masks" / "ProstateX-0000.nii.gz")
    assert list(everyone(open_cohort(ProstatexSettings(root=str(tmp_path))))) == ["ProstateX-0000"]
    assert "for they have no mask: ProstateX-0001" in caplog.text
    bare = open_cohort(ProstatexSettings(root=str(tmp_path), masks=None))
    assert all(subject.load_label_map is None for subject in bare.train)
    assert [subject.case for subject in bare.train] == ["ProstateX-0000", "ProstateX-0001"]


def test_zones_of_an_nrrd_mask_become_the_prostate(tmp_path):
    series = tmp_path / "Prostate-3T" / "Prostate3T-01-0001" / "study" / "t2"
    write_series(series)
    mr, zones = read_mr(series), np.random.default_rng(0).integers(0, 3, (4, 3, 3)).astype(np.uint8)
    image = sitk.GetImageFromArray(zones.T)
    stored = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(series)))
    image.CopyInformation(stored)
    sitk.WriteImage(image, str(tmp_path / "Prostate3T-01-0001_truth.nrrd"))
    cohort = open_cohort(IsbiSettings(root=str(tmp_path)))
    subject = everyone(cohort)["Prostate3T-01-0001"]
    label_map = subject.label_map()
    assert cohort.names() == ("prostate",)
    np.testing.assert_array_equal(label_map.array, (zones[::-1, ::-1] > 0).astype(np.uint8))
    np.testing.assert_array_equal(subject.load_mr().array, mr.array)
    series.parent.parent.rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="there is no folder Prostate3T-01-0001 and no Prostate3T-01-0001"):
        open_cohort(IsbiSettings(root=str(tmp_path)))
    nifti.write(tmp_path / "Prostate3T-01-0001.nii.gz", mr.array, mr.affine)
    np.testing.assert_array_equal(
        everyone(open_cohort(IsbiSettings(root=str(tmp_path))))["Prostate3T-01-0001"].load_mr().array, mr.array
    )


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match=r"holds no folder ProstateX-\*"):
        open_cohort(ProstatexSettings(root=str(tmp_path)))
    with pytest.raises(InputError, match=r"holds no \.nrrd mask"):
        open_cohort(IsbiSettings(root=str(tmp_path)))
    with pytest.raises(SettingError, match=r"series='t2\(': allowed is a regular expression"):
        ProstatexSettings(root=".", series="t2(")


def test_two_patients_of_prostatex(real_data):
    subjects = everyone(open_cohort(ProstatexSettings(root=str(real_data / "prostate_mr"))))
    assert sorted(subjects) == ["ProstateX-0000", "ProstateX-0001"]
    for subject in subjects.values():
        mr, label_map = subject.load_mr(), subject.label_map()
        assert mr.array.shape == label_map.array.shape == (384, 384, 19)
        assert 20_000 < np.count_nonzero(label_map.array) * np.prod(label_map.spacing) < 90_000  # mm3


def test_the_image_of_a_patient_is_not_that_of_another_whose_name_is_longer(tmp_path):
    """P-1 has no image: that of P-10 would be learnt from with the mask of P-1, where the grids agree."""
    affine = np.diag([-1.0, -1.0, 1.0, 1.0])
    for name in ("P-10.nii.gz", "P-10_mask.nii.gz"):
        nifti.write(tmp_path / name, np.ones((4, 4, 4), np.uint8), affine)
    for case in ("P-1", "P-10"):
        sitk.WriteImage(sitk.GetImageFromArray(np.ones((4, 4, 4), np.uint8)), str(tmp_path / f"{case}_mask.nrrd"))
    nifti.write(tmp_path / "P-1.nii.gz", np.ones((4, 4, 4), np.uint8), affine)
    with pytest.raises(InputError, match=r"P-10_mask\.nrrd: 2 images fit it: P-10\.nii\.gz, P-10_mask\.nii\.gz"):
        open_cohort(IsbiSettings(root=str(tmp_path)))
    for name in ("P-10_mask.nii.gz", "P-1.nii.gz"):
        (tmp_path / name).unlink()
    with pytest.raises(InputError, match=r"P-1_mask\.nrrd: there is no folder P-1 and no P-1\.nii\.gz"):
        open_cohort(IsbiSettings(root=str(tmp_path)))
    nifti.write(tmp_path / "P-1.nii.gz", np.ones((4, 4, 4), np.uint8), affine)
    cases = everyone(open_cohort(IsbiSettings(root=str(tmp_path))))
    assert {case: subject.files[-1].name for case, subject in cases.items()} == {
        "P-1": "P-1.nii.gz", "P-10": "P-10.nii.gz"
    }  # fmt: skip
