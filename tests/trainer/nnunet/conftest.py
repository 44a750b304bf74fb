import json
from functools import cache, partial

import pytest

from labelct.stages import cohorts, scanning, synthesis, training
from labelct.tracking import Tracker
from labelct.trainer import nnunet
from labelct.trainer.nnunet.compat import DATASET, PLANS
from tests.trainer.conftest import task

ARMS = ("clinical", "synth1", "synth2", "synth3")
SMALL = ["cohort.spacing=14", "limit.train=2", "limit.val=1", "limit.test=1", "data.replicates=1", "texture.clips=4"]
SMALL += ["parallel.workers=1", "trainer=nnunet", "trainer.patch=[16,16,16]", "trainer.batch=1", "trainer.epochs=2"]
SMALL += ["trainer.iterations=1", "trainer.iterations_val=1", "trainer.save_every=1", "trainer.prediction.mirror=false"]


def prepared(config, root, cohort=None):
    """Return the training set's stage, the plans' and the preprocessed set's."""
    opened, stage = cohorts.prepare(config, config.cohort, root)
    cohort = cohort or opened
    training_set = scanning.run(config, synthesis.run(config, cohort, stage, root), root)
    clinical = partial(training.clinical_arm, config, cohort, stage, root)
    return training_set, *nnunet.prepare(training.task_of(config, cohort, training_set), training_set, clinical, root)


def plans_of(folder):
    """Return the plans that the training set preprocessed in `folder` is trained with."""
    return json.loads((folder / "preprocessed" / DATASET / f"{PLANS}.json").read_text(encoding="utf-8"))


def train(config, preprocessed, folder):
    """Train on a preprocessed set."""
    folder.mkdir(exist_ok=True)
    nnunet.fit(task(config.trainer), preprocessed.folder, folder, Tracker(folder / "curves.csv"))


@pytest.fixture(scope="session")
def arms(configured, tmp_path_factory):
    """Return a function from an arm to what `prepared` does; each is made when it is first asked for."""
    root = tmp_path_factory.mktemp("nnunet")
    return cache(lambda arm: prepared(configured(*SMALL, f"data={arm}"), root))


@pytest.fixture(scope="session")
def trained(configured, arms, tmp_path_factory):
    """Return the folder of a finished training."""
    folder = tmp_path_factory.mktemp("whole")
    train(configured(*SMALL), arms("synth3")[2], folder)
    return folder
