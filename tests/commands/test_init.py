import json

import numpy as np
import pytest

from labelct.commands import compose, init
from labelct.errors import LabelctError
from tests.proposal.maps import labels, write, write_maps

NAMES = {"1": "Leber", "2": "LKID", "3": "Kidney (R)"}


@pytest.fixture(autouse=True)
def launched(tmp_path, monkeypatch):
    """Launch from an empty folder."""
    folder = tmp_path / "launch here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def configured(name, folder=None):
    if folder is None:
        return compose.configuration([f"experiment={name}"])
    return next(compose.composed_jobs([f"experiment={name}"], False, str(folder))).node


def test_what_is_written_is_found_from_the_launch_folder_and_reads_the_label_maps(tmp_path, launched, capsys):
    root = write_maps(tmp_path / "it's my maps", names=NAMES)
    assert init.main([str(root)]) == 0
    told = capsys.readouterr().out
    assert "labelct run experiment=it_s_my_maps debug=smoke" in told
    assert "kidney_left (given as 'LKID')" in told
    config = configured("it_s_my_maps")
    assert (config.cohort.root, config.test, config.targets.names) == (
        str(root),
        {},
        ["liver", "kidney_left", "kidney_right"],
    )
    from labelct.cohort.open import open_cohort

    cohort = open_cohort(config.cohort)
    assert (len(cohort.train), len(cohort.val), len(cohort.test)) == (2, 1, 0)
    assert {subject.label_map().names[2] for subject in cohort.train} == {"kidney_left"}
    assert [path.name for path in launched.iterdir()] == ["conf"]


def test_a_file_that_is_there_is_kept_unless_told_otherwise(tmp_path, launched):
    root = write_maps(tmp_path / "maps", names=NAMES)
    assert init.main([str(root)]) == 0
    path = launched / "conf" / "experiment" / "maps.yaml"
    path.write_text("mine\n")
    with pytest.raises(LabelctError, match=r"maps\.yaml: is there already; give --overwrite, or another name with -o"):
        init.main([str(root)])
    assert path.read_text() == "mine\n"
    assert init.main([str(root), "--overwrite"]) == 0
    assert "override /test: none" in path.read_text()


def test_it_may_be_written_elsewhere_and_the_command_says_where(tmp_path, capsys):
    root = write_maps(tmp_path / "maps", names=NAMES)
    assert init.main([str(root), "-o", "my conf/experiment/first.yaml"]) == 0
    assert "labelct run --config-dir 'my conf' experiment=first" in capsys.readouterr().out
    assert configured("first", "my conf").targets == ["liver", "kidney_left", "kidney_right"]


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("first.yaml", "a run finds an experiment as FOLDER/experiment/NAME.yaml"),
        ("conf/experiment/first.yml", "a run finds an experiment as"),
        ("conf/experiment/_first.yaml", "NAME of letters, digits and _"),
        ("conf/experiment/null.yaml", "a run finds an experiment as"),
        ("conf/experiment/phantom.yaml", "experiment=phantom is one that ships"),
    ],
)
def test_a_file_that_no_run_would_find_is_refused(tmp_path, launched, output, said):
    root = write_maps(tmp_path / "maps", names=NAMES)
    with pytest.raises(LabelctError, match=said):
        init.main([str(root), "-o", output])
    assert not list(launched.iterdir())


@pytest.mark.parametrize(
    ("folder", "name"), [("phantom", "phantom_own"), ("2024", "maps_2024"), ("Äx (1)", "x_1"), ("null", "maps_null")]
)
def test_the_name_is_the_folders_as_far_as_an_option_can_be_called_so(tmp_path, launched, folder, name):
    assert init.main([str(write_maps(tmp_path / folder, 1))]) == 0
    assert [path.stem for path in (launched / "conf" / "experiment").iterdir()] == [name]
    configured(name)


def test_without_names_labels_are_called_by_their_values(tmp_path, capsys):
    root = write_maps(tmp_path / "maps", values={"liver": 1000, "kidney_left": 2}, dtype=np.float32)
    (root / "patients.csv").write_text("patient,age\na,3\n")
    assert init.main([str(root)]) == 0
    told = capsys.readouterr().out
    assert "nothing says what the labels are called; passed over patients.csv" in told
    assert configured("maps").targets.names == ["label_2", "label_1000"]


def test_names_that_are_not_there_are_told_before_label_maps_are_read(tmp_path, monkeypatch):
    root = write_maps(tmp_path / "maps")
    monkeypatch.setattr("labelct.proposal.survey.survey", lambda labels: pytest.fail("it reads every file"))
    with pytest.raises(LabelctError, match="no such file"):
        init.main([str(root), "--names=none.json"])


def test_names_targets_and_pattern_may_be_given(tmp_path, capsys):
    root = write_maps(tmp_path / "maps", pattern="c{}/expert1.nii.gz")
    write_maps(root, pattern="c{}/expert2.nii.gz")
    chosen = [str(root), "--labels=*/expert2.nii.gz", "--names=totalsegmentator_v2"]
    with pytest.raises(
        LabelctError, match=r"--targets='livr': allowed is some of spleen, .*did you mean 'liver'|allowed is some of"
    ):
        init.main([*chosen, "--targets=livr"])
    assert init.main([*chosen, "--targets=kidney_left"]) == 0
    config = configured("maps")
    assert (config.targets.names, config.cohort.labels) == (["kidney_left"], "*/expert2.nii.gz")
    assert config.cohort.names == {1: "spleen", 2: "kidney_right", 3: "kidney_left"}


def test_a_data_set_of_nnunet_keeps_its_layout_and_gets_the_tables_names(tmp_path):
    root = tmp_path / "Dataset001_Mine"
    write_maps(root / "labelsTr")
    index = {"labels": {"background": 0, "Leber": 1, "left kidney": 2, "x": 3}, "channel_names": {"0": "CT"}}
    (root / "dataset.json").write_text(json.dumps({**index, "file_ending": ".nii.gz"}))
    assert init.main([str(root)]) == 0
    config = configured("dataset001_mine")
    assert (config.cohort.kind, config.cohort.merge) == ("nnunet_raw", {"Leber": "liver", "left kidney": "kidney_left"})
    (root / "dataset.json").write_text(json.dumps({**index, "labels": {"background": 0, "Leber": 1}}))
    assert init.main([str(root), "--overwrite"]) == 0
    config = configured("dataset001_mine")
    assert (config.cohort.kind, config.cohort.labels) == ("folder", "labelsTr/*.nii.gz")
    assert config.cohort.names == {1: "liver", 2: "label_2", 3: "label_3"}
    assert init.main([str(root / "labelsTr")]) == 0  # the table lies beside it
    assert configured("labelstr").cohort.names[1] == "liver"


def test_masks_in_the_layout_of_totalsegmentator(tmp_path):
    for case in ("s1", "s2"):
        for name in ("liver", "spleen"):
            write(tmp_path / "ts" / case / "segmentations" / f"{name}.nii.gz", (labels() == 1).astype(np.uint8))
    assert init.main([str(tmp_path / "ts")]) == 0
    config = configured("ts")
    assert (config.cohort.kind, config.targets.names) == ("totalsegmentator", ["spleen", "liver"])
    assert config.cohort.splits == {"train": 1, "val": 1, "test": 0}


def test_nothing_is_left_where_the_label_maps_cannot_be_used(tmp_path, launched):
    write(tmp_path / "ct" / "a.nii.gz", np.full((8, 8, 8), -1000, np.int16))
    with pytest.raises(LabelctError, match="is an image and no label map"):
        init.main([str(tmp_path / "ct")])
    assert not list(launched.iterdir())
