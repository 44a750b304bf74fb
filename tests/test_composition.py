"""What is remembered of Hydra's compositions is what Hydra makes."""

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from labelct.config import configuration_folder
from tests.composition import REMEMBERED


def composed(*overrides):
    with initialize_config_dir(version_base="1.3", config_dir=str(configuration_folder().absolute())):
        return compose("config", overrides=list(overrides), return_hydra_config=True)


def own(monkeypatch):
    """Let Hydra compose as it does outside of these tests."""
    for place, name, _ in REMEMBERED:
        monkeypatch.setattr(place, name, getattr(place, name).__wrapped__)


@pytest.mark.parametrize(
    "overrides",
    [
        ("data=synth1", "seed=7", "trainer.steps=3", "+limit.other=1"),
        ("experiment=phantom", "test=[own,folder]", "targets=[liver,{kidneys:[kidney_left,kidney_right]}]"),
        ("sweep=dose", "experiment=phantom", "~tags", "translation=cyclegan", "cohort@translation.mr=pelvis_mr"),
    ],
)
def test_what_is_remembered_is_what_hydra_makes(overrides, monkeypatch):
    composed(*overrides[:1])
    remembered = [composed(*overrides) for _ in range(2)]
    own(monkeypatch)
    wanted = composed(*overrides)
    for found in remembered:
        assert OmegaConf.to_container(found) == OmegaConf.to_container(wanted)
        assert list(found) == list(wanted)
        assert OmegaConf.is_struct(found)
        assert found.hydra.runtime.choices == wanted.hydra.runtime.choices


def test_what_a_test_does_to_its_copy_stays_there():
    before = OmegaConf.to_container(composed("dose=low"))
    changed = composed("dose=low", "seed=9")
    changed.dose.mas = 1
    changed.tags.append("mine")
    assert OmegaConf.to_container(composed("dose=low")) == before


def test_a_folder_of_a_users_is_read_each_time(tmp_path):
    (tmp_path / "experiment").mkdir()
    seeds = []
    for seed in (3, 4):
        (tmp_path / "experiment" / "mine.yaml").write_text(f"# @package _global_\nseed: {seed}\n", encoding="utf-8")
        seeds.append(composed("experiment=mine", f"hydra.searchpath=['file://{tmp_path}']").seed)
    assert seeds == [3, 4]
