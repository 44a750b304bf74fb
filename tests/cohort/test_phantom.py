from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from labelct.cohort import phantom
from labelct.cohort.anatomy import NAMES, label_map, sample_anatomy
from labelct.cohort.appearance import Appearance, sample_appearance
from labelct.cohort.clinical_ct import clinical_ct
from labelct.cohort.interiors import gas
from labelct.cohort.phantom_settings import PhantomSettings
from labelct.cohort.tissue import tissue_of
from labelct.cohort.vessels import grow_tree
from labelct.errors import SettingError
from labelct.io import nifti

SMALL = PhantomSettings(train=2, val=1, test=1, spacing=8.0)
VALUE = {name: value for value, name in enumerate(NAMES, start=1)}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom")
    phantom.write_index(SMALL, folder)
    for cases in phantom.case_names(SMALL).values():
        for case in cases:
            phantom.generate_case(SMALL, case, folder)
    return folder


@pytest.fixture(scope="module")
def scan() -> tuple[np.ndarray, np.ndarray, Appearance]:
    settings = PhantomSettings(crop=0.0, native=0.0, table=1.0, lesions=0.0)
    rng = np.random.default_rng(11)
    anatomy = sample_anatomy(settings, rng)
    labels, names = label_map(anatomy, (4.0, 4.0, 4.0), (100, 80, 100))
    appearance = sample_appearance(settings, NAMES, rng)
    return labels, clinical_ct(labels, names, (4.0, 4.0, 4.0), appearance), appearance


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
    phantom.generate_case(SMALL, "test_000", tmp_path)
    for kind in ("labels", "ct"):
        file = f"{kind}/test_000.nii.gz"
        assert (tmp_path / file).read_bytes() == (cohort / file).read_bytes()


def test_cases_and_seeds_differ(cohort: Path, tmp_path: Path) -> None:
    phantom.generate_case(PhantomSettings(spacing=8.0, seed=1), "test_000", tmp_path)
    files = [cohort / "labels" / f"{case}.nii.gz" for case in ("train_000", "train_001", "val_000", "test_000")]
    assert len({file.read_bytes() for file in [*files, tmp_path / "labels" / "test_000.nii.gz"]}) == 5


def test_a_growing_split_keeps_its_cases() -> None:
    few, many = phantom.case_names(PhantomSettings(train=2)), phantom.case_names(PhantomSettings(train=5))
    assert many["train"][:2] == few["train"]
    assert many["test"] == few["test"]


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("liver", 60, 160), ("spleen", 70, 180), ("_fat", -120, -60), ("lung_lower_lobe_right", -870, -550),
     ("vertebrae_L3", 130, 480), ("aorta", 90, 220), ("urinary_bladder", -10, 40), ("_soft", 0, 80)],
)  # fmt: skip
def test_tissues_lie_where_ct_has_them(scan: tuple, name: str, low: float, high: float) -> None:
    labels, volume, _ = scan
    assert low < volume[labels == VALUE[name]].mean() < high


def test_organs_are_textured_and_air_is_air(scan: tuple) -> None:
    labels, volume, appearance = scan
    liver = volume[labels == VALUE["liver"]]
    assert 5 < liver.std() < 60
    assert np.median(volume[labels == 0]) == pytest.approx(-1000, abs=10)
    assert volume.min() >= -1024
    assert appearance.table is not None


def test_table_lies_below_the_patient(scan: tuple) -> None:
    labels, volume, _ = scan
    air = labels == 0
    front = labels.any(axis=(0, 2)).nonzero()[0][-1]
    assert volume[:, : labels.shape[1] // 2][air[:, : labels.shape[1] // 2]].max() > -400
    assert volume[:, front + 3 :].size == 0 or volume[:, front + 3 :].max() < -800


def test_rendering_repeats_from_json(scan: tuple) -> None:
    labels, volume, appearance = scan
    again = Appearance(**json.loads(json.dumps(appearance.__dict__)))
    names = dict(enumerate(NAMES, start=1))
    assert np.array_equal(clinical_ct(labels, names, (4.0, 4.0, 4.0), again), volume)


def test_native_scans_show_no_contrast_agent() -> None:
    native = sample_appearance(PhantomSettings(native=1.0), NAMES, np.random.default_rng(0))
    portal = sample_appearance(PhantomSettings(native=0.0), NAMES, np.random.default_rng(0))
    assert native.phase == 0
    assert native.means["aorta"] + 40 < portal.means["aorta"]


def test_gas_rises_to_the_front() -> None:
    mask = np.zeros((12, 24, 12), dtype=bool)
    mask[2:-2, 4:20, 2:-2] = True
    bubble = gas(mask, mask, 0.3, np.zeros(mask.shape, dtype=np.float32), (4.0, 4.0, 4.0))
    assert bubble.sum() == pytest.approx(0.3 * mask.sum(), rel=0.1)
    assert np.argwhere(bubble)[:, 1].mean() > np.argwhere(mask)[:, 1].mean() + 3


def test_vessel_tree_reaches_every_target_and_thins_out() -> None:
    rng = np.random.default_rng(0)
    targets = rng.uniform(10, 90, (30, 3))
    branches = grow_tree(np.zeros(3), targets, rng)
    ends = np.array([points[-1] for points, _ in branches])
    assert np.allclose(sorted(map(tuple, ends)), sorted(map(tuple, targets)))
    assert sum(load for points, load in branches if np.allclose(points[0], 0)) == 30


def test_every_name_has_a_tissue() -> None:
    groups = {"solid", "blood", "bone", "lung", "gut", "fluid", "muscle", "fat"}
    assert {tissue_of(name).group for name in NAMES} == groups
    with pytest.raises(KeyError, match="no tissue for 'antler'"):
        tissue_of("antler")


@pytest.mark.parametrize(
    ("field", "value"),
    [("spacing", 0.0), ("crop", 1.5), ("size", [400.0, 300.0]), ("noise_hu", [9.0, 3.0]), ("train", -1)],
)
def test_settings_out_of_range_are_named(field: str, value: object) -> None:
    with pytest.raises(SettingError, match=field):
        PhantomSettings(**{field: value})
