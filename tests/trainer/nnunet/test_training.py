"""nnU-Net's hand-off: plans that all arms share, a training that goes on where it was killed, its own prediction."""

import csv
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from labelct.trainer.nnunet_plans import normalisation, read_plans
from labelct.trainer.nnunet_preprocessing import plans_of, preprocess
from labelct.trainer.nnunet_roots import DATASET

from labelct.cohort.base import Cohort
from labelct.dataset import TrainingSet
from labelct.errors import InputError
from labelct.io import nifti
from labelct.parallel import ParallelSettings
from labelct.stages import cohorts, nnunet, scanning, synthesis
from labelct.store import write_json
from labelct.tracking import Tracker
from labelct.trainer.settings import DeviceSettings
from labelct.volume import Volume

ARMS = ("clinical", "synth1", "synth2", "synth3")
SMALL = ["cohort.spacing=14", "limit.train=2", "limit.val=1", "limit.test=1", "data.replicates=1", "texture.clips=4"]
SMALL += ["parallel.workers=1", "trainer=nnunet", "trainer.patch=[16,16,16]", "trainer.batch=1", "trainer.epochs=2"]
SMALL += ["trainer.iterations=1", "trainer.iterations_val=1", "trainer.save_every=1", "trainer.prediction.mirror=false"]


def prepared(config, root, cohort=None):
    """Return the training set's stage, the plans' and the preprocessed set's."""
    opened, stage = cohorts.prepare(config, config.cohort, root)
    cohort = cohort or opened
    training_set = scanning.run(config, synthesis.run(config, cohort, stage, root), root)
    return training_set, *nnunet.prepare(config, cohort, stage, training_set, root)


def without_ct(config, root) -> Cohort:
    cohort, _ = cohorts.prepare(config, config.cohort, root)
    bare = {split: tuple(replace(s, load_ct=None) for s in getattr(cohort, split)) for split in ("train", "val")}
    return replace(cohort, train=bare["train"], val=bare["val"])


@pytest.fixture(scope="module")
def arms(configured, tmp_path_factory):
    root = tmp_path_factory.mktemp("nnunet")
    return {arm: prepared(configured(*SMALL, f"data={arm}"), root) for arm in ARMS}


def test_every_arm_trains_with_the_normalisation_of_the_clinical_one(arms):
    clinical = plans_of(arms["clinical"][2].folder)
    assert normalisation(clinical, "3d_fullres")["normalization_schemes"] == ["CTNormalization"]
    for arm in ARMS:
        plans = plans_of(arms[arm][2].folder)
        key = "foreground_intensity_properties_per_channel"
        assert plans[key] == clinical[key]
        assert normalisation(plans, "3d_fullres") == normalisation(clinical, "3d_fullres")
        assert plans == clinical
        assert arms[arm][1].key == arms["clinical"][1].key
    recipe = json.loads((arms["synth1"][1].folder / "recipe.json").read_text())
    assert recipe["parents"] == {"dataset": arms["clinical"][0].key}


def test_the_normalisation_is_measured_in_the_clinical_ct(arms):
    training_set = TrainingSet(arms["clinical"][0].folder)
    pairs = [
        (nifti.read_volume(c.image), nifti.read_label_map(c.label)) for c in (*training_set.train, *training_set.val)
    ]
    liver = np.concatenate([volume.array[labels.array > 0] for volume, labels in pairs])
    figures = read_plans(arms["synth1"][1].folder)["foreground_intensity_properties_per_channel"]["0"]
    assert figures["mean"] == pytest.approx(liver.mean(), abs=3)
    assert figures["percentile_00_5"] == pytest.approx(np.percentile(liver, 0.5), abs=10)


def test_the_arrays_of_a_synthetic_arm_are_clipped_where_the_clinical_ones_are(arms):
    import blosc2

    figures = plans_of(arms["clinical"][2].folder)["foreground_intensity_properties_per_channel"]["0"]
    bounds = [(figures[name] - figures["mean"]) / figures["std"] for name in ("percentile_00_5", "percentile_99_5")]
    for arm in ("synth1", "synth3"):
        folder = arms[arm][2].folder / "preprocessed" / DATASET / "nnUNetPlans_3d_fullres"
        for path in (path for path in folder.glob("*.b2nd") if not path.stem.endswith("_seg")):
            array = blosc2.open(str(path), mode="r")[:]
            assert array.min() == pytest.approx(bounds[0], abs=1e-3)
            assert array.max() <= bounds[1] + 1e-3


def test_the_split_is_the_training_sets_own(arms):
    training_set, _, preprocessed = arms["synth3"]
    own = json.loads((training_set.folder / "splits_final.json").read_text())
    assert json.loads((preprocessed.folder / "preprocessed" / DATASET / "splits_final.json").read_text()) == own


@pytest.mark.slow
def test_patch_and_batch_follow_the_axes_of_the_world(configured, tmp_path):
    overrides = ["trainer.patch=[32,16,24]", "trainer.batch=3"]
    _, plans, _ = prepared(configured(*SMALL, *overrides, "data=clinical"), tmp_path)
    plan = read_plans(plans.folder)
    chosen = plan["configurations"]["3d_fullres"]
    assert [chosen["patch_size"][plan["transpose_forward"].index(axis)] for axis in (2, 1, 0)] == [32, 16, 24]
    assert chosen["batch_size"] == 3
    factors = np.prod(chosen["architecture"]["arch_kwargs"]["strides"], axis=0)
    assert not (np.array(chosen["patch_size"]) % factors).any()


@pytest.mark.slow
def test_without_any_ct_all_arms_share_the_builtin_intensities(configured, tmp_path):
    keys = set()
    for arm, replicates in (("synth1", 1), ("synth2", 2)):
        config = configured(*SMALL, f"data={arm}", f"data.replicates={replicates}")
        _, plans, preprocessed = prepared(config, tmp_path, without_ct(config, tmp_path))
        figures = plans_of(preprocessed.folder)["foreground_intensity_properties_per_channel"]["0"]
        assert (figures["mean"], figures["std"]) == (99.4, 39.4)
        keys.add(plans.key)
    assert len(keys) == 1


def test_a_finished_case_is_not_preprocessed_again(arms, tmp_path):
    training_set, plans, preprocessed = arms["synth2"]
    made = []
    for _ in range(2):
        preprocess(TrainingSet(training_set.folder), plans.folder, "3d_fullres", ParallelSettings(workers=1), tmp_path)
        files = sorted((tmp_path / "preprocessed" / DATASET / "nnUNetPlans_3d_fullres").iterdir())
        made.append([(path.name, path.stat().st_mtime_ns) for path in files])
    assert made[0] == made[1]
    there = preprocessed.folder / "preprocessed" / DATASET / "nnUNetPlans_3d_fullres"
    assert [name for name, _ in made[0]] == sorted(path.name for path in there.iterdir())


def test_no_validation_case_is_said(arms, tmp_path):
    training_set, plans, _ = arms["synth2"]
    splits = [{"train": [case.name for case in TrainingSet(training_set.folder).train], "val": []}]
    for name in ("imagesTr", "labelsTr", "dataset.json"):
        (tmp_path / name).symlink_to(training_set.folder / name)
    write_json(tmp_path / "splits_final.json", splits)
    with pytest.raises(InputError, match="no validation case"):
        preprocess(TrainingSet(tmp_path), plans.folder, "3d_fullres", ParallelSettings(workers=1), tmp_path / "out")


def train(config, preprocessed, folder):
    from labelct.trainer.nnunet import fit

    folder.mkdir(exist_ok=True)
    fit(preprocessed.folder, {"liver": 1}, config.trainer, DeviceSettings(), 0, folder, Tracker(folder / "curves.csv"))


def weights(folder):
    import torch

    path = next(folder.rglob("checkpoint_final.pth"))
    return torch.load(path, map_location="cpu", weights_only=False)["network_weights"]


@pytest.fixture(scope="module")
def trained(configured, arms, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    train(configured(*SMALL), arms["synth3"][2], folder)
    return folder


@pytest.mark.slow
def test_a_killed_training_goes_on_at_the_stored_epoch_and_ends_the_same(
    configured, arms, trained, tmp_path, monkeypatch
):
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

    epoch_end, begun = nnUNetTrainer.on_epoch_end, []

    def killed(trainer):
        epoch_end(trainer)
        if trainer.current_epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(nnUNetTrainer, "on_epoch_end", killed)
    with pytest.raises(KeyboardInterrupt):
        train(configured(*SMALL), arms["synth3"][2], tmp_path)
    epoch_start = nnUNetTrainer.on_epoch_start
    monkeypatch.setattr(nnUNetTrainer, "on_epoch_end", epoch_end)
    monkeypatch.setattr(nnUNetTrainer, "on_epoch_start", lambda t: begun.append(t.current_epoch) or epoch_start(t))
    train(configured(*SMALL), arms["synth3"][2], tmp_path)
    assert begun == [1]
    assert [row["epoch"] for row in csv.DictReader((tmp_path / "log.csv").open())] == ["1", "2"]
    whole, resumed = weights(trained), weights(tmp_path)
    assert all(np.allclose(whole[name], resumed[name], atol=1e-4) for name in whole)
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.slow
def test_the_prediction_is_the_one_of_nnunets_own_file_reader(trained, tmp_path):
    from labelct.trainer.open import open_model

    predictor = open_model(trained, DeviceSettings())
    rng = np.random.default_rng(1)
    affine = np.diag([15.0, 11.0, 18.0, 1.0])
    volume = Volume(rng.normal(60, 60, (21, 25, 17)).astype(np.float32), affine)
    found = predictor.predict(volume)
    nifti.write(tmp_path / "case_0000.nii.gz", np.rint(volume.array), affine)
    rounded = predictor.predict(Volume(np.rint(volume.array), affine))
    files = ([[str(tmp_path / "case_0000.nii.gz")]], [str(tmp_path / "case")])
    predictor.network.predict_from_files_sequential(*files, save_probabilities=False)
    assert found.shape == volume.array.shape
    assert found.dtype == np.uint8
    assert 0 < rounded.mean() < 1
    np.testing.assert_array_equal(nifti.read_label_map(tmp_path / "case.nii.gz").array, rounded)


@pytest.mark.slow
def test_an_unfinished_training_cannot_predict(trained, tmp_path):
    from labelct.trainer.nnunet import Predictor

    (tmp_path / "model.json").write_text((trained / "model.json").read_text())
    with pytest.raises(InputError, match="no such checkpoint"):
        Predictor.load(tmp_path, DeviceSettings())


@pytest.mark.parametrize(
    ("mirror", "lateral", "forward", "allowed"),
    [
        ("auto", False, (0, 1, 2), (0, 1, 2)),
        ("auto", True, (0, 1, 2), (0, 1)),
        ("auto", True, (2, 0, 1), (1, 2)),
        ("all", True, (0, 1, 2), (0, 1, 2)),
        ("none", False, (0, 1, 2), ()),
    ],
)
def test_sides_are_never_mirrored_into_each_other(mirror, lateral, forward, allowed):
    from labelct.trainer.external.labelct_nnunet import LabelctTrainer

    job = {"settings": {"mirror": mirror}, "lateral": lateral}
    trainer = SimpleNamespace(job=job, plans_manager=SimpleNamespace(transpose_forward=forward))
    assert LabelctTrainer._mirrored(trainer, (0, 1, 2)) == allowed
