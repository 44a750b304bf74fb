from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from labelct.io import nifti
from labelct.phantom.cases import case_names, generate_case, is_complete, write_index
from labelct.phantom.settings import PelvisSettings, PhantomSettings

SMALL = PhantomSettings(train=2, val=1, test=1, spacing=8.0)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom")
    write_index(SMALL, folder)
    for names in case_names(SMALL).values():
        for case in names:
            generate_case(SMALL, case, folder)
    return folder


def test_layout_is_the_folder_layout(cohort: Path) -> None:
    names = {int(value): name for value, name in json.loads((cohort / "names.json").read_text()).items()}
    splits = json.loads((cohort / "splits.json").read_text())
    assert splits == {"train": ["train_000", "train_001"], "val": ["val_000"], "test": ["test_000"]}
    for case in (case for cases in splits.values() for case in cases):
        labels = nifti.read_label_map(cohort / "labels" / f"{case}.nii.gz", names)
        volume = nifti.read_volume(cohort / "ct" / f"{case}.nii.gz")
        assert labels.array.shape == volume.array.shape
        assert np.allclose(labels.affine, volume.affine)
        assert volume.spacing == pytest.approx((8.0, 8.0, 8.0))


def test_same_seed_same_bytes_in_any_order(cohort: Path, tmp_path: Path) -> None:
    generate_case(SMALL, "test_000", tmp_path)
    for kind in ("labels", "ct"):
        file = f"{kind}/test_000.nii.gz"
        assert (tmp_path / file).read_bytes() == (cohort / file).read_bytes()


def test_cases_and_seeds_differ(cohort: Path, tmp_path: Path) -> None:
    generate_case(PhantomSettings(spacing=8.0, seed=1), "test_000", tmp_path)
    files = [cohort / "labels" / f"{case}.nii.gz" for case in ("train_000", "train_001", "val_000", "test_000")]
    assert len({file.read_bytes() for file in [*files, tmp_path / "labels" / "test_000.nii.gz"]}) == 5


def test_a_growing_split_keeps_its_cases() -> None:
    few, many = case_names(PhantomSettings(train=2)), case_names(PhantomSettings(train=5))
    assert many["train"][:2] == few["train"]
    assert many["test"] == few["test"]


def test_pelves_of_two_modalities_are_of_different_people(tmp_path: Path) -> None:
    small = {"voxels": 40, "spacing": 5.0, "slices": 8, "slice_mm": 8.0, "train": 1, "val": 0, "test": 0}
    labels = []
    for seen in ("mr", "ct"):
        settings = PelvisSettings(modality=seen, **small)
        (case,) = case_names(settings)["train"]
        assert (case, settings.modality) == (f"{seen}_train_000", seen)
        assert not is_complete(settings, case, tmp_path)
        generate_case(settings, case, tmp_path)
        assert is_complete(settings, case, tmp_path)
        labels.append(nifti.read_label_map(tmp_path / "labels" / f"{case}.nii.gz").array)
    assert not np.array_equal(*labels)
    assert nifti.read_volume(tmp_path / "mr" / "mr_train_000.nii.gz").array.min() >= 0
    (tmp_path / "mr" / "mr_train_000.nii.gz").unlink()
    assert not is_complete(PelvisSettings(**small), "mr_train_000", tmp_path)
