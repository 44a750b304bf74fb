import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from labelct.report import document
from labelct.report.methods import _software, methods
from tests.report.runs import REFERENCE, write_run


def write(folder, data, dice=REFERENCE, **changes):
    write_run(folder / data, dice, {"data": data})
    configuration = {
        "cohort": {"kind": "totalsegmentator"},
        "data": {"kind": data},
        "drop": {"probability": 0.5},
        "scanner": {"kind": "helical", "rows": 64, "channels": 672},
        "dose": {"mas": 165.0},
        "trainer": {"kind": "nnunet", "epochs": 4000, "spacing": [1.5, 1.5, 3.0]},
        "evaluation": {"tolerance_mm": 2.0, "percentile": 95.0, "largest_component": True},
        "seed": 0,
    }
    (folder / data / "config.yaml").write_text(json.dumps(configuration | changes), encoding="utf-8")


def test_the_text_says_what_the_configurations_hold_and_cites_in_order(tmp_path):
    write(tmp_path, "clinical")
    write(tmp_path, "synth3")
    volumes, training, evaluation, software = (told := methods(document.gather([tmp_path]))).paragraphs
    assert volumes.startswith("Label maps came from TotalSegmentator [1].")
    assert (
        "clinical CT with their labels; or all labels filled with histogram-matched texture (recipe 3 of [2])"
        in volumes
    )
    assert "a chance of 50 %" in volumes
    assert "64 rows and 672 channels" in volumes
    assert "at 165 mAs" in volumes
    assert training == "NnU-Net [4] was trained for 4000 epochs on a grid of 1.5 x 1.5 x 3 mm with seed 0."
    assert "Wilcoxon" in evaluation
    assert "data=clinical" in evaluation
    assert "labelct" in software
    assert [reference.key for reference in told.references][:4] == [
        "wasserthal2023",
        "tsanda2025",
        "koken2006",
        "isensee2021",
    ]
    assert told.bibtex.count("@") == len(told.references)


@pytest.mark.parametrize(("seconds", "told"), [(20.0, "a minute"), (1800.0, "30 minutes"), (9000.0, "2.5 hours")])
def test_less_than_an_hour_is_told_in_minutes(seconds, told):
    run = SimpleNamespace(software="labelct 1.0", seconds=[("training", seconds)])
    assert _software([run]).endswith(f"shared ones counted in each, took {told}.")


def test_a_single_case_is_one(tmp_path):
    write(tmp_path, "synth2", [0.9])
    assert "one case) were compared" in methods(document.gather([tmp_path])).paragraphs[-2]


def test_a_cascade_has_a_second_network(tmp_path):
    cascade = {"targets": ["pancreas", "gallbladder"], "spacing": 2.5}
    write(tmp_path, "synth3", trainer={"kind": "unet", "steps": 400, "spacing": [5.0] * 3, "cascade": cascade})
    text = methods(document.gather([tmp_path])).paragraphs[1]
    assert "and a second network at 2.5 mm for pancreas and gallbladder in boxes of the first" in text


def test_what_no_arm_has_is_not_claimed(tmp_path):
    write(tmp_path, "synth2", scanner={"kind": "none"}, drop={"probability": 0.0}, seed=2)
    told = methods(document.gather([tmp_path]))
    text = told.markdown
    for word in ("helical", "left out", "Wilcoxon", "recipe 3"):
        assert word not in text
    assert "koken2006" not in told.bibtex


def test_every_scanner_dose_and_length_of_the_arms_is_told(tmp_path):
    unet, helical = {"kind": "unet", "spacing": [5.0] * 3}, {"kind": "helical", "rows": 16, "channels": 256}
    write(tmp_path, "synth1", scanner=helical, dose={"mas": 24.75}, drop={"probability": 0.0},
          trainer={**unet, "steps": 400})  # fmt: skip
    write(tmp_path, "synth2", dose={"mas": None}, trainer={**unet, "steps": 800})
    write(tmp_path, "synth3", scanner={"kind": "image"}, trainer={**unet, "steps": 400})
    volumes, training, *_ = methods(document.gather([tmp_path])).paragraphs
    assert "a chance of 0 or 50 %" in volumes
    assert "16 rows and 256 channels" in volumes
    assert "with Poisson and electronic noise at 24.75 mAs; passed" in volumes
    assert "64 rows and 672 channels" in volumes
    assert ", without noise; or got correlated noise in the image, without a simulated scan, at 165 mAs." in volumes
    assert "for 400 steps on a grid of 5 x 5 x 5 mm or for 800 steps on a grid of 5 x 5 x 5 mm with seed 0" in training


def test_scans_are_not_said_to_be_scanned_or_dropped(tmp_path):
    write(tmp_path, "clinical")
    text = methods(document.gather([tmp_path])).paragraphs[0]
    for word in ("helical", "mAs", "left out"):
        assert word not in text
    rescanned = {"data": {"kind": "clinical", "rescan": True}}
    write(tmp_path / "again", "clinical")
    path = tmp_path / "again" / "clinical" / "config.yaml"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | rescanned), encoding="utf-8")
    assert "helical" in methods(document.gather([tmp_path / "again"])).paragraphs[0]


def test_a_length_of_0_stands_for_that_of_another_key_and_slices_of_0_mm_for_their_own(tmp_path):
    trainer = {"kind": "resunet25d", "steps": 0, "minutes": None, "epochs": 300, "spacing": [2.5, 2.5, 0.0]}
    write(tmp_path, "synth3", trainer=trainer)
    text = methods(document.gather([tmp_path])).paragraphs[1]
    assert "was trained for 300 epochs on pixels of 2.5 x 2.5 mm with seed 0" in text


def test_of_one_case_neither_a_test_nor_an_interval_is_claimed(tmp_path):
    for data in ("clinical", "synth3"):
        write(tmp_path, data, [0.9])
    text = methods(document.gather([tmp_path])).markdown
    for word in ("Arms were compared", "Intervals", "Holm"):
        assert word not in text


def test_the_tests_are_those_that_were_made(tmp_path):
    for data in ("clinical", "synth2", "synth3"):
        write(tmp_path, data)
    assert "Mann-Whitney" not in methods(document.gather([tmp_path])).markdown
    path = tmp_path / "synth3" / "scores.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"case": "c', '"case": "d'), encoding="utf-8")
    told = methods(document.gather([tmp_path]))
    assert "by Wilcoxon's signed-rank test [6] and the Mann-Whitney test [7] where they share fewer" in told.markdown
    assert [reference.key for reference in told.references][5:7] == ["wilcoxon1945", "mann1947"]


def test_runs_without_a_configuration_have_no_text(tmp_path):
    write_run(tmp_path / "0", REFERENCE)
    (tmp_path / "0" / "config.yaml").unlink()
    assert not methods(document.gather([tmp_path])).paragraphs


def leaves(table, above=()):
    """Yield the path of every value within tables."""
    for name, value in table.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from leaves(value, (*above, name))


@pytest.mark.parametrize("other", [None, "some", 3, -1.5, [], [1, 2], {}, {"a": 1}, True], ids=repr)
def test_a_configuration_of_anything_ends_in_a_text_or_in_none(tmp_path, other):
    """It may be of another version or program; whatever stands for a value, and where one is missing."""
    cascade = {"targets": ["pancreas"], "spacing": 2.5}
    write(tmp_path, "synth3", trainer={"kind": "unet", "steps": 400, "spacing": [5.0] * 3, "cascade": cascade})
    report = document.gather([tmp_path])
    (run,) = report.runs
    whole = run.configuration
    for path in leaves(whole):
        for cut in (False, True):
            changed = json.loads(json.dumps(whole))
            table = changed
            for name in path[:-1]:
                table = table[name]
            if cut:
                del table[path[-1]]
            else:
                table[path[-1]] = other
            methods(replace(report, runs=[replace(run, configuration=changed)]))


def test_a_run_of_no_configuration_of_labelcts_says_nothing(tmp_path):
    write(tmp_path, "synth3")
    write(tmp_path, "clinical", cohort={"folder": "x"})
    assert "clinical CT" not in methods(document.gather([tmp_path])).paragraphs[0]
