import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from labelct.errors import LabelctError
from labelct.io import nifti
from labelct.stages import cohorts, preflight
from tests.io.videos import write_video


@pytest.fixture
def maps(tmp_path):
    """Return overrides for a cohort of four cases with a liver and a mass that no prior is of, each with a CT."""
    affine = np.diag([5.0, 5.0, 5.0, 1.0])
    for case in range(4):
        for kind, dtype in (("labels", np.uint8), ("ct", np.int16)):
            nifti.write(tmp_path / kind / f"s{case}.nii.gz", np.zeros((4, 4, 4), dtype), affine)
    (tmp_path / "names.json").write_text(json.dumps({"1": "liver", "2": "mass"}), encoding="utf-8")
    return ["cohort=folder", f"cohort.root={tmp_path}", f"paths.outputs={tmp_path / 'outputs'}"]


def refused(config, said):
    with pytest.raises(LabelctError, match=said) as caught:
        preflight.check(config)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["targets=[lever]"], "no structure 'lever'; did you mean 'liver'"),
        (["targets=[liver]", "+drop.labels.lever=0.5"], "no structure 'lever'"),
        (["data.lesions.host=lever"], "no structure 'lever'"),
        (["cohort.train=0"], "no case to train on"),
        (["data=mr"], "cohort=phantom: its images are CT, and data=mr needs MR; set cohort.modality=mr if they are MR"),
        (["cohort=pelvis_mr", "data=clinical", "targets=prostate"], "its images are MR, .* needs CT; set data=mr"),
        (["cohort=pelvis_mr", "targets=prostate"], "test=own: its test images are MR, and data=synth3 trains on CT"),
        (["cohort=pelvis_mr", "data=mr", "targets=liver"], "cohort=pelvis: there is no structure 'liver'"),
        (["cohort.test=0"], "no case to score on"),
        (["data.priors=/no/such.csv"], "/no/such.csv: no such file"),
        (["data.spacing=4", "data.atlas.whole=0.3", "data.atlas.roots=[/no/such]"], "/no/such: no such folder"),
        (["data=synth1", "data.cylinder.histogram=/no/such.csv"], "/no/such.csv"),
        (["texture=video", "texture.root=/no/such"], "no folder of videos"),
        (["texture=video"], r"texture\.root=None: .*set texture\.root=FOLDER or texture=stills"),
        (["texture=video", "data=synth1"], r"texture\.root=None"),
        (["test=[folder]", "test.folder.root=/no/such"], "/no/such: no such folder"),
        (["test=[folder]", "test.folder.root=/etc/hostname"], "/etc/hostname: is a file and no folder"),
        (["data.spacing=4", "data.atlas.whole=0.3", "data.atlas.roots=[/etc/hostname]"], "is a file and no folder"),
        (["texture=video", "texture.root=/etc/hostname"], "/etc/hostname: is no folder of videos"),
        (
            ["paths.outputs=/etc/hostname"],
            "/etc/hostname/stages: /etc/hostname is a file and no folder; write elsewhere",
        ),
        (["paths.outputs=/etc/hostname/x"], "/etc/hostname is a file and no folder"),
        (["paths.outputs=/proc/x"], "/proc"),
    ],
)
def test_what_the_embedded_cohort_lacks_is_known_before_it_is_made(configured, tmp_path, overrides, said):
    refused(configured(f"paths.outputs={tmp_path / 'outputs'}", *overrides), said)
    assert not (tmp_path / "outputs").exists()


def test_a_target_needs_no_prior_but_a_table_that_is_named_has_to_be_right(configured, maps, tmp_path):
    blind = [*maps, "targets=[mass]", "cohort.ct=null", "test=[synthetic]", "evaluation.folds=2", "evaluation.fold=0"]
    preflight.check(configured(*blind))
    (tmp_path / "mine.csv").write_text("name,hu_pv_mean\nmass,3\n")
    refused(configured(*blind, f"data.priors={tmp_path / 'mine.csv'}"), "'hu_sd_between' is missing")


def test_a_table_without_the_phases_that_are_asked_for_is_refused(configured, maps, tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("name,hu_pv_mean,hu_sd_between,hu_sd_texture,hu_native_mean\nliver,110,18,15,58\n", "utf-8")
    given = [*maps, "targets=[liver]", "cohort.ct=null", "test=[phantom]", f"data.priors={table}"]
    preflight.check(configured(*given, "data.phase=mixed"))
    refused(configured(*given, "data.phase=any"), r"hu_arterial_mean .* of 'liver', which data\.phase=any takes")


def test_train_without_any_training_ct_is_refused(configured, maps):
    blind = [*maps, "cohort.ct=null", "test=[phantom]"]
    refused(configured(*blind, "data.priors=train"), "data.priors='train': allowed is auto, builtin or a CSV file")
    body = ["data=synth1", "data.cylinder.histogram=train"]
    refused(configured(*blind, *body), "data.cylinder.histogram='train': allowed is auto")
    preflight.check(configured(*blind, "data=synthseg", "data.priors=train"))  # reads no priors


def test_a_test_cohort_has_to_have_the_targets_and_none_of_the_training(configured, maps):
    root = maps[1].partition("=")[2]
    tested = ["cohort=phantom", "test=[folder]", f"test.folder.root={root}"]
    preflight.check(configured(*tested))
    refused(configured(*tested, "targets=[spleen]"), "no structure 'spleen'")
    refused(
        configured(*maps, "test=[folder]", f"test.folder.root={root}", "test.folder.split=all"), "case of the training"
    )


def test_more_training_cases_than_there_are_is_refused_unless_debug_lays_them_over(configured, maps):
    given = [*maps, "targets=[liver]", "test=[phantom]", "cohort.splits={train:1,val:1,test:0}"]
    preflight.check(configured(*given, "limit.train=1"))
    refused(configured(*given, "limit.train=2"), r"limit\.train=2: allowed is at most 1, the training cases of /")
    preflight.check(configured(*given, "debug=smoke"))  # whose limit.train is 2
    refused(configured("cohort.train=3", "limit.train=4"), "at most 3, the training cases of cohort=phantom")


@pytest.mark.parametrize("kind", ["synth2", "synthseg", "clinical"])
def test_a_recipe_without_clips_needs_no_videos(configured, kind):
    preflight.check(configured("texture=video", f"data={kind}"))


def test_a_damaged_clip_is_named_before_any_work(configured, tmp_path):
    write_video(tmp_path / "fine.mkv")
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    given = ["texture=video", f"texture.root={tmp_path}"]
    refused(configured(*given), r"1 of 2 clips: broken\.mp4 .*; remove or replace them")
    preflight.check(configured(*given, "data=synth2"))


def test_a_cluster_whose_package_is_missing_is_known_before_anything_is_made(configured, monkeypatch):
    monkeypatch.setattr("labelct.errors.find_spec", lambda name: None)
    refused(configured("parallel.backend=ray"), r"^ray: is not installed; pip install 'labelct\[ray\]'")
    preflight.check(configured())


def test_jobs_that_differ_in_the_network_alone_need_the_very_same(configured):
    first, steps, organs = configured(), configured("trainer.steps=5", "seed=1"), configured("targets=[spleen]")
    assert preflight.needs(first) == preflight.needs(steps)
    assert preflight.needs(first) != preflight.needs(organs)


def test_images_without_labels_train_nothing(configured, maps, tmp_path):
    refused(configured("cohort=images", f"cohort.root={tmp_path}", "cohort.images='ct/*.nii.gz'"), "have no label maps")


def test_a_recipe_of_images_that_no_case_has_is_refused(configured, maps, tmp_path):
    shutil.rmtree(tmp_path / "ct")
    preflight.check(configured(*maps, "data=synth1", "test=none"))
    refused(
        configured(*maps, "data=clinical", "test=none"), r"none of its \d training cases has a CT, which data=clinical"
    )


def test_what_a_cohort_lacks_is_left_to_the_job_to_say(configured, maps, caplog):
    config = configured(*maps, "cohort.cases=[s0,s1,s2,s3,absent]")
    preflight.check(config)
    assert not caplog.records
    cohorts.prepare(config, config.cohort, Path(config.paths.outputs))
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == ["holds no case absent"]


def test_it_leaves_no_trace(configured, maps, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    preflight.check(configured(*maps, "targets=[liver]", "test=none"))
    assert sorted(tmp_path.rglob("*")) == before


def test_stages_in_whose_place_a_file_lies_are_refused(configured, maps, tmp_path):
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "stages").touch()
    refused(configured(*maps, "targets=[liver]", "test=none"), "outputs/stages is a file and no folder")
