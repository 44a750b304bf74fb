"""Every option of every group and every experiment composes and validates; the full settings are one override away."""

import dataclasses
import re

import pytest

from labelct import pipeline
from labelct.commands.groups import groups, options
from labelct.config import PLAIN, configuration_folder
from labelct.trainer.settings import DeviceSettings

NAMES = list(options("experiment"))
ROOTS = ("cohort.root=maps", "test.totalsegmentator.root=ct")
PROSTATE = (*("cohort.root=isbi", "translation.mr.root=mr"), *("translation.ct.root=ct", "test.folder.root=scored"))
RIVALS = (*ROOTS, "test.dicom.root=series", "translation.ct.root=unlabelled")
MADE = ("own", "synthetic", "phantom", "pelvis_ct", "pelvis_mr")  # cohorts that lie in no folder of a user's
OPTIONS = {group: list(options(group)) for group in ("cohort", "trainer", *PLAIN) if group in groups()}
PAGE = (configuration_folder().parent / "docs" / "keys.md").read_text(encoding="utf-8")
DOCUMENTED = set(re.findall(r"^\| `([\w.]+)` \|", PAGE, re.MULTILINE))


def keys(value, name=""):
    """Yield the dotted name of everything that a configuration holds."""
    if dataclasses.is_dataclass(value) and name != "targets":
        below = {part.name: getattr(value, part.name) for part in dataclasses.fields(value)}
    elif name == "test":
        below = value  # settings by the name of the test cohort
    else:
        yield name
        return
    for part, inner in below.items():
        yield from keys(inner, f"{name}.{part}".lstrip("."))


def undocumented(config):
    """Return the keys of a configuration that docs/keys.md lacks; test and translation hold cohorts."""
    found = {key: re.sub(r"^(test\.\w+|translation\.(mr|ct))\.", "cohort.", key) for key in keys(config)}
    return [key for key, own in found.items() if not {key, own} & DOCUMENTED]


def chosen(turn):
    """Return one option of each group, another one each turn, with the values that some of them ask for."""
    option = {group: names[turn % len(names)] for group, names in OPTIONS.items()}
    roots = [] if option["cohort"] in MADE else ["cohort.root=maps"]
    roots += ["texture.root=videos"] if option["texture"] == "video" else []
    if option["trainer"] == "unet_cascade":
        roots += ["targets=[gallbladder,pancreas,stomach,aorta,{kidneys:[kidney_left,kidney_right]}]"]
    return [*(f"{group}={name}" for group, name in option.items()), *roots]


@pytest.mark.parametrize("turn", range(max(len(names) for names in OPTIONS.values())))
def test_every_option_composes(turn, configured):
    config = configured(*chosen(turn))
    name = OPTIONS["data"][turn % len(OPTIONS["data"])]
    assert config.data.kind in ({"mr", "cyclegan"} if name == "translated_mr" else {name})
    assert undocumented(config) == []


def test_every_test_group_composes_and_all_at_once(configured):
    names = [name for name in options("test") if name != "none"]  # which stands alone
    roots = [f"test.{name}.root=ct" for name in names if name not in MADE]
    assert set(configured(f"test=[{','.join(names)}]", *roots).test) == set(names)


def test_a_search_for_settings_composes(configured):
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper", reason="the extra hparams is not installed")
    for name in options("hparams_search"):
        assert configured(f"hparams_search={name}").group == name


def test_no_group_is_left_out():
    assert set(groups()) == {*OPTIONS, "test", "experiment", "sweep", "hparams_search"}


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_says_what_it_is_and_composes(name, configured):
    opening = (configuration_folder() / "experiment" / f"{name}.yaml").read_text(encoding="utf-8")
    assert opening.startswith("# @package _global_\n# ")
    known = {"_from_": ROOTS, "rivals": RIVALS, "phantom": (), "prostate_table1_full": PROSTATE}
    known |= {"prostate_context_full": PROSTATE, "prostate": ()}
    roots = next((known[part] for part in known if part in name), ("cohort.root=maps", "texture.root=videos"))
    config = configured(f"experiment={name}", *roots)
    assert config.targets
    assert undocumented(config) == []


@pytest.mark.parametrize("name", ["liver_from_masks", "organs_from_masks"])
def test_the_full_setting_changes_size_and_trainer_alone(name, configured):
    small, full = (configured(f"experiment={each}", *ROOTS) for each in (name, f"{name}_full"))
    assert (full.data.spacing, full.scanner.mode, full.device.kind) == (1.5, "full", "gpu")
    assert full.trainer.kind == "nnunet"
    assert full.trainer.epochs == 4000
    assert full.scanner.channels > 2 * small.scanner.channels
    assert (full.targets, full.cohort, full.fill, full.drop) == (small.targets, small.cohort, small.fill, small.drop)
    assert full.data.distractors == small.data.distractors


@pytest.mark.parametrize("name", ["liver_from_masks", "organs_from_masks"])
def test_the_gpu_setting_is_twenty_minutes_of_a_large_network_on_new_volumes(name, configured):
    small, gpu = (configured(f"experiment={each}", *ROOTS) for each in (name, f"{name}_gpu"))
    assert (gpu.device.kind, gpu.data.mode, gpu.scanner.kind, gpu.scanner.mode) == (
        *("gpu", "online"),
        *("helical", "noise_only"),
    )
    assert (gpu.trainer.kind, gpu.trainer.minutes, len(gpu.trainer.channels)) == ("unet", 20.0, 6)
    assert [gpu.data.spacing] * 3 == gpu.trainer.spacing  # a drawn volume is not resampled
    assert (gpu.targets, gpu.cohort, gpu.fill, gpu.drop) == (small.targets, small.cohort, small.fill, small.drop)
    assert gpu.data.distractors == small.data.distractors


@pytest.mark.parametrize("name", ["liver_from_masks", "organs_from_masks"])
def test_with_whole_anatomies_the_masks_and_the_scanner_are_the_same(name, configured):
    alone, whole = (configured(f"experiment={each}", *ROOTS) for each in (name, f"{name}_atlas"))
    same = ("targets", "cohort", "scanner", "dose", "fill", "drop", "test")
    assert [getattr(whole, part) for part in same] == [getattr(alone, part) for part in same]
    assert (whole.data.deformation, whole.data.lesions) == (alone.data.deformation, alone.data.lesions)
    assert (alone.data.atlas.completed, whole.data.atlas.completed, whole.data.phase) == (0, 0.5, "any")
    assert whole.data.kind == "synth3", "what no target is is painted"
    assert whole.trainer.steps > alone.trainer.steps


@pytest.mark.parametrize(("name", "least"), [("liver_from_masks", 4.3), ("organs_from_masks", 5.7)])
def test_the_gpu_setting_fits_the_memory_that_its_page_says(name, least, configured):
    from labelct.trainer.memory import GIB, least_memory
    from labelct.trainer.unet.family import UNET

    config = configured(f"experiment={name}_gpu", *ROOTS)
    device = DeviceSettings(kind="gpu", precision="bf16", compile="false")
    need = least_memory(UNET, device, config.trainer, 1 + len(config.targets)) / GIB
    assert need == pytest.approx(least, abs=0.06)
    assert need < 16 / 2
    page = (configuration_folder().parent / "experiments" / name / "README.md").read_text(encoding="utf-8")
    assert f"at least {least} GiB" in page


@pytest.mark.slow
@pytest.mark.parametrize(("name", "maps"), [("liver_from_masks", "msd_liver"), ("organs_from_masks", "btcv")])
def test_the_gpu_setting_runs_small_on_a_cpu(name, maps, configured, real_data, tmp_path):
    roots = [f"cohort.root={real_data}/label_maps/{maps}", f"test.totalsegmentator.root={real_data}/totalsegmentator"]
    given = [f"experiment={name}_gpu", "debug=smoke", "device=cpu", *roots, f"paths.outputs={tmp_path / 'outputs'}"]
    pipeline.run(configured(*given), tmp_path, {})
    assert (tmp_path / "scores.csv").is_file()


def test_the_liver_comes_from_the_papers_number_of_cases(configured):
    config = configured("experiment=liver_from_masks", *ROOTS)
    assert (config.cohort.splits["train"], config.cohort.splits["val"], config.data.replicates) == (64, 17, 4)
    assert config.data.kind == "synth1"


def test_maps_of_mr_differ_from_those_of_ct_in_what_they_are_and_in_how_slices_are_joined(configured):
    ct, mr = (configured(f"experiment={name}", *ROOTS) for name in ("organs_from_masks", "organs_from_mr_masks"))
    assert (ct.data.interpolation, mr.data.interpolation) == ("nearest", "shape")
    assert mr.cohort.labels == "*_labels.nii.gz", "the images lie beside them and are no label maps"
    assert (mr.test, mr.trainer, mr.scanner, mr.dose, mr.fill) == (ct.test, ct.trainer, ct.scanner, ct.dose, ct.fill)
    assert mr.data.deformation == ct.data.deformation
    assert set(mr.targets.parts) < set(ct.targets.parts)
