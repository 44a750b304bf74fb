"""The training stage asks no trainer by name: it hands on what is to be done, and keys what the trainer reads."""

import json
import shutil
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from labelct.cohort.base import Cohort
from labelct.cohort.open import open_cohort
from labelct.commands import compose
from labelct.dataset import image_path, label_path, write_index
from labelct.errors import InputError, SettingError
from labelct.io import nifti
from labelct.scanner.settings import ScannerSettings
from labelct.stages import cohorts, priors, training
from labelct.store import Stage, build, recipe_of
from labelct.synthesis.bank import make_white
from labelct.tracking import Tracker
from labelct.trainer.settings import DeviceSettings, Step, TrainerSettings
from tests.stages.chain import SMALL as CHAIN

GB = 2**30
DRAWN = ["cohort.splits_file=null", "cohort.splits={train:64,val:17,test:44}"]  # in place of the paper's cases
SMALL = ["cohort.spacing=14", "limit.train=2", "limit.val=1", "limit.test=1", "parallel.workers=1"]


class Usage:
    def __init__(self, free: int) -> None:
        self.free = free


@dataclass
class Third(TrainerSettings):
    """The settings of a trainer that no module of labelct names."""

    kind: str = "third"
    depth: int = 3
    prediction: dict = field(default_factory=dict)

    @property
    def step(self):
        return Step(1, (8, 8, 8), 1, "depth")


class ThirdTrainer:
    """A trainer with the face alone; it keeps what it was asked."""

    Settings = Third

    def __init__(self, prepares: bool) -> None:
        self.prepares, self.asked = prepares, []

    def check(self, task, size, outputs):
        self.asked.append(("check", size().volumes))

    def prepare(self, task, training_set, clinical_arm, root):
        recipe = recipe_of("grids", 1, {}, [training_set])
        return [build(root, recipe, lambda folder: None)] if self.prepares else []

    def fit(self, task, data, folder, tracker):
        self.asked.append(("fit", data.parent.name, task.settings.depth, task.targets.values))

    def load(self, folder, device, prediction=None):
        raise NotImplementedError


def one_case(folder):
    """Leave a training set of one case, whose liver has two parts."""
    labels = np.zeros((8, 4, 4), np.uint8)
    labels[:3], labels[5:] = 1, 1
    nifti.write(label_path(folder, "a_r0"), labels, np.eye(4))
    nifti.write(image_path(folder, "a_r0"), labels.astype(np.float32), np.eye(4))
    write_index(folder, ["liver"], {"train": ["a_r0"]})


@pytest.fixture
def experiment(configured, tmp_path):
    """Return a configuration, its cohort and the stages of cohort and training set, which is empty."""
    config = replace(configured(*SMALL), trainer=Third())
    cohort, stage = cohorts.prepare(config, config.cohort, tmp_path)
    training_set = build(tmp_path, recipe_of("dataset", 1, {}, [stage]), one_case)
    return config, cohort, stage, training_set


@pytest.mark.parametrize(("prepares", "reads"), [(False, "dataset"), (True, "grids")])
def test_a_trainer_of_the_table_is_run_by_its_face(experiment, tmp_path, monkeypatch, prepares, reads):
    config, cohort, stage, training_set = experiment
    third = ThirdTrainer(prepares)
    monkeypatch.setattr(training, "TRAINERS", {"third": third})
    training.check(config, cohort)
    *prepared, model = training.run(config, cohort, stage, training_set, tmp_path, Tracker())
    volumes = 2 * config.data.replicates + config.data.replicates_val
    assert third.asked == [("check", volumes), ("fit", reads, 3, {"liver": 1})]
    assert [made.name for made in prepared] == (["grids"] if prepares else [])
    assert json.loads((model.folder / "recipe.json").read_text())["parents"].keys() == {reads}
    assert json.loads((model.folder / "targets.json").read_text()) == {"liver": ["liver"]}
    assert json.loads((model.folder / "components.json").read_text()) == {"liver": {"count": 2, "gap_mm": 3.0}}


def test_prediction_and_device_are_none_of_the_trainings_key(experiment, tmp_path, monkeypatch):
    config, cohort, stage, training_set = experiment
    monkeypatch.setattr(training, "TRAINERS", {"third": ThirdTrainer(False)})

    def key(**changes):
        return training.run(replace(config, **changes), cohort, stage, training_set, tmp_path, Tracker())[-1].key

    assert key() == key(trainer=Third(prediction={"mirror": True})) == key(device=DeviceSettings(threads=1))
    assert len({key(), key(seed=1), key(trainer=Third(depth=4))}) == 3


def test_without_any_ct_there_is_no_clinical_arm(experiment, tmp_path):
    config, cohort, stage, _ = experiment
    bare = replace(cohort, train=tuple(replace(subject, load_ct=None) for subject in cohort.train))
    assert training.clinical_arm(config, bare, stage, tmp_path) is None


def test_sizes_are_those_of_the_grid_that_volumes_are_made_on(experiment):
    config, cohort, *_ = experiment
    own = training.size_of(config, cohort)
    finer = training.size_of(replace(config, data=replace(config.data, spacing=7.0)), cohort)
    grids = [nifti.read_grid(next(path for path in s.files if ".nii" in path.suffixes))[0] for s in cohort.train]
    assert own.voxels >= max(np.prod(grid) for grid in grids)
    assert finer.total_voxels == pytest.approx(8 * own.total_voxels, rel=0.01)
    assert finer.spacing == 7.0
    assert own.spacing == pytest.approx((8 * finer.spacing**3) ** (1 / 3), rel=0.01)
    assert own.volumes == 2 * config.data.replicates + config.data.replicates_val
    kept = ScannerSettings(kind="helical", cache=True)
    assert training.size_of(replace(config, scanner=kept), cohort).projections > 0
    assert training.size_of(replace(config, scanner=replace(kept, cache=False)), cohort).projections == 0


@pytest.mark.parametrize("trainer", ["unet", "nnunet"])
def test_clinical_ct_and_full_scans_are_refused_in_one_line(configured, tmp_path, trainer):
    for override, told in (("data=clinical", "data=clinical"), ("scanner=compact", "noise_only")):
        config = configured(f"trainer={trainer}", "debug=smoke", override, "data.mode=online", "parallel.workers=1")
        cohort, _ = cohorts.prepare(config, config.cohort, tmp_path)
        with pytest.raises(SettingError, match=told) as error:
            training.check(config, cohort)
        assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def totalsegmentator(tmp_path_factory):
    """A folder laid out like TotalSegmentator v1, of the paper's size, with tiny volumes."""
    root = tmp_path_factory.mktemp("totalsegmentator")
    mask, affine = np.zeros((6, 6, 6), np.uint8), np.diag([1.5, 1.5, 1.5, 1.0])
    mask[2:4, 2:4, 2:4] = 1
    for number in range(64 + 17 + 44):
        folder = root / f"s{number:04d}"
        nifti.write(folder / "ct.nii.gz", np.zeros(mask.shape, np.float32), affine)
        for name in ("liver", "spleen", "heart_atrium_left"):
            nifti.write(folder / "segmentations" / f"{name}.nii.gz", mask, affine)
    return root


def test_the_papers_table_composes_and_its_preflight_passes(configured, totalsegmentator, tmp_path):
    given = [f"cohort.root={totalsegmentator}", f"texture.root={tmp_path}", f"paths.outputs={tmp_path}", "device=cpu"]
    arms = ["experiment=table1", "data=clinical,synth1,synth2,synth3", *given]
    assert compose.check_jobs(arms, multirun=True) == 4
    config = configured("experiment=table1", *DRAWN, *given)
    assert (config.trainer.kind, config.trainer.epochs, config.scanner.kind) == ("nnunet", 4000, "helical")
    cohort = open_cohort(config.cohort)
    assert [len(getattr(cohort, split)) for split in ("train", "val", "test")] == [64, 17, 44]
    training.check(config, cohort)


def test_kept_projections_count_as_disk(configured, totalsegmentator, tmp_path, monkeypatch):
    given = [f"cohort.root={totalsegmentator}", f"texture.root={tmp_path}", f"paths.outputs={tmp_path}", "device=cpu"]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(50 * GB))
    config = configured("experiment=table1", "scanner.cache=true", *DRAWN, *given)
    with pytest.raises(InputError, match=r"273 volumes need about .*scanner\.cache=false"):
        training.check(config, open_cohort(config.cohort))
    clinical = configured("experiment=table1", "scanner.cache=true", "data=clinical", *DRAWN, *given)
    training.check(clinical, open_cohort(clinical.cohort))


@pytest.mark.ci
def test_a_network_is_trained_once_and_knows_its_targets(configured, made, tmp_path):
    _, (cohort, cohort_stage, _, training_set) = made
    config = configured(*CHAIN, "debug=smoke")
    stages = [
        training.run(config, cohort, cohort_stage, training_set, tmp_path, Tracker(tmp_path / "curves.csv"))
        for _ in range(2)
    ]
    (model,), (again,) = stages
    assert (model.fresh, again.fresh, again.key) == (True, False, model.key)
    assert json.loads((model.folder / "targets.json").read_text(encoding="utf-8")) == {"liver": ["liver"]}
    assert (model.folder / "model.json").is_file()
    assert "loss" in (tmp_path / "curves.csv").read_text(encoding="utf-8")


def test_no_clip_is_made_before_the_first_volume_is_drawn(configured, tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr("labelct.synthesis.recipe.load_bank", lambda texture: made.append(texture) or make_white())
    config = configured("data=synth3", "data.mode=online", "scanner=none", *SMALL)
    cohort, *_ = cohorts.prepare(config, config.cohort, tmp_path)
    priors.tables(config, cohort, tmp_path).write(tmp_path)
    task = training.task_of(config, cohort, Stage("dataset", "0" * 12, tmp_path))
    assert made == []
    assert task.volumes is not None
    assert task.volumes.sampler is task.volumes.sampler
    assert len(made) == 1


@pytest.mark.parametrize(("fresh", "told"), [(False, [(10, {"train/loss": 0.5})]), (True, [])])
def test_a_training_that_is_reused_tells_its_curves_again(configured, tmp_path, monkeypatch, fresh, told):
    class Recorder(Tracker):
        def log(self, metrics, step):
            heard.append((step, dict(metrics)))

    heard: list[tuple[int, dict[str, float]]] = []
    (tmp_path / "log.csv").write_text("step,loss,dice,seconds\n10,0.5,,1\n")
    model, dataset = Stage("training", "0" * 12, tmp_path, fresh), Stage("dataset", "1" * 12, tmp_path)
    monkeypatch.setattr(training, "build", lambda *_: model)
    config, cohort = configured("trainer=unet"), Cohort("none", (), (), ())
    assert training.run(config, cohort, dataset, dataset, tmp_path, Recorder()) == [model]
    assert heard == told
