import json
from pathlib import Path

import numpy as np
import pytest

from labelct.dataset import TrainingSet, image_path, label_path, write_index
from labelct.errors import InputError
from labelct.io import nifti


def make(folder: Path, spacings: dict[str, tuple[float, float, float]]) -> None:
    for name, spacing in spacings.items():
        affine = np.diag([*spacing, 1.0])
        nifti.write(image_path(folder, name), np.zeros((3, 4, 5), np.float32), affine)
        nifti.write(label_path(folder, name), np.zeros((3, 4, 5), np.uint8), affine)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    make(tmp_path, {"a": (1, 2, 3), "b": (1, 2, 3)})
    write_index(tmp_path, ["liver", "spleen"], {"train": ["a"], "val": ["b"]}, (4, 4, 5))
    training_set = TrainingSet(tmp_path)
    assert training_set.labels == {"liver": 1, "spleen": 2}
    assert [case.name for case in training_set.train] == ["a"]
    assert [case.name for case in training_set.val] == ["b"]
    assert training_set.spacing == (4, 4, 5)


def test_index_is_what_nnunet_reads(tmp_path: Path) -> None:
    write_index(tmp_path, ["liver"], {"train": ["a", "b"], "val": ["c"]})
    index = json.loads((tmp_path / "dataset.json").read_text())
    assert index["labels"] == {"background": 0, "liver": 1}
    assert (index["numTraining"], index["file_ending"], index["channel_names"]) == (3, ".nii.gz", {"0": "CT"})
    assert json.loads((tmp_path / "splits_final.json").read_text()) == [{"train": ["a", "b"], "val": ["c"]}]


def test_spacing_without_a_record_is_the_median_of_the_headers(tmp_path: Path) -> None:
    make(tmp_path, {"a": (1, 1, 1), "b": (1, 1, 5), "c": (2, 1, 3)})
    write_index(tmp_path, ["liver"], {"train": ["a", "b", "c"]})
    assert TrainingSet(tmp_path).spacing == (1, 1, 3)


def test_missing_file_and_missing_index_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"dataset\.json: no such file"):
        TrainingSet(tmp_path).labels  # noqa: B018
    write_index(tmp_path, ["liver"], {"train": ["lost"]})
    with pytest.raises(InputError, match=r"lost_0000\.nii\.gz: is listed"):
        TrainingSet(tmp_path).train  # noqa: B018
    (tmp_path / "splits_final.json").write_text("[")
    with pytest.raises(InputError, match="cannot be read as JSON"):
        TrainingSet(tmp_path).train  # noqa: B018


def test_the_label_to_ignore_has_the_highest_value_and_is_no_target(tmp_path: Path) -> None:
    write_index(tmp_path, ["liver", "spleen"], {"train": ["a"]}, ignore=True)
    index = json.loads((tmp_path / "dataset.json").read_text())
    assert index["labels"] == {"background": 0, "liver": 1, "spleen": 2, "ignore": 3}
    assert TrainingSet(tmp_path).labels == {"liver": 1, "spleen": 2}
    assert TrainingSet(tmp_path).ignore == 3


def test_a_set_that_is_labelled_everywhere_says_nothing_of_it(tmp_path: Path) -> None:
    write_index(tmp_path, ["liver"], {"train": ["a"]})
    assert "ignore" not in (tmp_path / "dataset.json").read_text()
    assert TrainingSet(tmp_path).ignore is None
