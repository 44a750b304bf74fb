import copy

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from labelct.commands import hydra_section
from labelct.commands.overrides import parsed
from labelct.complaints import ConfigError
from labelct.config import configuration_folder


@pytest.fixture(scope="module")
def composed():
    """Return a function that composes Hydra's section once for each choice of options."""
    known = {}

    def section(*options):
        if options not in known:
            with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
                known[options] = compose("config", overrides=list(options), return_hydra_config=True).hydra
        return copy.deepcopy(known[options])

    return section


def changed(hydra, **values):
    for key, value in values.items():
        OmegaConf.update(hydra, key.replace("__", "."), value, force_add=True)
    return hydra


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"typo": 1}, "hydra.typo: no such key"),
        ({"run__dirr": "x"}, "hydra.run.dirr: no such key; allowed is dir; did you mean 'hydra.run.dir'"),
        ({"job__typo": 1}, "hydra.job.typo: no such key"),
        ({"job__config__typo": 1}, "hydra.job.config.typo: no such key"),
        ({"launcher__n_jobs": 1}, "hydra.launcher.n_jobs: no such key"),
        ({"sweeper__max_batch": 1}, "did you mean 'hydra.sweeper.max_batch_size'"),
        ({"launcher": "joblib"}, "hydra.launcher=joblib: allowed is one of basic, joblib, ray, slurm"),
        ({"sweeper": None}, "hydra.sweeper=null: allowed is one of basic"),
        ({"run__dir": ""}, "hydra.run.dir='': allowed is a path"),
        ({"sweep__dir": " "}, "hydra.sweep.dir=' ': allowed is a path"),
        ({"job__chdir": True}, "relative paths would start from each job's folder"),
        ({"callbacks__x": 1}, "hydra.callbacks.x=1: allowed is a table whose _target_ names a class"),
        ({"job_logging__foo": 1}, "hydra.job_logging.foo: no such key"),
        ({"job_logging__root__level": "LOUD"}, "hydra.job_logging.root.level=LOUD: allowed is one of CRITICAL"),
        ({"hydra_logging__handlers__console__level": "loud"}, "allowed is one of CRITICAL"),
    ],
)
def test_what_nothing_reads_or_no_job_can_start_with_is_refused(composed, values, said):
    with pytest.raises(ConfigError) as error:
        hydra_section.check(changed(composed(), **values))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("options", "values"),
    [
        ((), {}),
        ((), {"job__env_set__FOO": "1", "verbose": True, "job__name": "mine", "output_subdir": None}),
        ((), {"job_logging__root__level": "DEBUG"}),
        ((), {"callbacks__log": {"_target_": "hydra.experimental.callbacks.LogJobReturnCallback"}}),
        (("hydra/job_logging=none", "hydra/hydra_logging=disabled"), {}),
        (("hydra/job_logging=stdout",), {}),
        (("hydra/launcher=slurm",), {}),
        (("hydra/launcher=slurm",), {"launcher__additional_parameters__nodelist": "node7"}),
        (("hydra/launcher=ray",), {"launcher__ray__init__num_cpus": 2}),
        (("sweep=dose",), {}),
    ],
)
def test_what_hydra_and_its_plugins_know_passes(composed, options, values):
    hydra_section.check(changed(composed(*options), **values))


def test_the_callback_that_notes_what_becomes_of_jobs_stays(composed):
    with pytest.raises(ConfigError, match=r"hydra\.callbacks\.jobs cannot be left out"):
        hydra_section.check(composed("~hydra.callbacks.jobs"))


def test_folders_of_configurations_are_there(tmp_path):
    def check(*folders):
        hydra_section.check_searched(parsed([f"hydra.searchpath=[{','.join(folders)}]", "seed=1"]))

    check("pkg://hydra.conf", f"file://{tmp_path}", str(tmp_path))
    for missing in ("file:///no/such", "/no/such"):
        with pytest.raises(ConfigError, match=f"{missing}.*: no such folder"):
            check(str(tmp_path), missing)


def test_a_preset_has_the_keys_of_its_plugin(composed):
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    hydra_section.check(changed(composed("hydra/launcher=slurm"), launcher__gres="gpu:a100:1"))
    with pytest.raises(ConfigError, match=r"did you mean 'hydra\.launcher\.gres'"):
        hydra_section.check(changed(composed("hydra/launcher=slurm"), launcher__gress="gpu:a100:1"))


def test_jobs_of_a_sweep_have_folders_of_their_own(composed):
    hydra_section.check_apart(composed(), 3)
    one = changed(composed(), sweep__subdir="x")
    hydra_section.check_apart(one, 1)
    with pytest.raises(ConfigError, match=r"hydra.sweep.subdir=x: one folder for 3 jobs; .* \${hydra.job.num}"):
        hydra_section.check_apart(one, 3)
    hydra_section.check_apart(changed(composed(), sweep__subdir="${hydra.job.override_dirname}"), 3)


def test_a_sweep_is_numbered_unless_its_jobs_call_their_folders_otherwise(composed):
    assert hydra_section.is_numbered(composed())
    assert not hydra_section.is_numbered(changed(composed(), sweep__subdir="${seed}"))
    assert not hydra_section.is_numbered(changed(composed(), sweeper___target_="some.Sweeper"))
