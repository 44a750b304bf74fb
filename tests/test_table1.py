"""What the paper says of its table and a configuration can show, and the four arms on a folder in its data's layout."""

import csv
import json
import logging
from pathlib import Path

import pytest

from labelct import pipeline
from labelct.cohort.settings import OwnSettings
from labelct.cohort.splits import PAPER, read_split
from labelct.config import configuration_folder
from labelct.errors import InputError
from labelct.synthesis.recipes import RECIPES
from tests.cohort.subjects import write_subject

ARMS = {"clinical": "0.947", "synth1": "0.951", "synth2": "0.971", "synth3": "0.967"}
PAGE = configuration_folder().parent / "experiments" / "table1"


@pytest.fixture(scope="module", params=ARMS)
def arm(request, configured):
    """Return the configuration of one arm with nothing typed but the places of the data."""
    return configured("experiment=table1", f"data={request.param}", "cohort.root=maps", "texture.root=videos")


def test_every_arm_has_the_papers_cases_scanner_network_and_score(arm):
    assert (arm.cohort.kind, arm.cohort.splits_file, arm.cohort.cases) == ("totalsegmentator", "appendix_a", [])
    assert set(arm.cohort.splits.values()) == {None}
    assert (arm.limit.train, arm.limit.val, arm.limit.test) == (None, None, None)
    assert [*arm.test.values()] == [OwnSettings()]
    assert arm.targets.parts == {"liver": ["liver"]}
    trainer = arm.trainer
    assert (trainer.kind, trainer.configuration, trainer.epochs) == ("nnunet", "3d_fullres", 4000)
    assert (trainer.plans, trainer.spacing, trainer.patch, trainer.batch) == ("clinical", None, None, None)
    assert arm.evaluation.largest_component
    scanner = arm.scanner
    assert (scanner.kind, scanner.mode, scanner.rows, scanner.outside) == ("helical", "full", 64, "air")
    assert arm.data.is_scanned() == (arm.data.kind != "clinical")
    assert arm.dose.mas == 165.0, "full dose"
    assert arm.data.mode == "offline"


def test_the_clinical_arm_is_the_ct_as_they_are(configured):
    data = configured("experiment=table1", "data=clinical", "cohort.root=maps", "texture.root=videos").data
    assert (data.replicates, data.replicates_val, data.rescan) == (1, 1, False)
    assert not RECIPES["clinical"].draws


@pytest.mark.parametrize("kind", ["synth1", "synth2", "synth3"])
def test_a_synthetic_arm_is_generated_as_the_paper_says(kind, configured):
    config = configured("experiment=table1", f"data={kind}", "cohort.root=maps", "texture.root=videos")
    data, recipe = config.data, RECIPES[kind]
    assert (data.replicates, data.replicates_val) == (4, 1)
    assert (data.priors, data.phase, data.spacing) == ("train", "portal", None)
    assert (config.drop.probability, config.drop.labels, config.drop.validation) == (0.5, {}, True)
    assert (config.fill.kind, config.fill.gas, config.fill.spread) == ("fitted", False, 1.0)
    assert recipe.targets_only == (kind == "synth1")
    assert (
        recipe.textured
        == {
            "synth1": {"background", "distractors"},
            "synth2": frozenset(),
            "synth3": {"labels", "background", "distractors"},
        }[kind]
    )
    assert (config.texture.kind, data.background_texture) == ("video", False)
    beyond = (data.distractors, data.lesions, data.subclasses, data.blur, data.deformation)
    assert beyond == tuple(type(settings)() for settings in beyond), "what the paper does not do is off"
    assert data.lesions.host is None
    assert data.subclasses.count == 0
    if kind == "synth1":
        cylinder = data.cylinder
        assert (cylinder.histogram, cylinder.envelope_probability, cylinder.flattening) == ("train", 0.0, 0.0)
        assert cylinder.radius[0] < cylinder.radius[1]
    else:
        assert data.background.source == "auto"  # a threshold and k-means where the case has a CT


def test_the_sweep_is_the_four_arms_and_the_expected_scores_are_the_papers():
    with (PAGE / "expected.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["data"]: row["dice"] for row in csv.DictReader(stream)} == ARMS
    sweep = (configuration_folder() / "sweep" / "table1.yaml").read_text(encoding="utf-8")
    assert f"data: {','.join(ARMS)}\n" in sweep


def test_the_fair_table_gives_every_arm_replicates_noise_and_no_drop(configured):
    for kind in ARMS:
        config = configured("sweep=table1_fair", f"data={kind}", "cohort.root=maps", "texture.root=videos")
        assert (config.data.replicates, config.data.is_scanned(), config.drop.probability) == (4, True, 0.0)
        assert (config.cohort.splits_file, config.dose.mas) == ("appendix_a", 165.0)


@pytest.fixture(scope="module")
def given(real_data, tmp_path_factory):
    """Return what is typed for a copy of the data in the layout of version 1 that lacks most of the paper's ids.

    A real case with a CT, one without a liver, a real one without a CT; validation and test are made up.
    """
    root = tmp_path_factory.mktemp("copy")
    split = read_split(configuration_folder().parent / "labelct" / "cohort" / "appendix_a.json")
    real = real_data / "totalsegmentator"
    for number, source in {0: "s9001", 2: "s0327", 3: "s0328"}.items():
        (root / split["train"][number]).symlink_to(real / source)
    write_subject(root, split["train"][1], ("spleen", "vertebrae_L1"))
    for case in (split["val"][0], split["test"][0]):
        write_subject(root, case)
    small = ["debug=smoke", "device=cpu", "scanner.mode=noise_only", "evaluation.overlays=0", "parallel.workers=1"]
    outputs = f"paths.outputs={tmp_path_factory.mktemp('outputs')}"
    return ["experiment=table1", *small, f"cohort.root={root}", f"texture.root={real_data / 'videos'}", outputs]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ARMS)
def test_an_arm_runs_small_on_what_a_copy_has_of_the_papers_cases(kind, given, configured, tmp_path, caplog):
    config = configured(*given, f"data={kind}")
    with caplog.at_level(logging.WARNING):
        pipeline.run(config, tmp_path, {"data": kind})
    lines = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    assert sum(f"{sum(PAPER.values()) - 6} of its 125 cases are not in" in line for line in lines) == 1
    assert sum("hold no voxel of the targets liver: 1 (s0091)" in line for line in lines) == 1
    assert sum("they have no CT: 1 (s0796)" in line for line in lines) == (kind == "clinical")
    scores = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert [row["case"] for row in scores["rows"]] == ["s0013"]
    shared = [path for path in (Path(config.paths.outputs) / "stages" / "plans").iterdir() if path.is_dir()]
    assert len(shared) == 1, "all arms share one plans file"


@pytest.mark.slow
def test_a_mask_that_cannot_be_read_is_one_line(given, configured, tmp_path, real_data):
    write_subject(tmp_path, "s0472")
    bad = tmp_path / "s0472" / "segmentations" / "liver.nii.gz"
    bad.write_bytes(bad.read_bytes()[:60])
    for case in ("s0961", "s0013"):
        write_subject(tmp_path, case)
    config = configured(*given, "data=synth3", f"cohort.root={tmp_path}")
    with pytest.raises(InputError, match=r"s0472/segmentations/liver\.nii\.gz") as caught:
        pipeline.run(config, tmp_path / "run", {"data": "synth3"})
    assert "\n" not in str(caught.value)
