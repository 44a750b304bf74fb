"""The tables that volumes are painted from: measured on training CT alone, named by what they were measured on."""

import json
import logging

import numpy as np
import pytest

from labelct.io import nifti
from labelct.priors import load_priors
from labelct.stages import cohorts, priors, scanning, synthesis, training
from labelct.synthesis.body_histogram import load_body
from labelct.texts import read_json

CASES = {"train": ["a", "b", "c"], "val": ["v"], "test": ["t"]}
LIVER = {"a": 90.0, "b": 100.0, "c": 110.0, "v": 500.0, "t": 700.0}
SMALL = ["parallel.workers=1", "scanner=none", "drop=none", "texture=white", "data.replicates=1"]


def write_ct(root, case, liver):
    """Write a CT whose liver is half `liver` - 20 and half `liver` + 20 HU, in a body of fat and soft tissue."""
    labels = nifti.read_label_map(root / "labels" / f"{case}.nii.gz").array
    hu = np.full(labels.shape, -1000.0, np.float32)
    hu[2:22, 2:22] = -90.0
    hu[4:20, 13:20] = 40.0
    hu[labels == 1] = liver - 20.0
    hu[:, :, ::2][labels[:, :, ::2] == 1] = liver + 20.0
    nifti.write(root / "ct" / f"{case}.nii.gz", hu, np.diag([4.0, 4.0, 4.0, 1.0]))


@pytest.fixture
def root(tmp_path):
    """Return the folder of a cohort with a liver in every case, and a spleen that no CT shows."""
    labels = np.zeros((24, 24, 20), np.uint8)
    labels[5:14, 4:12, 4:16] = 1
    for case, liver in LIVER.items():
        nifti.write(tmp_path / "maps" / "labels" / f"{case}.nii.gz", labels, np.diag([4.0, 4.0, 4.0, 1.0]))
        write_ct(tmp_path / "maps", case, liver)
    (tmp_path / "maps" / "names.json").write_text(json.dumps({"1": "liver", "2": "spleen"}), encoding="utf-8")
    (tmp_path / "split.json").write_text(json.dumps(CASES), encoding="utf-8")
    return tmp_path / "maps"


@pytest.fixture
def tables(configured, root, tmp_path):
    """Return a function of overrides: the tables of an experiment on that cohort, made in a folder of stages."""

    def of(*overrides, stages="stages"):
        config, cohort, _ = opened(configured, root, *overrides)
        return priors.tables(config, cohort, tmp_path / stages)

    return of


def opened(configured, root, *overrides):
    here = ["cohort=folder", f"cohort.root={root}", f"cohort.splits_file={root.parent / 'split.json'}"]
    config = configured(*SMALL, *here, "data=synth3", *overrides)
    cohort, stage = cohorts.prepare(config, config.cohort, root.parent / "stages")
    return config, cohort, stage


def test_what_the_training_ct_show_is_measured(tables):
    found = tables().priors
    liver = found["liver"]
    assert (liver.hu_pv_mean, liver.hu_sd_between, liver.hu_sd_texture) == pytest.approx((100, 10, 20), abs=0.5)
    assert liver.quantiles[10] == pytest.approx(-20, abs=0.5)
    assert liver.quantiles[-10] == pytest.approx(20, abs=0.5)
    assert (found["_fat"].hu_pv_mean, found["_soft"].hu_pv_mean) == pytest.approx((-90, 40), abs=0.5)
    assert found["spleen"] == load_priors()["spleen"]


def test_no_voxel_of_a_validation_or_test_case_enters(tables, root, tmp_path):
    first = tables(stages="one")
    for case in (*CASES["val"], *CASES["test"]):
        write_ct(root, case, -40.0)
    second = tables(stages="two")
    (tmp_path / "split.json").write_text(json.dumps({**CASES, "val": [], "test": ["v", "t"]}), encoding="utf-8")
    third = tables(stages="three")
    (one,), (two,), (three,) = first.stages, second.stages, third.stages
    assert one.key == two.key == three.key
    table = (one.folder / "priors.csv").read_bytes()
    assert table == (two.folder / "priors.csv").read_bytes() == (three.folder / "priors.csv").read_bytes()


def test_another_training_ct_is_another_table(tables, root):
    (before,) = tables().stages
    write_ct(root, "b", 130.0)
    after = tables()
    assert after.stages[0].key != before.key
    assert after.priors["liver"].hu_pv_mean == pytest.approx(110, abs=0.5)


def test_the_body_is_that_of_one_training_ct_that_the_seed_draws(tables, root):
    only = ["data=synth1", "data.priors=builtin"]
    drawn = {seed: tables(*only, f"data.seed={seed}").body for seed in range(8)}
    assert {body.source for body in drawn.values()} == set(CASES["train"])
    assert max(drawn[0].hu) == LIVER[drawn[0].source] + 20.0
    for case in ("v", "t"):
        write_ct(root, case, -40.0)
    assert tables(*only).body == drawn[0]


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ([], "priors: measured on 3 training CT; no CT shows, and a built-in row stands for, spleen"),
        (
            ["fill=fitted", "limit.train=2"],
            "priors: measured on 2 training CT, too few for spreads between patients, which are the built-in ones; "
            "no CT shows, and a built-in row with a normal curve stands for, spleen",
        ),
        (["cohort.ct=null"], "priors: built in, for no training case has a CT"),
        (
            ["fill=fitted", "data.priors=builtin"],
            "priors: built in; fill=fitted: they have no histogram of, and a normal curve stands for, every class",
        ),
        (["data.priors=builtin"], None),
        (["data=clinical"], None),
    ],
)
def test_where_priors_come_from_and_which_rows_are_not_measured_is_one_line(tables, caplog, overrides, told):
    with caplog.at_level(logging.INFO, "labelct"):
        tables(*overrides)
    lines = [record.getMessage() for record in caplog.records if record.name == priors.__name__]
    assert lines == ([told] if told else [])


def test_auto_is_built_in_where_no_training_case_has_a_ct(tables):
    found = tables("cohort.ct=null", "data=synth1")
    assert (found.priors, found.body) == (load_priors(), load_body())
    assert (found.identity, found.stages) == ({"priors": "builtin", "body": "builtin"}, ())


@pytest.mark.parametrize("recipe", ["data=clinical", "data=synthseg", "fill=uniform"])
def test_nothing_is_measured_for_what_reads_no_priors(tables, recipe):
    assert tables(recipe).stages == ()


HERE = priors.__name__
COLUMNS = "name,hu_pv_mean,hu_sd_between,hu_sd_texture,hu_native_mean"


def test_a_file_is_laid_over_the_table_and_named_by_what_comes_of_it(tables, tmp_path):
    texts = {
        "mine": f"{COLUMNS}\nliver,1,2,3,4\n",
        "noted": f"{COLUMNS},note\nliver,1.0,2,3,4,measured by me\n",
        "other": f"{COLUMNS}\nliver,1,2,3,5\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    mine, noted, other = (tables(f"data.priors={tmp_path / name}.csv") for name in texts)
    assert mine.priors["liver"].hu_pv_mean == 1
    assert mine.priors["spleen"] == load_priors()["spleen"]
    assert mine.identity["priors"] == noted.identity["priors"] != other.identity["priors"]


def test_names_without_a_prior_and_rows_without_a_structure_are_warned_of(tables, root, tmp_path, caplog):
    def warned(*overrides):
        caplog.clear()
        tables("cohort.ct=null", *overrides)
        return [line.getMessage() for line in caplog.records if (line.levelname, line.name) == ("WARNING", HERE)]

    (root / "names.json").write_text(json.dumps({"1": "liver", "2": "spleeen", "3": "mass"}), encoding="utf-8")
    (told,) = warned()
    assert told.startswith("no prior for mass, spleeen (near: spleen): painted with HU from -150 to 300")
    assert "give one as a row of a CSV file, data.priors=FILE" in told
    assert warned("data=synth1", "data.cylinder.histogram=builtin") == []  # only the targets are painted
    assert warned("fill=uniform") == []
    (tmp_path / "mine.csv").write_text(f"{COLUMNS}\nmass,1,2,3,4\nspleeeen,1,2,3,4\n", encoding="utf-8")
    missing, stray = warned(f"data.priors={tmp_path / 'mine.csv'}")
    assert missing.startswith("no prior for spleeen (near: ")
    assert "mine.csv: its row spleeeen belongs to no structure of the cohort; did you mean 'spleeen'?" in stray


@pytest.mark.parametrize(("phase", "warned"), [("portal", False), ("native", True), ("mixed", True)])
def test_organs_of_another_phase_than_the_body_are_warned_of(tables, caplog, phase, warned):
    tables("data=synth1", "data.cylinder.histogram=builtin", f"data.phase={phase}")
    assert ("body of a CT in the portal phase" in caplog.text) == warned


def test_the_phase_says_which_mean_is_the_measured_one(tables):
    base = load_priors()["liver"]
    native = tables("data.phase=native").priors["liver"]
    mixed = tables("data.phase=mixed", "data.enhancement=0.5").priors["liver"]
    assert (native.hu_native_mean, native.hu_pv_mean) == pytest.approx((100, base.hu_pv_mean), abs=0.5)
    assert mixed.mean(0.5) == pytest.approx(100, abs=0.5)
    contrast = mixed.hu_pv_mean - mixed.hu_native_mean
    assert contrast == pytest.approx(base.hu_pv_mean - base.hu_native_mean)


def test_volumes_are_keyed_recorded_and_drawn_by_the_measured_tables(configured, root):
    config, cohort, stage = opened(configured, root, "data=synth1", "data.mode=online")
    folder = root.parent / "stages"
    clean = synthesis.run(config, cohort, stage, folder)
    made = scanning.run(config, clean, folder)
    recipe = read_json(clean.folder / "recipe.json", "")
    parents, data = recipe["parents"], recipe["settings"]["data"]
    assert (data["priors"], data["cylinder"]["histogram"]) == (parents["priors"], parents["body"])
    measured, body = (load_priors(str(folder / "priors" / parents["priors"] / "priors.csv")), clean.folder)
    line = json.loads((made.folder / "manifest.jsonl").read_text().splitlines()[0])
    assert line["tables"] == {"priors": parents["priors"], "body": parents["body"]}
    assert line["recipe"]["background"]["histogram"]["source"] in CASES["train"]
    drawn = training.task_of(config, cohort, made).volumes.sampler.recipe
    assert drawn.priors.table == measured.table
    assert drawn.body == load_body(str(body / "body_histogram.csv"))
    write_ct(root, "b", 130.0)
    config, cohort, stage = opened(configured, root, "data=synth1", "data.mode=online")
    assert synthesis.run(config, cohort, stage, folder).key != clean.key


def test_fitted_textures_have_the_histogram_of_the_training_ct(configured, root):
    config, cohort, stage = opened(configured, root, "fill=fitted", "fill.spread=0")
    clean = synthesis.run(config, cohort, stage, root.parent / "stages")
    liver = nifti.read_label_map(clean.folder / "labels" / "a_r0.nii.gz").array == 1
    hu = nifti.read_volume(clean.folder / "volumes" / "a_r0.nii.gz").array[liver]
    for level in (80, 120):  # two peaks, where a normal curve of this mean and spread has three quarters between them
        assert (np.abs(hu - level) < 6).mean() > 0.4
    assert hu.mean() == pytest.approx(100, abs=1)
