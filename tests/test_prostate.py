"""What the second paper says of its table and its figure, and a configuration can show; all rows are composed."""

import csv
from dataclasses import replace

import pytest
from hydra import initialize_config_dir

from labelct.cohort.settings import ImagesSettings, IsbiSettings, OwnSettings, ProstatexSettings
from labelct.commands import compose
from labelct.config import configuration_folder, typed

ROWS = {
    "untranslated": ("0.90", "0.05", "", ""),
    "mse_unclipped": ("0.83", "0.13", "0.45", "0.29"),
    "mse_clipped": ("0.82", "0.12", "0.62", "0.15"),
    "mse_augmented": ("0.65", "0.09", "0.68", "0.09"),
    "cyclegan": ("0.80", "0.12", "0.73", "0.09"),
}
ROOTS = ["cohort.root=isbi", "translation.mr.root=mr", "translation.ct.root=ct", "test.folder.root=scored"]
PAGES = configuration_folder().parent / "experiments"


def jobs(*overrides):
    return [typed(job.node) for job in compose.composed_jobs(list(overrides), multirun=False)]


def told_apart(*overrides):
    """Return what tells the jobs of a sweep apart, two overrides of each, without composing them."""
    with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
        return [tuple(job[:2]) for job in compose._jobs(list(overrides), [], multirun=False)[0]]


@pytest.fixture(scope="module")
def full():
    """Return the configurations of the rows of the full table, fold 2 of each."""
    found = jobs("sweep=prostate_table1", "experiment=prostate_table1_full", "evaluation.fold=2", *ROOTS)
    return dict(zip(ROWS, found, strict=True))


@pytest.mark.parametrize("name", ["table1", "context"])
def test_the_full_setting_is_six_folds_of_every_row(name):
    swept = [f"translation={row}" for row in ROWS] if name == "table1" else [f"trainer.context={c}" for c in range(4)]
    small = told_apart(f"sweep=prostate_{name}")
    assert small == [(row, "evaluation.fold=null") for row in swept]
    large = told_apart(f"sweep=prostate_{name}", f"experiment=prostate_{name}_full", *ROOTS)
    assert large == [(row, f"evaluation.fold={fold}") for row in swept for fold in range(6)]


def test_every_row_has_the_papers_cases_network_and_scores(full):
    for config in full.values():
        assert isinstance(config.cohort, IsbiSettings)
        assert config.targets.parts == {"prostate": ["prostate"]}
        assert (config.evaluation.folds, config.evaluation.strata) == (6, "target_volume")
        assert config.test["own"] == OwnSettings()
        assert (config.test["folder"].split, config.test["folder"].modality) == ("all", "ct")
        trainer = config.trainer
        assert (trainer.kind, trainer.context, trainer.epochs, trainer.steps) == ("resunet25d", 1, 300, 0)
        assert (trainer.optimiser, trainer.augmentation.crop, trainer.augmentation.flip) == ("adam", 0.5, "xy")
        assert trainer.augmentation.rotation > 0
        assert (config.scanner.kind, config.device.kind) == ("none", "gpu")


def test_every_translation_has_the_papers_data_and_length(full):
    for config in list(full.values())[1:]:
        how = config.translation
        assert isinstance(how.mr, ProstatexSettings)
        assert isinstance(how.ct, ImagesSettings)
        assert how.mr.masks is None
        assert [how.mr.splits[split] for split in ("train", "val", "test")] == [None, 0, 0], "all teach"
        assert (how.epochs, how.learning_rate, how.minutes, how.iterations) == (200, 2e-4, None, None)
        assert (how.load, how.size, how.ct_crop, how.blocks, how.filters) == (284, 256, 0.5, 9, 64)


def test_rows_differ_as_the_papers_do(full):
    assert [config.data.kind for config in full.values()] == ["mr", *["cyclegan"] * 4]
    first, clipped, augmented, last = (config.translation for config in list(full.values())[1:])
    assert (first.cycle, first.crop, first.rotation, first.flip) == ("mse", "fixed", 0.0, "none")
    assert first.hu == [-1024.0, 3071.0]
    assert clipped == replace(first, hu=[-500.0, 500.0])
    assert (augmented.crop, augmented.ratio, augmented.flip) == ("ratio", [0.5, 1.0], "xy")
    assert augmented.rotation > 0
    assert augmented == replace(clipped, crop="ratio", rotation=augmented.rotation, flip="xy")
    assert last == replace(augmented, cycle="ssim")


def test_a_network_sees_the_hu_that_its_translation_has(full):
    for config in full.values():
        shown = config.trainer.normalisation
        assert (shown.source, [shown.low, shown.high]) == ("clinical", config.translation.hu)


def test_a_network_segments_the_field_of_view_that_mr_show_and_half_of_a_ct_is(full):
    """The paper cuts half the width and height of its CT, whose pixels of 0.8 mm are 512 across."""
    for config in (*full.values(), *jobs("experiment=prostate_table1")):
        assert config.trainer.prediction.field_mm == 200


def test_the_small_table_is_the_same_rows_on_the_embedded_pelvis(full):
    small = dict(zip(ROWS, jobs("sweep=prostate_table1"), strict=True))
    for name, config in small.items():
        ours, theirs = config.translation, full[name].translation
        assert (config.cohort.kind, config.cohort.modality, [*config.test]) == ("pelvis", "mr", ["own", "pelvis_ct"])
        assert (config.data, config.targets, ours.kind) == (full[name].data, full[name].targets, theirs.kind)
        varied = ("cycle", "crop", "ratio", "rotation", "flip", "hu", "ct_crop", "cycle_weight")
        assert [getattr(ours, key) for key in varied] == [getattr(theirs, key) for key in varied]
        assert (ours.size, ours.minutes, config.device.kind) == (80, 20.0, "cpu")
        assert ours.load / ours.size == pytest.approx(theirs.load / theirs.size, rel=0.02)
        assert config.evaluation.folds is None


@pytest.mark.parametrize("trainer", ["unet_tiny", "resunet25d"])
def test_a_row_takes_another_trainer(trainer):
    assert jobs("experiment=prostate_table1", f"trainer={trainer}")[0].trainer.normalisation.low == -500.0


def test_contexts_share_one_translation(full):
    small = jobs("sweep=prostate_context", "trainer.context=0,3")
    assert [config.trainer.context for config in small] == [0, 3]
    assert small[0].translation == small[1].translation
    assert jobs("experiment=prostate_context", "translation=untranslated")[0].data.kind == "mr"
    large = jobs("experiment=prostate_context_full", "evaluation.fold=2", *ROOTS)[0]
    assert replace(large, evaluation=full["cyclegan"].evaluation) == full["cyclegan"], "the table's last row"


def lines(name):
    with (PAGES / name / "expected.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_expected_scores_are_the_papers():
    found = {(row["translation"], row["test"]): (row["dice"], row["sd"]) for row in lines("prostate_table1")}
    for name, (own, own_sd, ct, ct_sd) in ROWS.items():
        assert found.pop((name, "own")) == (own, own_sd)
        for test in ("pelvis_ct", "folder") if ct else ():
            assert found.pop((name, test)) == (ct, ct_sd)
    assert not found


def test_the_expected_changes_are_the_papers():
    found = {(row["trainer.context"], row["test"]): row["statement"] for row in lines("prostate_context")}
    for test, changes in {"own": ("+19.11 %", "no", "-12.5 %"), "folder": ("+24.17 %", "no", "-40.93 %")}.items():
        assert all(found[str(c), test].startswith(change) for c, change in enumerate(changes, 1))
    assert all(found[context, "pelvis_ct"] == found[context, "folder"] for context in ("1", "2", "3"))
