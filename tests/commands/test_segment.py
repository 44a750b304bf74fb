"""The command line of `labelct segment`: what is given, what is found, what is said."""

import csv
import json

import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from labelct.__main__ import run_verb
from labelct.commands import segment
from labelct.errors import InputError
from labelct.io import nifti
from labelct.trainer import table
from tests.edges.models import change, unet
from tests.io.dicoms import ct_series

HU = np.full((12, 10, 8), -1000, np.int16)
HU[2:8, 2:7, 1:6] = 44


class Threshold:
    """A network that finds what lies above 20 HU."""

    labels = {"liver": 1}  # noqa: RUF012

    def predict(self, volume):
        return (volume.array > 20).astype(np.uint8)

    def predict_probabilities(self, volume):
        return self.predict(volume), (volume.array > 20).astype(np.float16)[None]


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "open_model", lambda folder, device: Threshold())
    return unet(tmp_path / "liver_model", {"liver": 1})


def run(*arguments):
    return segment.main([str(argument) for argument in arguments])


def volumes(out):
    return {
        row["case"]: float(row["volume_ml"]) for row in csv.DictReader((out / "volumes.csv").read_text().splitlines())
    }


def test_a_folder_of_every_format_has_a_mask_of_each_in_its_own_format(model, tmp_path):
    given, out = tmp_path / "given", tmp_path / "given" / "masks"
    image = sitk.GetImageFromArray(HU.T)
    image.SetSpacing((2.0, 3.0, 4.0))
    given.mkdir()
    for name in ("a.nii.gz", "b.nrrd", "c.mha", "d.mhd"):
        sitk.WriteImage(image, str(given / name))
    ct_series(given / "series", HU)
    for again in range(2):  # the masks that lie below are no CT
        assert run(given, "-o", out, "--model", model) == 0, again
    masks = {"a.nii.gz", "b.seg.nrrd", "c.mha", "d.mha", "series.nii.gz"}
    assert {path.name for path in out.iterdir() if path.name.endswith((".nii.gz", ".nrrd", ".mha"))} == masks
    for name in masks - {"series.nii.gz"}:
        mask = sitk.ReadImage(str(out / name))
        np.testing.assert_array_equal(sitk.GetArrayFromImage(mask).T, HU > 20)
        np.testing.assert_allclose(mask.GetSpacing(), (2.0, 3.0, 4.0))
    assert pydicom.dcmread(out / "series.seg.dcm").Modality == "SEG"
    assert (out / "a.png").exists()
    assert not (out / "a.seg.dcm").exists()
    assert volumes(out) == dict.fromkeys("abcd", pytest.approx(150 * 24 / 1000)) | {"series": pytest.approx(0.216)}
    assert json.loads((out / "labels.json").read_text()) == {"liver": 1}
    assert '"liver"' in (out / "labels.txt").read_text()


def test_a_structure_that_the_scan_cuts_is_told_by_the_patients_directions_in_every_format(model, tmp_path):
    """Arrays of these formats count to the patient's left and back, those of NIfTI below to the right and front."""
    given, cut = tmp_path / "given", np.full((12, 10, 8), -1000, np.int16)
    cut[0:8, 2:7, 1:8] = 44
    given.mkdir()
    sitk.WriteImage(sitk.GetImageFromArray(cut.T), str(given / "a.nrrd"))
    ct_series(given / "b", cut)
    nibabel.save(nibabel.Nifti1Image(cut[::-1], np.eye(4)), given / "c.nii.gz")
    nibabel.save(nibabel.Nifti1Image(HU, np.eye(4)), given / "d.nii.gz")
    assert run(given, "-o", tmp_path / "masks", "--model", model) == 0
    rows = csv.DictReader((tmp_path / "masks" / "volumes.csv").read_text().splitlines())
    assert {row["case"]: row["truncated"] for row in rows} == dict.fromkeys("abc", "right superior") | {"d": "no"}


def test_one_of_two_series_is_chosen_and_two_without_a_choice_are_listed(model, tmp_path, capsys):
    folder, out = tmp_path / "study", tmp_path / "out"
    for number, hu in ((3, HU), (4, HU[:, :, ::-1])):
        said = {"0020,0011": ("IS", number), "0020,000e": ("UI", f"1.2.{number}"), "0008,103e": ("LO", f"CT {number}")}
        ct_series(folder / "parts" / str(number), hu, lambda tags, z, said=said: said)
        for path in (folder / "parts" / str(number)).iterdir():
            path.rename(folder / f"{number}_{path.name}")
        (folder / "parts" / str(number)).rmdir()
    assert run(folder, "-o", out, "--model", model) == 1
    said = capsys.readouterr().err
    assert "holds 2 DICOM series (number 3, 'CT 3', 8 slices, 1.2.3; number 4, 'CT 4', 8 slices, 1.2.4)" in said
    assert "--series" in said
    assert run(folder, "-o", out, "--model", model, "--series", "1.2.4") == 0
    mask = nifti.read_label_map(out / "study.nii.gz").array
    np.testing.assert_array_equal(mask.any(axis=(0, 1)), (HU[:, :, ::-1] > 20).any(axis=(0, 1)))
    with pytest.raises(InputError, match="was made of another CT"):
        run(folder, "-o", out, "--model", model, "--series", "3")


def test_what_was_stopped_goes_on_and_what_is_gone_is_made_again(model, tmp_path, capsys):
    out = tmp_path / "out"
    cts = [tmp_path / f"{name}.nii.gz" for name in "ab"]
    for ct in cts:
        nifti.write(ct, HU, np.diag([2.0, 3.0, 4.0, 1.0]))
    assert run(cts[0], "-o", out, "--model", model) == 0
    (out / "volumes.csv").unlink()
    assert run(*cts, "-o", out, "--model", model) == 0
    assert "1 of 2 segmented, 1 skipped" in capsys.readouterr().out
    assert set(volumes(out)) == {"a", "b"}
    (out / "a.png").unlink()
    assert run(*cts, "-o", out, "--model", model, "--probabilities") == 0
    assert "2 of 2 segmented" in capsys.readouterr().out
    assert {"a.png", "a.probabilities.nii.gz", "b.probabilities.nii.gz"} <= {path.name for path in out.iterdir()}
    assert run(*cts, "-o", out, "--model", model) == 0
    assert "0 of 2 segmented, 2 skipped" in capsys.readouterr().out


def test_without_highdicom_one_line_says_how_to_get_it(model, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("labelct.io.dicom_seg.is_available", lambda: False)
    segment._say_once.cache_clear()
    series = [ct_series(tmp_path / name, HU) for name in "ab"]
    assert run(*series, "-o", tmp_path / "out", "--model", model) == 0
    assert caplog.text.count("pip install 'labelct[dicom]'") == 1
    assert not list((tmp_path / "out").glob("*.dcm"))


def photo(path):
    from matplotlib.image import imsave

    imsave(path, np.zeros((9, 9, 3)), format="png")
    return path


def flat(path):
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((9, 9), np.int16)), str(path))
    return path


def text(path):
    path.write_text("a scan")
    return path


@pytest.mark.parametrize(
    ("make", "name", "said"),
    [
        (photo, "photo.png", "no NIfTI image but a PNG picture; give a CT as"),
        (photo, "photo.nii.gz", "no NIfTI image but a PNG picture"),
        (photo, "photo.nrrd", "cannot be read as NRRD but a PNG picture"),
        (text, "ct.nii.gz", "no NIfTI image but a text"),
        (text, "ct.mha", "cannot be read as MetaImage but a text"),
        (flat, "flat.nii.gz", "its shape is (9, 9); give one 3-D volume"),
        (flat, "flat.mha", "its shape is (9, 9); give one 3-D volume"),
    ],
)
def test_what_is_no_ct_is_one_line_and_leaves_nothing(model, tmp_path, capsys, make, name, said):
    given, out = make(tmp_path / name), tmp_path / "out"
    assert run_verb("segment", [str(given), "-o", str(out), "--model", str(model)]) == 1
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "best.ckpt").unlink(), "no such checkpoint"),
        (lambda folder: (folder / "model.json").unlink(), "no such file"),
        (lambda folder: change(folder, settings={"kind": "unet", "novel": 3}), "another version of labelct"),
        (lambda folder: change(folder, novel=3), "another version of labelct"),
        (lambda folder: change(folder, labels={"liver": 1, "spleen": 2}), "are not those of the network"),
    ],
)
def test_a_model_that_is_incomplete_or_of_another_version_is_one_line(tmp_path, capsys, spoil, said):
    folder, ct, out = unet(tmp_path / "model", {"liver": 1}), tmp_path / "ct.nii.gz", tmp_path / "out"
    nifti.write(ct, HU, np.diag([2.0, 3.0, 4.0, 1.0]))
    spoil(folder)
    assert run_verb("segment", [str(ct), "-o", str(out), "--model", str(folder)]) == 1
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1
    assert not out.exists()


def test_the_help_tells_what_is_written(capsys):
    with pytest.raises(SystemExit) as left:
        segment.parser().parse_args(["--help"])
    told = capsys.readouterr().out
    assert left.value.code == 0
    for name in ("NAME.nii.gz", "NAME.png", "NAME.seg.dcm", "volumes.csv", "latest", "examples:"):
        assert name in told
