"""nnU-Net's label `ignore` counts nowhere: not in scores, not in synthetic volumes, not in the loss on a CT."""

import json

import numpy as np
import pytest
import torch

from labelct.cohort.base import Cohort
from labelct.cohort.open import open_cohort
from labelct.cohort.settings import NnunetRawSettings
from labelct.commands import replay
from labelct.dataset import TrainingSet
from labelct.errors import InputError
from labelct.io import nifti
from labelct.stages import priors, synthesis, testing, training
from labelct.store import Stage
from labelct.tracking import Tracker
from labelct.trainer.nnunet.plans import plan, read_plans
from labelct.trainer.nnunet.settings import NnunetSettings
from labelct.trainer.table import open_model
from tests.stages.chain import SMALL, build_all, contents

SHAPE = (16, 16, 16)
LIVER, PREDICTED, IGNORED = (slice(4, 12), slice(4, 12), slice(4, 12)), slice(4, 8), slice(12, 16)


@pytest.fixture
def subject(tmp_path):
    """Return a case with a liver, a slab that nobody labelled, and a CT."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[LIVER] = 1
    labels[IGNORED] = 2
    root = tmp_path / "raw"
    nifti.write(root / "labelsTs" / "a.nii.gz", labels, np.diag([4.0, 4.0, 4.0, 1.0]))
    hu = np.where(labels == 1, 60.0, -1000.0).astype(np.float32)
    nifti.write(root / "imagesTs" / "a_0000.nii.gz", hu, np.diag([4.0, 4.0, 4.0, 1.0]))
    index = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "liver": 1, "ignore": 2}}
    (root / "dataset.json").write_text(json.dumps(index))
    return open_cohort(NnunetRawSettings(root=str(root))).test[0]


@pytest.mark.parametrize("parts", [None, 1])
def test_it_is_masked_out_of_prediction_and_truth(configured, subject, tmp_path, parts):
    """A prediction of half the liver, and of all that is ignored, has the Dice of the half: 2/3.

    What is ignored is the larger component, and is none of those that are kept.
    """
    found = np.zeros(SHAPE, np.uint8)
    found[PREDICTED, 4:12, 4:12] = 1
    found[IGNORED] = 1
    nifti.write(tmp_path / "masks" / "a.nii.gz", found, np.diag([4.0, 4.0, 4.0, 1.0]))
    (tmp_path / "masks" / "components.json").write_text(json.dumps({"liver": parts}))
    segmented = Stage("segmentation", "0" * 12, tmp_path / "masks")
    (row,) = testing.rows_of(testing.evaluate(configured(*SMALL), "own", (subject,), segmented, tmp_path / "stages"))
    assert row["dice"] == pytest.approx(2 / 3)


def test_it_is_never_painted_and_asks_for_no_prior(configured, subject, tmp_path):
    config = configured(*SMALL, "data=synth3", "texture=white", "drop=none")
    priors.tables(config, Cohort("one", (subject,), (), ()), tmp_path).write(tmp_path)
    sampler = synthesis.sampler(config, tmp_path)
    loaded = sampler.load(subject)
    synthetic = sampler.recipe.draw(loaded.case, np.random.default_rng(0))
    assert set(loaded.case.names.values()) == {"liver"}
    assert set(np.unique(synthetic.target)) == {0, 1}
    assert set(synthetic.anatomy.names.values()) == {"liver"}


CLINICAL = ("cohort=nnunet_raw", "data=clinical", "scanner=none", "trainer=unet", "parallel.workers=1")


def cohort_of(folder, ignored=2, cases="abv", without=""):
    """Write a data set whose label `ignore` has the value `ignored` among background, liver and spleen."""
    names = ["liver", "spleen"]
    names.insert(ignored - 1, "ignore")
    value = {name: number for number, name in enumerate(names, start=1)}
    for case in cases:
        labels = np.zeros(SHAPE, np.uint8)
        labels[LIVER], labels[2:4, 4:12, 4:12] = value["liver"], value["spleen"]
        if case not in without:
            labels[IGNORED] = value["ignore"]
        nifti.write(folder / "labelsTr" / f"{case}.nii.gz", labels, np.diag([4.0, 4.0, 4.0, 1.0]))
        hu = np.where(labels > 0, 60.0, -1000.0).astype(np.float32)
        nifti.write(folder / "imagesTr" / f"{case}_0000.nii.gz", hu, np.diag([4.0, 4.0, 4.0, 1.0]))
    index = {"channel_names": {"0": "CT"}, "labels": {"background": 0, **value}}
    (folder / "dataset.json").write_text(json.dumps(index))
    (folder / "splits_final.json").write_text(json.dumps([{"train": [*cases[:-1]], "val": [cases[-1]]}]))
    return folder


def training_set_of(configured, cohort, root, *overrides):
    config = configured(*CLINICAL, f"cohort.root={cohort}", "targets=[liver,spleen]", *overrides)
    return build_all(config, root)[3]


@pytest.mark.parametrize("ignored", [1, 2, 3])
def test_a_training_set_of_ct_says_which_voxels_nobody_labelled(configured, tmp_path, ignored):
    cohort = cohort_of(tmp_path / "raw", ignored, without="b")
    made = TrainingSet(training_set_of(configured, cohort, tmp_path / "stages").folder)
    index = json.loads((made.folder / "dataset.json").read_text())
    assert index["labels"] == {"background": 0, "liver": 1, "spleen": 2, "ignore": 3}
    expected = np.zeros(SHAPE, np.uint8)
    expected[LIVER], expected[2:4, 4:12, 4:12] = 1, 2
    found = {case.name: nifti.read_label_map(case.label).array for case in (*made.train, *made.val)}
    assert np.array_equal(found["b_r0"], expected)
    expected[IGNORED] = 3
    assert np.array_equal(found["a_r0"], expected)
    assert np.array_equal(found["v_r0"], expected)
    lines = [json.loads(line) for line in (made.folder / "manifest.jsonl").read_text().splitlines()]
    assert {line["case"]: line.get("ignored") for line in lines} == {"a": 4 * 16 * 16, "b": None, "v": 4 * 16 * 16}
    assert replay.main([str(made.folder), "a_r0", "-o", str(tmp_path / "again")]) == 0


def test_a_training_set_without_such_voxels_is_what_it_is_without_the_label(configured, tmp_path):
    """The label declared and not used leaves every byte as it is where nobody declares it."""
    made = []
    for name in ("declared", "plain"):
        cohort = cohort_of(tmp_path / name, ignored=3, without="abv")
        if name == "plain":
            index = json.loads((cohort / "dataset.json").read_text())
            del index["labels"]["ignore"]
            (cohort / "dataset.json").write_text(json.dumps(index))
        made.append(training_set_of(configured, cohort, tmp_path / "stages" / name))
    one, other = made
    assert one.key == other.key
    one, other = (contents(stage.folder) for stage in made)
    for files in (one, other):
        del files["config.json"], files["files.json"]  # where the cohort lies, and its digest
    assert one == other
    assert b"ignore" not in one["dataset.json"]


def test_on_another_grid_they_stay_where_they_are(configured, tmp_path):
    cohort = cohort_of(tmp_path / "raw")
    made = TrainingSet(training_set_of(configured, cohort, tmp_path / "stages", "data.spacing=8").folder)
    labels = nifti.read_label_map(made.train[0].label).array
    assert [int(value) for value in labels[:, 0, 0]] == [0, 0, 0, 0, 0, 0, 3, 3]


def test_a_replay_of_a_case_of_which_more_is_ignored_by_now_is_refused(configured, tmp_path):
    cohort = cohort_of(tmp_path / "raw", cases="ab")
    made = training_set_of(configured, cohort, tmp_path / "stages")
    cohort_of(tmp_path / "raw", cases="ab", without="a")
    with pytest.raises(InputError, match="its label_map is not the one"):
        replay.main([str(made.folder), "a_r0", "-o", str(tmp_path / "again")])


def test_as_many_targets_as_there_are_values_leave_none_for_them(configured, subject, tmp_path):
    entries = ["liver", *(f"organ_{number}" for number in range(254))]
    config = configured(*SMALL, "data=clinical", f"targets={entries}")
    priors.tables(config, Cohort("one", (subject,), (), ()), tmp_path).write(tmp_path)
    sampler = synthesis.sampler(config, tmp_path)
    with pytest.raises(InputError, match="255 targets leave no value; choose at most 254") as error:
        sampler.load(subject)
    assert "\n" not in str(error.value)


def test_the_u_net_trains_on_them_and_knows_the_targets_alone(configured, tmp_path):
    cohort = cohort_of(tmp_path / "raw")
    config = configured(
        *CLINICAL, f"cohort.root={cohort}", "targets=[liver,spleen]", "trainer.channels=[4,8,8]", "trainer.steps=2",
        "trainer.patch=[16,16,16]", "trainer.deep_supervision=1", "trainer.batch=1", "device=cpu",
    )  # fmt: skip
    opened, stage, _, made = build_all(config, tmp_path / "stages")
    (model,) = training.run(config, opened, stage, made, tmp_path / "stages", Tracker())
    described = json.loads((model.folder / "model.json").read_text())
    assert (described["labels"], described["ignore"]) == ({"liver": 1, "spleen": 2}, 3)
    assert json.loads((model.folder / "components.json").read_text()) == {"liver": 1, "spleen": 1}
    found = open_model(model.folder, config.device).predict(opened.train[0].load_ct())
    assert set(np.unique(found)) <= {0, 1, 2}


@pytest.mark.slow
def test_nnunet_measures_the_intensities_of_structures_alone(configured, tmp_path):
    cohort = cohort_of(tmp_path / "raw")
    for path in sorted((cohort / "imagesTr").iterdir()):
        ct = nifti.read_volume(path)
        hu = np.array(ct.array)
        hu[IGNORED] = -1000
        nifti.write(path, hu, ct.affine)
    made = TrainingSet(training_set_of(configured, cohort, tmp_path / "stages").folder)
    plan(made, NnunetSettings(), tmp_path / "plans")
    measured = read_plans(tmp_path / "plans")["foreground_intensity_properties_per_channel"]["0"]
    assert (measured["min"], measured["mean"], measured["max"]) == pytest.approx((60, 60, 60))


@pytest.mark.slow
def test_nnunet_trains_on_them_and_leaves_them_out_of_its_own_loss(configured, tmp_path, monkeypatch):
    """Its loss is asked twice, the network saying something else where nobody labelled: the same number."""
    from labelct.trainer.nnunet.compat import LabelctTrainer

    losses, step = [], LabelctTrainer.train_step

    def asked(trainer, batch):
        assert (trainer.label_manager.ignore_label, trainer.label_manager.num_segmentation_heads) == (3, 3)
        target = batch["target"]
        torch.manual_seed(0)
        scores = [torch.randn(part.shape[0], 3, *part.shape[2:]) for part in target]
        other = [torch.where(part == 3, -5 * score, score) for score, part in zip(scores, target, strict=True)]
        losses.append([(target[0] == 3).any(), *(float(trainer.loss(said, target)) for said in (scores, other))])
        return step(trainer, batch)

    monkeypatch.setattr(LabelctTrainer, "train_step", asked)
    cohort = cohort_of(tmp_path / "raw")
    config = configured(
        *CLINICAL, f"cohort.root={cohort}", "targets=[liver,spleen]", "trainer=nnunet",
        "trainer.patch=[16,16,16]", "trainer.batch=1", "trainer.epochs=1", "trainer.iterations=2",
        "trainer.iterations_val=1", "device=cpu", "device.workers=0",
    )  # fmt: skip
    opened, stage, _, made = build_all(config, tmp_path / "stages")
    model = training.run(config, opened, stage, made, tmp_path / "stages", Tracker())[-1]
    assert len(losses) == 2
    assert any(held for held, *_ in losses)
    assert all(one == pytest.approx(other, rel=1e-6) for _, one, other in losses)
    found = open_model(model.folder, config.device, config.trainer.prediction).predict(opened.train[0].load_ct())
    assert set(np.unique(found)) <= {0, 1, 2}
