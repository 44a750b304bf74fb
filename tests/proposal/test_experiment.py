import pytest
import yaml
from omegaconf import OmegaConf

from labelct.accelerator import GIB
from labelct.config import configuration_folder
from labelct.errors import InputError
from labelct.proposal import experiment
from labelct.proposal.layout import Layout
from labelct.proposal.machine import Machine
from labelct.proposal.plan import propose
from labelct.proposal.survey import Look

TABLE = {1: "Leber", 2: "left kidney", 3: "right kidney", 9: "mass"}


def plan(root, values=(1, 2, 3, 9), kind="folder", table=TABLE, spacing=0.8, gpu=0):
    seen = Look(root / "a.nii.gz", (512, 512, 100), (spacing, spacing, 3.0), dict.fromkeys(values, 1000), "")
    settings = {"labels": "*.nii.gz", "ct": None} if kind == "folder" else {}
    layout = Layout(kind, root, [seen.path] * 3, settings, cases=3)
    return propose(layout, [seen] * 3, table, Machine(2, 24 * GIB, gpu * GIB))


def written(of):
    text = experiment.text(of, "names.json")
    assert text.startswith("# @package _global_\n# ")
    return yaml.safe_load(text), text


@pytest.mark.parametrize("name", ["my maps", 'it\'s "mine"', "Mäppchen", "a: b #c", "100%", "🫀\n\u2028\x85\x7f\\n"])
def test_a_path_comes_back_as_it_is(tmp_path, name):
    content, _ = written(plan(tmp_path / name))
    assert content["cohort"]["root"] == str(tmp_path / name)


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028"])
def test_a_name_that_ends_a_line_adds_none_to_the_file(tmp_path, end):
    of = plan(tmp_path, table={1: "Leber", 2: "left kidney", 3: "right kidney", 9: f"x{end}seed: 3"})
    text = experiment.text(of, f"names{end}seed: 3")
    assert "seed" not in yaml.safe_load(text)
    assert yaml.safe_load(text)["cohort"]["names"][9] == "x_seed_3"


def test_a_long_name_takes_no_comment_into_itself(tmp_path):
    long = "structure_" + "x" * 40
    assert written(plan(tmp_path, table={9: long}))[0]["cohort"]["names"][9] == long


def test_lines_that_are_offered_are_lines_of_the_file_without_their_sign(tmp_path):
    text = written(plan(tmp_path))[1].replace("  # - kidneys", "  - kidneys").replace("  # priors:", "  priors:")
    content = yaml.safe_load(text)
    assert content["targets"][-1] == {"kidneys": ["kidney_left", "kidney_right"]}
    assert content["data"]["priors"] == "FILE"


def test_a_path_that_a_setting_would_read_otherwise_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    for name in ("$HOME", "${x}"):
        with pytest.raises(InputError, match=r"has a \$ in its path"):
            experiment.text(plan(tmp_path / name), "")


def test_names_targets_and_priors_stand_in_it(tmp_path):
    content, text = written(plan(tmp_path))
    assert content["cohort"]["names"] == {1: "liver", 2: "kidney_left", 3: "kidney_right", 9: "mass"}
    assert content["targets"] == ["liver", "kidney_left", "kidney_right", "mass"]
    assert content["cohort"]["splits"] == {"train": 2, "val": 1, "test": 0}
    assert "# - kidneys: [kidney_left, kidney_right]" in text
    assert '# given as "left kidney"; 32 HU native, 175 portal-venous, patients differ by 35' in text
    assert "# no prior, any HU" in text


def test_a_data_set_of_nnunet_merges_its_names(tmp_path):
    content, _ = written(plan(tmp_path, kind="nnunet_raw"))
    merged = {"Leber": "liver", "left kidney": "kidney_left", "right kidney": "kidney_right"}
    assert content["cohort"] == {"root": str(tmp_path), "merge": merged, "splits": {"train": 2, "val": 1, "test": 0}}


def test_volumes_are_made_as_in_the_experiments_that_were_tried(tmp_path):
    tried = OmegaConf.load(configuration_folder() / "experiment" / "_from_masks.yaml").data
    many, one = plan(tmp_path), plan(tmp_path, (1,))
    for of in (many, one):
        for name in ("phase", "background", "deformation", "superior_padding_mm"):
            assert written(of)[0]["data"][name] == tried[name]
    assert "cylinder" in written(one)[0]["data"]
    assert written(many)[0]["data"]["distractors"]["ribs_probability"] > 0
    assert written(plan(tmp_path, table={}))[0]["data"].keys() & {"vessels", "lesions"} == set()
    small = written(plan(tmp_path, spacing=0.3))[0]["data"]
    assert (small["superior_padding_mm"], set(small["distractors"])) == (0.0, {"blobs"})


def test_a_card_draws_volumes_without_end(tmp_path):
    content, text = written(plan(tmp_path, gpu=40))
    assert (content["data"]["mode"], content["data"]["spacing"]) == ("online", 2.0)
    assert "- override /trainer: unet_gpu" in text
    assert "- override /device: gpu" in text
