"""The translation as a stage: its key, what it refuses, and the CT that it gives to subjects."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from labelct.commands import replay
from labelct.errors import InputError, SettingError
from labelct.io import nifti
from labelct.pipeline import run as run_all
from labelct.stages import cohorts, preflight, scanning, synthesis, translation
from labelct.tracking import Tracker
from labelct.translation import training, translator
from labelct.translation.settings import TranslationSettings

TINY = [
    "data=cyclegan",
    "translation=small",
    "cohort=folder",
    "cohort@translation.ct=images",
    "cohort.modality=mr",
    "cohort.splits={train: 2, val: 1, test: 1}",
    "targets=[prostate]",
    "scanner=none",
    "parallel.workers=1",
    "device.threads=1",
    "translation.load=40",
    "translation.size=32",
    "translation.filters=2",
    "translation.blocks=1",
    "translation.judge_filters=2",
    "translation.iterations=3",
    "translation.epochs=2",
    "translation.decay=1",
    "translation.minutes=null",
]
AFFINE = np.diag([4.0, 4.0, 6.0, 1.0])


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return a folder with four MR and their labels, three CT and a CT with labels to test on."""
    root, rng = tmp_path_factory.mktemp("cohorts"), np.random.default_rng(0)
    for number in range(8):
        labels = np.zeros((30, 24, 6), np.uint8)
        x, y = 10 + number, 8 + number % 3
        labels[x : x + 6, y : y + 6, 1:5] = 1
        body = np.zeros(labels.shape, bool)
        body[3:27, 3:21] = True
        noise = rng.normal(0, 5, labels.shape)
        if number < 4:
            image, place = np.where(labels, 600, np.where(body, 200, 10)) + noise, "mr/mr"
            nifti.write(root / f"mr/labels/m{number}.nii.gz", labels, AFFINE)
        else:
            image, place = np.where(labels, 60, np.where(body, -80, -1000)) + noise, "ct" if number < 7 else "test/ct"
        nifti.write(root / place / f"m{number}.nii.gz", np.rint(image).astype(np.int16), AFFINE)
    nifti.write(root / "test/labels/m7.nii.gz", labels, AFFINE)
    for name in ("mr", "test"):
        (root / name / "names.json").write_text(json.dumps({"1": "prostate"}))
    return root


@pytest.fixture
def tiny(configured, folders, tmp_path):
    """Return a function that configures a translation so small that it takes a second."""

    def make(*overrides):
        where = [f"cohort.root={folders}/mr", f"translation.ct.root={folders}/ct", f"paths.outputs={tmp_path}"]
        return configured(*TINY, *where, *overrides)

    return make


def learnt(config, tmp_path):
    root = tmp_path / "stages"
    own = cohorts.prepare(config, config.cohort, root)
    return own, translation.run(config, own, root, Tracker()), root


def test_mr_become_ct_with_their_labels_and_can_be_made_again(tiny, tmp_path):
    config = tiny()
    (cohort, stage), made, root = learnt(config, tmp_path)
    clean = synthesis.run(config, *translation.applied(config, (cohort, stage), made), root)
    assert len(cohort.train) == 2
    for subject in (*cohort.train, *cohort.val):
        name = f"{subject.case}_r0"
        volume = nifti.read_volume(clean.folder / "volumes" / f"{name}.nii.gz").array
        assert -500 <= volume.min() < volume.max() <= 500
        label = nifti.read_volume(clean.folder / "labels" / f"{name}.nii.gz").array
        assert np.array_equal(label, subject.label_map().array)
        record = json.loads((clean.folder / "records" / f"{name}.json").read_text())
        assert record["translation"] == {"stage": made[0].key, "direction": "mr to ct"}
    data = scanning.run(config, clean, root)
    assert replay.main([str(data.folder), "1", "-o", str(tmp_path / "again")]) == 0
    made[0].folder.rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"the translation that .* was made with is not there"):
        replay.main([str(data.folder), "1", "-o", str(tmp_path / "again")])


def test_the_key_is_that_of_what_is_learnt(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "train", lambda task, folder, tracker: None)
    key = learnt(tiny(), tmp_path)[1][0].key
    same = ["device.threads=2", "translation.prediction.overlap=0.25", "seed=5", "data.seed=5"]
    assert learnt(tiny(*same), tmp_path)[1][0].key == key
    for other in (
        "translation.cycle=l1",
        "translation.seed=1",
        "translation.hu=[-1024,3071]",
        "translation.ct.cases=[m4,m5]",
    ):
        assert learnt(tiny(other), tmp_path)[1][0].key != key, other


def test_a_recipe_without_translation_has_none(tiny, tmp_path):
    config = tiny("data=synth3")
    own, made, _ = learnt(config, tmp_path)
    assert made == []
    assert translation.applied(config, own, made) == own


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["cohort.modality=ct", "cohort.splits.test=0"], "needs MR; set cohort.modality=mr if they are MR"),
        (["cohort@translation.ct=folder", "translation.ct.ct=null"], "holds no CT to learn a translation from"),
        (["translation.ct.modality=mr"], "its images are MR, CT are needed; choose another cohort@translation.ct="),
        (["cohort@translation.mr=images", "translation.mr.root={root}/ct"], "its images are CT, MR are needed"),
        (
            ["test=folder", "test.folder.root={root}/test", "translation.ct.root={root}/test/ct"],
            "test case m7 is a case that",
        ),
    ],
)
def test_what_cannot_be_learnt_from_is_said_before_any_work(tiny, overrides, said, folders, tmp_path):
    if "cohort@translation.ct=folder" in overrides:
        overrides = [*overrides, f"translation.ct.root={folders}/test"]
    with pytest.raises((InputError, SettingError)) as error:
        preflight.check(tiny(*(override.format(root=folders) for override in overrides)))
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.rglob("*.partial"))


def test_a_translation_has_to_be_chosen(tiny, tmp_path):
    config = dataclasses.replace(tiny(), translation=TranslationSettings())
    with pytest.raises(SettingError, match="translation='none': allowed is small or cyclegan with data=cyclegan"):
        translation.check(config, tmp_path)


@pytest.mark.slow
def test_translated_mr_are_scored_beside_real_ct(tiny, folders, tmp_path):
    real = [f"test.folder.root={folders}/test", "test.folder.split=all"]
    config = tiny("trainer=unet_tiny", "test=[own,folder]", *real, "debug=smoke")
    config = dataclasses.replace(config, evaluation=dataclasses.replace(config.evaluation, overlays=0))
    run_all(config, tmp_path / "job", {"data": "cyclegan"})
    scores = (tmp_path / "job" / "scores.csv").read_text()
    assert "own" in scores
    assert "folder" in scores


@pytest.fixture(scope="module")
def trained(configured, folders, tmp_path_factory):
    """Return the stages of a trained translation and of the volumes that it made, and what they were made with."""
    root = tmp_path_factory.mktemp("trained")
    config = configured(*TINY, f"cohort.root={folders}/mr", f"translation.ct.root={folders}/ct")
    return config, root, _volumes(config, root)


def _volumes(config, root):
    """Return the volumes that a translation makes of MR, learnt first where it is not there."""
    own = cohorts.prepare(config, config.cohort, root)
    made = translation.run(config, own, root, Tracker())
    clean = synthesis.run(config, *translation.applied(config, own, made), root)
    return {path.name: nifti.read_volume(path).array for path in sorted((clean.folder / "volumes").iterdir())}


def _outcome(config, root):
    """Return the volumes, or why there are none."""
    try:
        return _volumes(config, root), ""
    except InputError as error:
        return {}, str(error)


def cut(path):
    path.write_bytes(path.read_bytes()[:-200])


def flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def foreign(path):
    """Put the weights of another training of the same settings there, which have the same names, shapes and size."""
    weights = torch.load(path, weights_only=True)
    size = path.stat().st_size
    for part in weights["ct"].values():
        part += 0.5
    with path.open("wb") as file:  # as `written` does: torch names what lies in it after a path
        torch.save(weights, file)
    assert path.stat().st_size == size


def text(path):
    path.write_text('{"settings": 7}')


@pytest.mark.parametrize("harm", [Path.unlink, cut, flipped, foreign, text])
@pytest.mark.parametrize("with_checkpoint", [True, False])
def test_weights_that_are_not_those_that_were_learnt_make_no_volume(trained, tmp_path, harm, with_checkpoint):
    config, whole, right = trained
    root = shutil.copytree(whole, tmp_path / "stages")
    shutil.rmtree(root / "synthesis")
    folder = next((root / "translation").glob("*/model.json")).parent
    translator._opened.cache_clear()
    harm(folder / "generators.pt")
    if not with_checkpoint:
        (folder / "last.ckpt").unlink()
    found, said = _outcome(config, root)
    if harm in (flipped, foreign):
        assert str(folder) in said
        assert "\n" not in said
    else:
        assert all(np.array_equal(found[name], right[name]) for name in right)


@pytest.mark.parametrize(
    ("stage", "name"), [("translation", "model.json"), ("synthesis", "volumes/*"), ("synthesis", "records/*")]
)
@pytest.mark.parametrize("harm", [Path.unlink, cut])
def test_what_lies_beside_the_weights_is_made_again_or_named(trained, tmp_path, stage, name, harm):
    config, whole, right = trained
    root = shutil.copytree(whole, tmp_path / "stages")
    translator._opened.cache_clear()
    folder = next((root / stage).glob("*/recipe.json")).parent
    harm(next(iter(folder.glob(name))))
    found, said = _outcome(config, root)
    assert f"rm -r {folder}" in said or all(np.array_equal(found[each], right[each]) for each in right)
