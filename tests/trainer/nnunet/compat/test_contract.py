"""The contract with nnU-Net: the arguments of what is called, and that nothing else of labelct knows it."""

import ast
import inspect
import os
from pathlib import Path

import pytest
from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import DatasetFingerprintExtractor
from nnunetv2.experiment_planning.experiment_planners.network_topology import get_pool_and_conv_props
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from nnunetv2.run.run_training import run_training
from nnunetv2.training.dataloading.nnunet_dataset import nnUNetDatasetBlosc2
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.utilities.find_class_by_name import recursive_find_python_class
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

import labelct

TRAINED = ("dataset_name_or_id", "configuration", "fold", "trainer_class_name", "plans_identifier")
PLANNED = ("plans_manager", "configuration_manager", "dataset_json")
CALLS = {  # what is given by its place, and what by its name
    DatasetFingerprintExtractor: (("dataset_name_or_id",), ("num_processes",)),
    DatasetFingerprintExtractor.run: ((), ("overwrite_existing",)),
    get_pool_and_conv_props: (("spacing", "patch_size", "min_feature_map_size", "max_numpool"), ()),
    nnUNetPredictor: ((), ("tile_step_size", "use_mirroring", "device", "allow_tqdm")),
    nnUNetPredictor.manual_initialization: (
        ("network", "plans_manager", "configuration_manager", "parameters", "dataset_json", "trainer_name"),
        (),
    ),
    nnUNetTrainer.build_network_architecture: (
        ("plans_manager", "configuration_manager", "num_input_channels", "num_output_channels"),
        ("enable_deep_supervision",),
    ),
    nnUNetPredictor.predict_single_npy_array: (("input_image", "image_properties"), ()),
    run_training: (TRAINED, ("num_gpus", "continue_training", "device")),
    recursive_find_python_class: (("folder", "class_name", "current_module"), ()),
    PlansManager: (("plans_file_or_dict",), ()),
    PlansManager.get_configuration: (("configuration_name",), ()),
    DefaultPreprocessor: ((), ("verbose",)),
    DefaultPreprocessor.run_case_save: (("output_filename_truncated", "image_files", "seg_file", *PLANNED), ()),
    DefaultPreprocessor.run_case_npy: (("data", "seg", "properties", *PLANNED), ()),
}
CASE_NAMES = ("identifiers", "load_case")


@pytest.mark.parametrize("called", CALLS, ids=lambda called: called.__qualname__)
def test_nnunet_takes_the_arguments(called):
    found = [name for name in inspect.signature(called).parameters if name != "self"]
    placed, named = CALLS[called]
    assert tuple(found[: len(placed)]) == placed
    assert set(named) <= set(found)


@pytest.mark.parametrize("name", CASE_NAMES)
def test_a_data_set_of_nnunets_has_the_name(name):
    assert name in inspect.getsource(nnUNetDatasetBlosc2) + inspect.getsource(nnUNetDatasetBlosc2.__mro__[1])


def test_no_other_module_knows_nnunet():
    package = Path(labelct.__file__).parent
    knowing = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] in ("nnunetv2", "batchgenerators", "batchgeneratorsv2") for name in names):
                knowing.add(str(path.relative_to(package)))
    assert {os.path.dirname(path) for path in knowing} == {"trainer/nnunet/compat"}
