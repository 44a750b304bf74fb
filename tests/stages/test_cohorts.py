import shutil

import pytest

from labelct.errors import InputError
from labelct.stages import cohorts
from tests.cohort.subjects import write_subject
from tests.stages.chain import SMALL


def test_test_cases_may_not_be_cases_of_the_training(configured, made):
    root, (cohort, stage, *_) = made
    config = configured(*SMALL, "test=folder", f"test.folder.root={stage.folder}", "test.folder.split=all")
    with pytest.raises(InputError, match="is a case of the training"):
        cohorts.prepare_test(config, config.test["folder"], (cohort, stage), root)


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
        cohorts.prepare(config, config.cohort, tmp_path)
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
