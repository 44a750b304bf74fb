"""Nothing of one machine stays in a configuration or a command, and what is no path of it does."""

import pytest

from labelct.config import plain
from labelct.export.local_paths import path_keys, without_paths, without_paths_in


def test_the_settings_say_which_keys_hold_paths():
    assert {"root", "outputs", "splits_file", "ct", "mr", "images", "masks"} <= path_keys()
    assert not path_keys() & {"kind", "seed", "labels", "source", "licence", "backend"}


def test_paths_of_a_configuration_are_left_out_and_patterns_below_a_cohort_stay():
    found = without_paths(
        {
            "cohort": {"root": "masks", "ct": "ct/*.nii.gz", "splits_file": "own/splits.json", "names": "names.json"},
            "test": {"folder": {"root": "/data/ct", "names": "/data/names.json", "splits_file": "prostatex"}},
            "data": {"priors": "~/mine.csv", "kind": "synth1", "atlas": {"roots": ["atlases", "/data/more"]}},
            "parallel": {"scheduler": "tcp://node7:8786", "workers": 2},
            "texture": {"root": None},
            "tags": ["C:\\masks", "a/b"],
        }
    )
    assert found == {
        "cohort": {"root": "???", "ct": "ct/*.nii.gz", "splits_file": "???", "names": "names.json"},
        "test": {"folder": {"root": "???", "names": "???", "splits_file": "prostatex"}},
        "data": {"priors": "???", "kind": "synth1", "atlas": {"roots": ["???", "???"]}},
        "parallel": {"scheduler": "???", "workers": 2},
        "texture": {"root": None},
        "tags": ["???", "a/b"],
    }


def test_a_whole_configuration_keeps_all_but_its_folders(configured):
    config = plain(configured("cohort=folder", "cohort.root=/data/masks", "test=synthetic"))
    found = without_paths(config)
    changed = [
        f"{section}.{key}"
        for section, values in config.items()
        if isinstance(values, dict)
        for key, value in values.items()
        if found[section][key] != value
    ]
    assert changed == ["cohort.root", "paths.outputs"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("cohort.root=/data/masks", "cohort.root=FOLDER"),
        ("cohort.root=masks", "cohort.root=FOLDER"),
        ("test.dicom.root=.", "test.dicom.root=FOLDER"),
        ("cohort={root: /data/masks, labels: '*.nii.gz'}", "cohort={root: FOLDER, labels: '*.nii.gz'}"),
        ("data.atlas.roots=[atlases]", "data.atlas.roots=FOLDER"),
        ("data.priors=~/mine.csv", "data.priors=FOLDER"),
        ("cohort.ct=ct/*.nii.gz", "cohort.ct=ct/*.nii.gz"),
        ("test=[totalsegmentator,dicom]", "test=[totalsegmentator,dicom]"),
        ("hydra/launcher=joblib", "hydra/launcher=joblib"),
        ("trainer.learning_rate=0.01", "trainer.learning_rate=0.01"),
        ("experiment=liver_from_masks", "experiment=liver_from_masks"),
    ],
)
def test_what_was_typed_is_told_without_paths(typed, told):
    assert without_paths_in(typed) == told
