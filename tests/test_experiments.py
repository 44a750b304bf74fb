"""Every experiment composes, and the full settings of those from masks are one override away."""

import pytest

from labelct.config import configuration_folder

NAMES = sorted(path.stem for path in (configuration_folder() / "experiment").glob("*.yaml"))
ROOTS = ("cohort.root=maps", "test.totalsegmentator.root=ct")


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_says_what_it_is_and_composes(name, configured):
    opening = (configuration_folder() / "experiment" / f"{name}.yaml").read_text(encoding="utf-8")
    assert opening.startswith("# @package _global_\n# ")
    roots = ROOTS if "from_masks" in name else () if name == "phantom" else ("cohort.root=maps", "texture.root=videos")
    assert configured(f"experiment={name}", *roots).targets


@pytest.mark.parametrize("name", ["liver_from_masks", "organs_from_masks"])
def test_the_full_setting_changes_size_and_trainer_alone(name, configured):
    small, full = (configured(f"experiment={each}", *ROOTS) for each in (name, f"{name}_full"))
    assert (full.data.spacing, full.scanner.mode, full.device.kind) == (1.5, "full", "gpu")
    assert full.trainer.kind == "nnunet"
    assert full.trainer.epochs == 4000
    assert full.scanner.channels > 2 * small.scanner.channels
    assert (full.targets, full.cohort, full.fill, full.drop) == (small.targets, small.cohort, small.fill, small.drop)
    assert full.data.surroundings == small.data.surroundings


def test_the_liver_comes_from_the_papers_number_of_cases(configured):
    config = configured("experiment=liver_from_masks", *ROOTS)
    assert (config.cohort.splits["train"], config.cohort.splits["val"], config.data.replicates) == (64, 17, 4)
    assert config.data.kind == "synth1"
