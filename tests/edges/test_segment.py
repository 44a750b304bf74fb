"""What `labelct segment` writes: on the input's grid, named apart, never by another model, past a CT that is broken."""

import errno
import json
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.orientations import axcodes2ornt, ornt_transform

from labelct.commands import case_files, segment
from labelct.errors import InputError
from labelct.trainer import table
from tests.edges.models import unet
from tests.io.dicoms import REPORT, SEGMENTATION, STRUCTURES, beside, ct_series

AFFINE = np.array([[-3.0, 0, 0, 20], [0, 4.0, 0, -30], [0, 0, 5.0, 7], [0, 0, 0, 1]])


class Threshold:
    """A network that finds what lies above 20 HU."""

    labels = {"liver": 1}  # noqa: RUF012

    def predict(self, volume):
        return (volume.array > 20).astype(np.uint8)


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Return the folders of two models and of an output; both segment by a threshold, and each opening is counted."""
    opened = []
    monkeypatch.setattr(table, "open_model", lambda folder, device: opened.append(folder) or Threshold())
    return unet(tmp_path / "one", {"liver": 1}, 0), unet(tmp_path / "two", {"liver": 1}, 1), tmp_path / "out", opened


def ct(path, codes="RAS", seed=0):
    """Write a CT of 44 HU in an L-shaped organ, in air, whose axes point as `codes` say."""
    hu = np.full((12, 10, 8), -1000, np.int16)
    hu[2:6, 2:7, 1:6] = 44
    hu[2:4, 7:9, 1:3] = 44
    hu[0, 0, 0] = -900 - seed
    image = nibabel.Nifti1Image(hu, np.abs(AFFINE) * np.eye(4) + np.array([[0, 0, 0, 20]] + [[0] * 4] * 3))
    image = image.as_reoriented(ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(codes)))
    image.header.set_xyzt_units("mm", "sec")
    image.header["descrip"] = b"scanner 7"
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)
    return path


def run(*arguments):
    return segment.main([str(argument) for argument in arguments])


@pytest.mark.parametrize("codes", ["RAS", "LPS", "SAR", "PIL"])
def test_a_mask_lies_on_its_ct_voxel_by_voxel(models, tmp_path, codes):
    one, _, out, _ = models
    path = ct(tmp_path / "ct.nii.gz", codes)
    assert run(path, "-o", out, "--model", one) == 0
    given, mask = nibabel.load(path), nibabel.load(out / "ct.nii.gz")
    assert mask.shape == given.shape
    np.testing.assert_array_equal(mask.affine, given.affine)
    for name in ("qform_code", "sform_code", "xyzt_units", "descrip"):
        assert mask.header[name] == given.header[name]
    assert given.get_fdata()[np.asarray(mask.dataobj) > 0].mean() == 44


def test_cts_of_one_name_have_masks_of_their_own(models, tmp_path, capsys):
    one, _, out, _ = models
    inputs = [ct(tmp_path / name / "ct.nii.gz", seed=seed) for seed, name in enumerate(["s1", "s2"])]
    assert run(*inputs, "-o", out, "--model", one) == 0
    assert sorted(path.name for path in out.glob("*.nii.gz")) == ["s1_ct.nii.gz", "s2_ct.nii.gz"]
    assert "2 of 2 segmented" in capsys.readouterr().out


def test_what_is_there_is_kept_refused_or_made_again(models, tmp_path, capsys):
    one, two, out, opened = models
    path = ct(tmp_path / "ct.nii.gz")
    assert run(path, "-o", out, "--model", one) == 0
    before = (out / "ct.nii.gz").stat().st_mtime_ns
    assert run(path, "-o", out, "--model", one) == 0
    assert "0 of 1 segmented, 1 skipped" in capsys.readouterr().out
    assert (len(opened), (out / "ct.nii.gz").stat().st_mtime_ns) == (1, before)
    with pytest.raises(InputError, match="by another model"):
        run(path, "-o", out, "--model", two)
    with pytest.raises(InputError, match="with options"):
        run(path, "-o", out, "--model", one, "--all-components")
    ct(path, seed=1)
    with pytest.raises(InputError, match="of another CT"):
        run(path, "-o", out, "--model", one)
    assert len(opened) == 1
    assert run(path, "-o", out, "--model", two, "--overwrite") == 0
    assert (opened, (out / "ct.nii.gz").stat().st_mtime_ns > before) == ([one, two], True)
    assert run(path, "-o", out, "--model", two) == 0


def test_labels_of_another_model_never_speak_for_old_masks(models, tmp_path):
    one, _, out, _ = models
    first, second = (ct(tmp_path / f"{name}.nii.gz") for name in "ab")
    assert run(first, "-o", out, "--model", one) == 0
    other = unet(tmp_path / "three", {"spleen": 1})
    with pytest.raises(InputError, match="other labels"):
        run(second, "-o", out, "--model", other, "--overwrite")
    assert json.loads((out / "labels.json").read_text()) == {"liver": 1}


def test_a_series_that_is_spread_over_folders_is_no_ct_of_a_half_each(models, tmp_path, capsys):
    one, _, out, _ = models
    hu = np.full((12, 10, 6), -1000)
    hu[2:6, 2:7, 1:5] = 44
    first, second = (ct_series(tmp_path / "study" / name, hu) for name in "ab")
    for number in (94, 95, 96):
        (first / f"{number}.dcm").unlink()
        (second / f"{number + 3}.dcm").unlink()
    assert run(tmp_path / "study", "-o", out, "--model", one) == 1
    told = capsys.readouterr()
    assert "0 of 2 segmented, 2 failed" in told.out
    assert f"{first}: holds slices of one series, and {second} others; put them in one folder" in told.err
    assert not list(out.glob("*.nii.gz"))
    for path in second.iterdir():
        path.rename(first / path.name)
    assert run(tmp_path / "study", "-o", out, "--model", one) == 0
    assert nibabel.load(out / "a.nii.gz").shape == hu.shape


def test_one_bad_ct_stops_none_of_the_others(models, tmp_path, capsys):
    one, _, out, _ = models
    inputs = [ct(tmp_path / f"{name}.nii.gz", seed=seed) for seed, name in enumerate("abcd")]
    inputs[1].write_bytes(inputs[1].read_bytes()[:60])
    inputs[2].unlink()
    assert run(*inputs, "-o", out, "--model", one) == 1
    told = capsys.readouterr()
    assert "2 of 4 segmented, 2 failed" in told.out
    assert [line.split(":")[1].strip() for line in told.err.splitlines() if "labelct segment" in line] == [
        str(inputs[1]),
        str(inputs[2]),
    ]
    assert sorted(path.name for path in out.glob("*.nii.gz")) == ["a.nii.gz", "d.nii.gz"]


def test_what_is_no_image_costs_itself_alone(models, tmp_path, capsys):
    one, _, out, _ = models
    good = ct(tmp_path / "a.nii.gz")
    kinds = {"seg": SEGMENTATION, "rt": STRUCTURES, "sr": REPORT}
    others = [beside(tmp_path / name / f"{name}.dcm", kind) for name, kind in kinds.items()]
    assert run(others[0], others[1].parent, good, others[2], tmp_path / "nowhere", "-o", out, "--model", one) == 1
    told = capsys.readouterr()
    assert "1 of 5 segmented, 4 failed" in told.out
    lines = [line.removeprefix("labelct segment: ") for line in told.err.splitlines() if "labelct segment" in line]
    assert sorted(line.partition(";")[0].partition(" (")[0] for line in lines) == sorted(
        [
            f"{others[0]}: is no image, but Segmentation",
            f"{others[1].parent}: holds no image, but RT Structure Set",
            f"{others[2]}: is no image, but Basic Text SR",
            f"{tmp_path / 'nowhere'}: does not exist",
        ]
    )
    assert [path.name for path in out.glob("*.nii.gz")] == ["a.nii.gz"]


def test_a_ct_that_may_not_be_read_costs_itself_alone(models, tmp_path, capsys, monkeypatch):
    one, _, out, _ = models
    given = ct(tmp_path / "a.nii.gz"), ct(tmp_path / "b.nii.gz", seed=1), ct(tmp_path / "study" / "c.nii.gz", seed=2)
    opened = Path.open

    def denied(path, *arguments, **options):
        if path in given[1:]:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", denied)
    assert run(*given[:2], given[2].parent, "-o", out, "--model", one) == 1
    told = capsys.readouterr()
    assert "1 of 3 segmented, 2 failed" in told.out
    for path in given[1:]:
        assert f"labelct segment: {path}: permission denied; change its permissions\n" in told.err
    assert [path.name for path in out.glob("*.nii.gz")] == ["a.nii.gz"]


@pytest.mark.parametrize("name", ["b.nii.gz", "b.png", "b.made_from.json", "b.probabilities.nii.gz"])
def test_a_folder_in_the_place_of_a_file_costs_its_own_case_alone(models, tmp_path, capsys, monkeypatch, name):
    one, _, out, _ = models
    monkeypatch.setattr(Threshold, "predict_probabilities", probabilities, raising=False)
    inputs = [ct(tmp_path / f"{case}.nii.gz", seed=seed) for seed, case in enumerate("abc")]
    (out / name / "kept").mkdir(parents=True)
    assert run(*inputs, "-o", out, "--model", one, "--probabilities") == 1
    told = capsys.readouterr()
    assert "2 of 3 segmented, 1 failed" in told.out
    (line,) = [line for line in told.err.splitlines() if "labelct segment" in line]
    assert line.startswith(f"labelct segment: {out / name}: is a folder, and a file of that name is to be written; ")
    assert [path.name for path in out.glob("b.*")] == [name]
    assert len(list(out.glob("a.*"))) == len(list(out.glob("c.*"))) == 4
    shutil.rmtree(out / name)
    assert run(*inputs, "-o", out, "--model", one, "--probabilities") == 0
    assert "1 of 3 segmented, 2 skipped" in capsys.readouterr().out
    assert len(list(out.glob("b.*"))) == 4


def probabilities(network, volume):
    found = network.predict(volume)
    return found, found[None].astype(np.float16)


@pytest.mark.parametrize("name", ["volumes.csv", "labels.json", "labels.txt"])
def test_a_folder_in_the_place_of_a_file_for_all_is_told_before_the_model_is_opened(models, tmp_path, name):
    one, _, out, opened = models
    (out / name).mkdir(parents=True)
    with pytest.raises(InputError, match=rf"{name}: is a folder"):
        run(ct(tmp_path / "a.nii.gz"), "-o", out, "--model", one)
    assert (opened, [path.name for path in out.iterdir()]) == ([], [name])


def test_a_name_that_leaves_no_room_for_a_file_beside_the_mask_is_told_before_the_model_is_opened(
    models, tmp_path, capsys
):
    one, _, out, opened = models
    path = ct(tmp_path / f"{'n' * 240}.nii.gz")
    assert run(path, "-o", out, "--model", one, "--probabilities") == 1
    assert ".probabilities.nii.gz: the name is too long" in capsys.readouterr().err
    assert opened == []


def test_ct_that_failed_are_named_too_where_the_disk_ends_the_command(models, tmp_path, capsys, monkeypatch):
    one, _, out, _ = models
    first, second = (ct(tmp_path / f"{name}.nii.gz") for name in "ab")
    first.write_bytes(first.read_bytes()[:60])

    def refuse(*_):
        raise InputError(out / "b.nii.gz", "the disk is full", "free some space")

    monkeypatch.setattr(case_files, "write", refuse)
    with pytest.raises(InputError, match="the disk is full"):
        run(first, second, "-o", out, "--model", one)
    assert f"labelct segment: {first}: " in capsys.readouterr().err


def label_map(path, values=(0, 1, 2), dtype=np.uint8):
    """Write blocks of label values on the grid of `ct`."""
    array = np.zeros((12, 10, 8), dtype)
    for number, value in enumerate(values):
        array[4 * number : 4 * number + 4, 2:8, 1:6] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(array, np.diag([3.0, 4.0, 5.0, 1.0])), path)
    return path


@pytest.mark.parametrize(
    ("image", "maps"),
    [
        ("imagesTs/a_0000.nii.gz", ["labelsTs/a.nii.gz"]),
        ("imagesTr/a.nii.gz", ["labelsTr/a.nii.gz"]),
        ("a.nii.gz", ["a_labels.nii.gz"]),
        ("s1/ct.nii.gz", [f"s1/segmentations/{name}.nii.gz" for name in ("aorta", "colon", "liver", "lung", "vein")]),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_label_maps_beside_the_images_of_a_folder_are_left_out_and_named(models, tmp_path, capsys, image, maps, dtype):
    one, _, out, opened = models
    case = ct(tmp_path / "in" / image)
    paths = [label_map(tmp_path / "in" / name, (0, number % 2, 0), dtype) for number, name in enumerate(maps, start=1)]
    assert run(tmp_path / "in", "-o", out, "--model", one) == 0
    told = capsys.readouterr()
    line = next(line for line in told.out.splitlines() if line.startswith("left out, for label maps are no CT: "))
    assert f": {len(maps)} ({paths[0]}" in line
    assert line.endswith(" and 1 more)" if len(maps) > 4 else f"{paths[-1]})")
    assert "1 of 1 segmented" in told.out
    assert [path.name for path in out.glob("*.nii.gz")] == [case.name]
    assert len(opened) == 1


def test_a_folder_of_label_maps_alone_and_one_that_is_given_are_refused_as_what_they_are(models, tmp_path, capsys):
    one, _, out, _ = models
    path = label_map(tmp_path / "labelsTr" / "a.nii.gz")
    with pytest.raises(InputError, match=r"labelsTr: holds no CT, but label maps: .*a\.nii\.gz"):
        run(tmp_path / "labelsTr", "-o", out, "--model", one)
    assert not out.exists()
    assert run(path, "-o", out, "--model", one) == 1
    assert "from 0 to 2, none below -500: no HU (a label map?)" in capsys.readouterr().err


def test_an_image_that_is_no_hu_is_no_label_map(models, tmp_path, capsys):
    """It is refused by its own line, and taken where that is asked for."""
    one, _, out, _ = models
    path = ct(tmp_path / "in" / "grey.nii.gz")
    grey = np.random.default_rng(0).integers(20, 90, (12, 10, 8)).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(grey, AFFINE), path)
    assert run(tmp_path / "in", "-o", out, "--model", one) == 1
    assert "(8-bit grey values?)" in capsys.readouterr().err
    assert run(tmp_path / "in", "-o", out, "--model", one, "--not-hu") == 0


def test_values_that_are_no_hu_are_refused_and_taken_where_asked(models, tmp_path, capsys):
    one, _, out, _ = models
    path = ct(tmp_path / "ct.nii.gz")
    image = nibabel.load(path)
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj) + np.int16(1024), image.affine), path)
    assert run(path, "-o", out, "--model", one) == 1
    assert "no HU" in capsys.readouterr().err
    assert run(path, "-o", out, "--model", one, "--not-hu") == 0
