import pytest
from omegaconf import OmegaConf

from labelct.commands import compose, earlier_run
from labelct.config import plain
from labelct.errors import InputError


def left(folder, *overrides, scores=True):
    """Leave what a run of these overrides does, with or without results."""
    folder.mkdir()
    config = plain(compose.configuration(list(overrides)))
    (folder / "config.yaml").write_text(OmegaConf.to_yaml(OmegaConf.create(config)), encoding="utf-8")
    if scores:
        (folder / "scores.json").write_text("{}", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def config():
    """Return what is going to run, with keys that are numbers and numbers that YAML could take for texts."""
    names = ["cohort=folder", "cohort.root=/data", "cohort.names={1:liver,2:'yes'}"]
    return (*names, "trainer.learning_rate=1e-5", "seed=3")


def test_results_of_another_configuration_are_never_mixed_with_new_ones(tmp_path, config):
    job = compose.configuration(list(config))
    with pytest.raises(InputError, match=r"another configuration \(seed=4, which is 3 here\); give another folder"):
        earlier_run.check(left(tmp_path / "seed", *config[:-1], "seed=4"), job)
    with pytest.raises(InputError, match=r"\(test\.own=.*, which is nothing here\)"):
        earlier_run.check(left(tmp_path / "test", *config), compose.configuration([*config, "test=none"]))


def test_the_same_job_and_one_that_left_no_results_go_on(tmp_path, config):
    elsewhere = ["parallel.workers=2", "device.threads=1", "name=again", "tags=[b]", "paths.outputs=/x"]
    job = compose.configuration([*config, *elsewhere])
    earlier_run.check(left(tmp_path / "same", *config), job)
    earlier_run.check(left(tmp_path / "stopped", *config[:-1], "seed=4", scores=False), job)
    earlier_run.check(tmp_path / "none", job)


def test_what_is_no_configuration_is_one_line(tmp_path, config):
    folder = left(tmp_path / "run", *config)
    (folder / "config.yaml").write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(InputError, match=r"config\.yaml: .*delete this one"):
        earlier_run.check(folder, compose.configuration(list(config)))


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        (["hydra.run.dir=mine"], ["mine"]),
        (["hydra.sweep.dir=mine", "seed=1,2"], ["mine/0", "mine/1"]),
        (["hydra.sweep.dir=mine", "seed=1,2", "hydra.sweep.subdir=${seed}"], ["None", "None"]),
    ],
)
def test_the_folder_of_each_job_is_known_before(typed, places):
    jobs = compose.composed_jobs(typed, multirun=len(places) > 1)
    assert [str(job.folder) for job in jobs] == places
