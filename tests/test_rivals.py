"""The comparison of MR to CT with label maps alone: every arm composes, and no test case is in any training."""

import dataclasses

import pytest

from labelct.commands import compose
from labelct.config import typed
from labelct.errors import InputError
from labelct.stages import cohorts, preflight, translation

pytestmark = pytest.mark.ci

ROOTS = ("cohort.root=mr", "translation.ct.root=ct", "test.totalsegmentator.root=ts", "test.dicom.root=series")
DATA = ("cyclegan", "synth2", "synth3", "mr")
ONE = ("data=cyclegan", "trainer=unet_coarse")  # a job of its own: composing one takes a good part of a second


def arms(name, *more):
    """Return the configuration of each job of an experiment, by recipe and trainer."""
    jobs = compose.composed_jobs([f"experiment={name}", *ROOTS, *more], multirun=False)
    found = [typed(job.node) for job in jobs]
    return {(config.data.kind, config.trainer.kind): config for config in found}


def real(data):
    """Return the overrides that name the real data."""
    paths = ("mr_abdomen", "ct_unlabelled", "totalsegmentator", "")
    return [f"{root.partition('=')[0]}={data / path}" for root, path in zip(ROOTS, paths, strict=True)]


@pytest.fixture(scope="module")
def small():
    return arms("rivals")


def test_four_recipes_meet_two_networks(small):
    assert set(small) == {(data, trainer) for data in DATA for trainer in ("unet", "resunet25d")}


def test_arms_share_subjects_tests_grid_and_the_length_of_their_training(small):
    first = small["cyclegan", "unet"]
    for config in small.values():
        assert (config.cohort, config.test, config.targets, config.seed) == (
            *(first.cohort, first.test, first.targets, first.seed),
        )
        assert (config.data.spacing, config.data.interpolation) == (4.0, "shape")
        assert (config.trainer.steps, config.trainer.minutes) == (2000, None)
        assert config.translation == first.translation, "both networks of arm A train on one translation"


def test_only_raw_mr_is_normalised_by_itself(small):
    for (data, _), config in small.items():
        expected = ("volume" if data == "mr" else "builtin", "soft_tissue")
        assert (config.trainer.normalisation.source, config.trainer.normalisation.window) == expected


def test_the_networks_of_one_kind_differ_between_arms_in_the_normalisation_alone(small):
    for kind in ("unet", "resunet25d"):
        trainers = [dataclasses.replace(small[data, kind].trainer, normalisation=None) for data in DATA]
        assert all(trainer == trainers[0] for trainer in trainers)


def test_neighbours_are_as_far_apart_in_the_test_as_in_training(small):
    for data in DATA:
        config = small[data, "resunet25d"]
        assert config.trainer.spacing[2] == config.data.spacing


def test_a_typed_normalisation_holds():
    config = arms("rivals", "data=mr", "trainer.normalisation.source=builtin")["mr", "unet"]
    assert config.trainer.normalisation.source == "builtin"


def test_the_full_setting_changes_size_and_nothing_of_the_comparison(small):
    full = arms("rivals_full", "data=cyclegan,mr")
    assert set(full) == {key for key in small if key[0] in ("cyclegan", "mr")}
    for key, config in full.items():
        assert (config.translation.size, config.translation.epochs, config.translation.minutes) == (256, 200, None)
        assert (config.translation.ct, config.translation.ct_crop) == (
            *(small[key].translation.ct, small[key].translation.ct_crop),
        )
        assert (config.device.kind, config.trainer.minutes, config.trainer.spacing) == ("gpu", 30.0, [2.0, 2.0, 2.0])
        assert (config.cohort, config.test, config.targets) == (
            *(small[key].cohort, small[key].test, small[key].targets),
        )
        assert config.trainer.normalisation.source == small[key].trainer.normalisation.source


def test_no_test_case_is_in_any_training(real_data, tmp_path):
    config = arms("rivals", *ONE, *real(real_data), f"paths.outputs={tmp_path}")["cyclegan", "unet"]
    preflight.check(config)
    groups = [(settings, cohorts.prepare(config, settings, tmp_path)[0]) for settings in config.test.values()]
    tested = {subject.case: subject for settings, cohort in groups for subject in cohort.scored(settings.split)}
    assert sorted(tested) == ["dicom_ct", "s9001"]
    own, ct = (cohorts.prepare(config, settings, tmp_path)[0] for settings in (config.cohort, config.translation.ct))
    assert (len(own.train), len(own.val), len(ct.train) + len(ct.val)) == (16, 4, 2)
    used = {path.resolve() for one in (*own.train, *own.val, *ct.train, *ct.val) for path in one.files}
    assert not used & {path.resolve() for subject in tested.values() for path in subject.files}


def test_a_translation_that_would_learn_from_a_test_case_is_refused(real_data, tmp_path):
    wrong = [f"translation.ct.root={real_data / 'totalsegmentator'}", "translation.ct.images=*/ct.nii.gz"]
    given = [*ONE, *real(real_data), *wrong, "translation.ct.cases=[]", f"paths.outputs={tmp_path}"]
    with pytest.raises(InputError, match="test case s9001 is a case that the translation learns from"):
        translation.check(arms("rivals", *given)["cyclegan", "unet"], tmp_path)
