import shutil

import pytest

from labelct.cohort.settings import FolderSettings
from labelct.errors import InputError
from labelct.filenames import check_name
from labelct.stages import cohorts
from tests.cohort.folders import write_folder
from tests.cohort.subjects import write_subject
from tests.stages.chain import SMALL


def test_test_cases_may_not_be_cases_of_the_training(configured, made):
    root, (cohort, stage, *_) = made
    config = configured(*SMALL, "test=folder", f"test.folder.root={stage.folder}", "test.folder.split=all")
    with pytest.raises(InputError, match="is a case of the training"):
        cohorts.prepare_test(config, config.test["folder"], (cohort, stage), root)


def test_a_copy_of_a_training_case_under_another_name_is_told(configured, made, tmp_path, caplog):
    root, (cohort, stage, *_) = made
    for kind in ("ct", "labels"):
        (tmp_path / kind).mkdir()
        shutil.copyfile(stage.folder / kind / f"{cohort.train[0].case}.nii.gz", tmp_path / kind / "other.nii.gz")
    shutil.copyfile(stage.folder / "names.json", tmp_path / "names.json")
    config = configured(*SMALL, "test=folder", f"test.folder.root={tmp_path}", "test.folder.split=all")
    cohorts.prepare_test(config, config.test["folder"], (cohort, stage), root)
    (told,) = [record.getMessage() for record in caplog.records if "has the content of" in record.getMessage()]
    assert "test case other has" in told
    assert f"of training case {cohort.train[0].case}: if it is one patient, leave it out" in told
    caplog.clear()
    cohorts.prepare_test(config, configured(*SMALL).test["own"], (cohort, stage), root)
    assert not caplog.records


def test_limits_take_the_first_cases_and_make_no_more(configured, made):
    _, (cohort, stage, *_) = made
    assert [len(split) for split in (cohort.train, cohort.val, cohort.test)] == [2, 1, 1]
    assert len(list((stage.folder / "ct").iterdir())) == 4


def test_a_cohort_of_files_is_known_by_its_files_and_not_by_its_place(configured, made, tmp_path):
    _, (_, phantom, *_) = made
    moved = tmp_path / "elsewhere"
    moved.symlink_to(phantom.folder)
    keys = []
    for root in (phantom.folder, moved):
        config = configured(*SMALL[1:], "cohort=folder", f"cohort.root={root}")
        keys.append(cohorts.prepare(config, config.cohort, tmp_path)[1].key)
    assert keys[0] == keys[1]
    config = configured(*SMALL[1:], "cohort=folder", f"cohort.root={moved}", "cohort.seed=1")
    assert cohorts.prepare(config, config.cohort, tmp_path)[1].key != keys[0]


def test_the_own_test_group_is_the_test_split(configured, made):
    root, (cohort, stage, *_) = made
    config = configured(*SMALL)
    subjects, same = cohorts.prepare_test(config, config.test["own"], (cohort, stage), root)
    assert subjects == cohort.test
    assert same == stage


@pytest.mark.parametrize(("length", "fits"), [(200, True), (201, False)])
def test_a_case_whose_files_could_not_be_named_is_refused_before_any_work(configured, made, tmp_path, length, fits):
    (case,) = made[1][1].folder.glob("labels/test_000.nii.gz")
    shutil.copyfile(case, tmp_path / ("ü" * (length // 2) + "n" * (length % 2) + ".nii.gz"))
    names = f"cohort.names={made[1][1].folder / 'names.json'}"
    config = configured(*SMALL[1:], "cohort=folder", f"cohort.root={tmp_path}", "cohort.labels='*.nii.gz'", names)
    if fits:
        longest = f"{cohorts.prepare(config, config.cohort, tmp_path)[0].everyone[0].case}_r999999"
        assert check_name("splits_final.json", "case", longest) == longest, "its volumes can be named, too"
        return
    with pytest.raises(InputError, match="the case's name has 201 bytes, 200 at most; shorten it"):
        cohorts.prepare(config, config.cohort, tmp_path)


def test_a_limit_of_the_training_leaves_every_test_case(configured, made, tmp_path):
    root, (cohort, stage, *_) = made
    folder = shutil.copytree(stage.folder, tmp_path / "seven")
    for kind in ("labels", "ct"):
        some = next((folder / kind).iterdir())
        for number in range(7 - len(list((folder / kind).iterdir()))):
            shutil.copyfile(some, folder / kind / f"more_{number}.nii.gz")
    (folder / "splits.json").unlink(missing_ok=True)
    given = ["test=folder", f"test.folder.root={folder}"]
    for limit, scored in (("limit.train=2", 7), ("limit.val=1", 7), ("limit.test=3", 3)):
        config = configured("cohort.spacing=10", limit, *given)
        assert len(cohorts.prepare_test(config, config.test["folder"], (cohort, stage), root)[0]) == scored


def test_a_recipe_made_of_ct_leaves_out_the_cases_without_one_and_shares_the_stage(configured, tmp_path, caplog):
    for number in range(4):
        write_subject(tmp_path / "cohort", f"s000{number}", ct=number > 1)
    given = ["cohort=totalsegmentator", f"cohort.root={tmp_path / 'cohort'}", "cohort.splits={test: 0, val: 1}"]
    prepared = {
        kind: cohorts.prepare_training(configured(*given, "test=phantom", f"data={kind}"), tmp_path / "stages")
        for kind in ("synth1", "clinical")
    }
    (painted, stage), (scanned, same) = prepared.values()
    assert len({subject.case for subject in (*painted.train, *painted.val)}) == 4
    assert {subject.case for subject in (*scanned.train, *scanned.val)} == {"s0002", "s0003"}
    assert same.key == stage.key
    (line,) = [record.getMessage() for record in caplog.records]
    assert "left out of data=clinical, for they have no CT: 2 (s000" in line
    config = configured(*given[:2], "cohort.cases=[s0000,s0001]", "test=phantom", "data=clinical")
    with pytest.raises(InputError, match=r"none of its . training cases has a CT, which data=clinical is made of"):
        cohorts.prepare_training(config, tmp_path / "stages")


def test_the_modality_stands_in_a_key_only_where_it_is_mr(configured, tmp_path):
    overrides = ["cohort=folder", f"cohort.root={write_folder(tmp_path)}"]
    keys = [
        cohorts.prepare(config, config.cohort, tmp_path)[1].key
        for config in (configured(*overrides), configured(*overrides, "cohort.modality=mr"))
    ]
    assert keys[0] == "7611785ffca1"  # what it was when there was no modality
    assert keys[1] != keys[0]


def test_mr_is_scored_on_only_where_mr_is_trained_on(configured, tmp_path):
    write_folder(tmp_path)
    shutil.move(tmp_path / "ct", tmp_path / "mr")
    overrides = ["cohort=folder", f"cohort.root={tmp_path}", "cohort.modality=mr", "cohort.splits.test=1"]
    for data in ("synth3", "clinical"):
        config = configured(*overrides, f"data={data}")
        own = cohorts.prepare(config, config.cohort, tmp_path)
        with pytest.raises(InputError, match=f"its test images are MR, and data={data} trains on CT"):
            cohorts.prepare_test(config, config.test["own"], own, tmp_path)
    config = configured(*overrides, "data=mr")
    (subject,), _ = cohorts.prepare_test(config, config.test["own"], own, tmp_path)
    assert subject.case == "b"


def test_images_without_labels_are_no_test_group(configured, tmp_path):
    write_folder(tmp_path)
    config = configured("cohort=images", f"cohort.root={tmp_path}", "cohort.images='ct/*.nii.gz'")
    own = cohorts.prepare(config, config.cohort, tmp_path)
    with pytest.raises(InputError, match="have no label maps to score against"):
        cohorts.prepare_test(config, config.test["own"], own, tmp_path)


def test_an_embedded_pelvis_is_opened_as_what_it_shows(configured, tmp_path):
    small = ("voxels=40", "spacing=5", "slices=8", "slice_mm=8", "train=1", "val=0", "test=1")
    config = configured("cohort=pelvis_mr", *(f"cohort.{key}" for key in small), "parallel.backend=sequential")
    cohort, stage = cohorts.prepare(config, config.cohort, tmp_path)
    assert (cohort.modality, cohort.train[0].load_ct) == ("mr", None)
    assert cohort.train[0].load_mr().array.shape == (40, 40, 8)
    truth = cohorts.open_cohort(FolderSettings(root=str(stage.folder)))  # what a translation is measured against
    assert truth.train[0].load_ct().array.shape == (40, 40, 8)
