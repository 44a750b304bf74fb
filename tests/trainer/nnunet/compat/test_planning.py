"""The contract with nnU-Net's planners and its fingerprint."""

import inspect
import json
import multiprocessing
from pathlib import Path

import nnunetv2.configuration
import nnunetv2.paths
import pytest
from nnunetv2.experiment_planning.dataset_fingerprint import fingerprint_extractor
from nnunetv2.utilities.find_class_by_name import recursive_find_python_class

from labelct.trainer.nnunet import compat
from labelct.trainer.nnunet.settings import PLANNERS, NnunetSettings

pytestmark = pytest.mark.ci

PLANNER = ["UNet_featuremap_min_edge_length", "UNet_max_features_2d", "UNet_max_features_3d", "UNet_base_num_features"]
PLANNER += ["UNet_blocks_per_stage_encoder", "UNet_blocks_per_stage_decoder"]


@pytest.mark.parametrize("name", PLANNERS)
def test_the_planner_is_found_and_has_what_a_patch_is_set_with(name):
    package = str(Path(nnunetv2.__path__[0]) / "experiment_planning")
    planner = recursive_find_python_class(package, compat.PLANNERS[name], "nnunetv2.experiment_planning")
    signature = inspect.signature(planner).parameters
    assert {"dataset_name_or_id", "plans_name", "overwrite_target_spacing"} <= set(signature)
    assert callable(planner.plan_experiment)
    source = "".join(inspect.getsource(cls) for cls in planner.__mro__[:-1])
    assert [attribute for attribute in PLANNER if f"self.{attribute} =" not in source] == []


def test_settings_offer_the_planners_there_are():
    assert set(PLANNERS) == set(compat.PLANNERS)


@pytest.mark.parametrize("name", ["default", "resenc_m"])
@pytest.mark.parametrize("configuration", ["2d", "3d_fullres"])
def test_the_network_of_the_planners_own_patch_is_the_planners_own(raw, name, configuration):
    with compat.roots(raw[0]):
        own = compat.make_plans(NnunetSettings(planner=name))["configurations"][configuration]
        patch = [8, *own["patch_size"]][-3:][::-1]  # of equal voxels, which nnU-Net does not transpose
        again = compat.make_plans(NnunetSettings(planner=name, configuration=configuration, patch=patch, batch=7))
    changed = again["configurations"][configuration]
    assert json.dumps(changed, sort_keys=True) == json.dumps({**own, "batch_size": 7}, sort_keys=True)


def test_the_extractor_has_what_is_set_in_it(raw):
    with compat.roots(raw[0]):
        extractor = fingerprint_extractor.DatasetFingerprintExtractor(compat.DATASET, num_processes=1)
    assert len(extractor.dataset) == 3
    assert extractor.num_foreground_voxels_for_intensitystats == compat.MOST_SAMPLES
    assert extractor.show_progress_bar is True


def test_the_extractor_looks_at_the_cases_without_a_process_of_its_own(raw, monkeypatch):
    file = raw[0] / "preprocessed" / compat.DATASET / "dataset_fingerprint.json"
    clinical = file.read_text()
    monkeypatch.setattr(multiprocessing, "get_context", lambda method: pytest.fail("a process is asked for"))
    with compat.roots(raw[0]):
        compat.extract_fingerprint()
    found = json.loads(file.read_text())
    file.write_text(clinical)
    assert len(found["spacings"]) == 3
    assert set(found) == set(json.loads(clinical))
    assert fingerprint_extractor.multiprocessing is multiprocessing
