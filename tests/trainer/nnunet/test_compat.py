"""The contract with nnU-Net: each name, argument, attribute, variable and file that `compat` relies on, one by one."""

import ast
import inspect
import json
import os
from pathlib import Path
from types import SimpleNamespace

import nnunetv2.configuration
import nnunetv2.paths
import pytest
import torch
from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import DatasetFingerprintExtractor
from nnunetv2.experiment_planning.experiment_planners.network_topology import get_pool_and_conv_props
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from nnunetv2.run.run_training import run_training
from nnunetv2.training.dataloading.nnunet_dataset import nnUNetDatasetBlosc2
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.utilities.default_n_proc_DA import get_allowed_n_proc_DA
from nnunetv2.utilities.find_class_by_name import recursive_find_python_class
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

import labelct
from labelct.dataset import TrainingSet
from labelct.trainer.nnunet import compat
from labelct.trainer.nnunet.instructions import Instructions
from labelct.trainer.nnunet.plans import read_plans, write_raw
from labelct.trainer.nnunet.settings import PLANNERS, NnunetSettings

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
OVERRIDDEN = ["__init__", "initialize", "on_train_start", "on_epoch_start", "on_epoch_end", "get_dataloaders"]
OVERRIDDEN += ["get_tr_and_val_datasets", "configure_rotation_dummyDA_mirroring_and_inital_patch_size"]
OVERRIDDEN += ["run_training", "on_train_epoch_start", "save_checkpoint", "perform_actual_validation"]
OVERRIDDEN += ["load_checkpoint", "print_to_log_file"]
ATTRIBUTES = ["num_epochs", "num_iterations_per_epoch", "num_val_iterations_per_epoch", "initial_lr", "weight_decay"]
ATTRIBUTES += ["oversample_foreground_percent", "save_every", "current_epoch", "local_rank", "is_ddp", "logger"]
ATTRIBUTES += ["plans_manager", "configuration_manager", "dataset_json", "inference_allowed_mirroring_axes"]
ATTRIBUTES += ["disable_checkpointing", "lr_scheduler", "on_train_end"]
PLANNER = ["UNet_featuremap_min_edge_length", "UNet_max_features_2d", "UNet_max_features_3d", "UNet_base_num_features"]
PLANNER += ["UNet_blocks_per_stage_encoder", "UNet_blocks_per_stage_decoder"]
ROOTS = ("raw", "preprocessed", "results")
CASE_NAMES = ("identifiers", "load_case")


@pytest.mark.parametrize("called", CALLS, ids=lambda called: called.__qualname__)
def test_nnunet_takes_the_arguments(called):
    found = [name for name in inspect.signature(called).parameters if name != "self"]
    placed, named = CALLS[called]
    assert tuple(found[: len(placed)]) == placed
    assert set(named) <= set(found)


@pytest.fixture(scope="module")
def raw(arms, tmp_path_factory):
    """Return nnU-Net's roots with a data set that is planned: folder, plans, content of `dataset.json`."""
    folder = tmp_path_factory.mktemp("roots")
    content = write_raw(TrainingSet(arms["synth1"][0].folder), folder)
    ready = folder / "preprocessed" / compat.DATASET
    ready.mkdir(parents=True)
    fingerprint = (arms["synth1"][1].folder / "dataset_fingerprint.json").read_text()
    (ready / "dataset_fingerprint.json").write_text(fingerprint)
    return folder, read_plans(arms["synth1"][1].folder), content


@pytest.fixture(scope="module")
def trainer(raw):
    """Return nnU-Net's own trainer, made as it makes it."""
    folder, plans, content = raw
    with compat.roots(folder):
        own = {**plans, "continue_training": False}  # `run_training` adds it
        yield nnUNetTrainer(own, "3d_fullres", 0, content, torch.device("cpu"))


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_the_trainer_has_the_attribute(trainer, name):
    assert hasattr(trainer, name)


@pytest.mark.parametrize("name", OVERRIDDEN)
def test_the_trainer_has_the_method_with_the_same_arguments(name):
    own, theirs = (inspect.signature(getattr(cls, name)).parameters for cls in (compat.LabelctTrainer, nnUNetTrainer))
    assert list(own) == list(theirs)


def test_no_other_method_of_nnunets_is_overridden():
    assert {name for name in vars(compat.LabelctTrainer) if name in dir(nnUNetTrainer)} - {
        "__module__",
        "__doc__",
        "__firstlineno__",
        "__static_attributes__",
    } == set(OVERRIDDEN)


@pytest.mark.parametrize("name", [*compat.VALUES, "epoch_start_timestamps", "epoch_end_timestamps"])
def test_the_logger_remembers_the_value_of_an_epoch(trainer, name):
    trainer.logger.log(name, 0.5, 0)
    assert trainer.logger.get_value(name, 0) == 0.5


@pytest.fixture
def by_time(raw, tmp_path):
    """Return labelct's trainer of 100 epochs or two minutes, with the optimiser and schedule that nnU-Net makes."""
    folder, plans, content = raw
    settings = NnunetSettings(epochs=100, minutes=2.0)
    with compat.roots(folder), Instructions(tmp_path, settings, 0, False).given():
        own = compat.LabelctTrainer(
            {**plans, "continue_training": False}, "3d_fullres", 0, content, torch.device("cpu")
        )
        own.network = torch.nn.Linear(1, 1)
        own.optimizer, own.lr_scheduler = own.configure_optimizers()
        yield own


def epochs_of(trainer, monkeypatch, seconds):
    """Let epochs pass that take `seconds` each; return the learning rate of each that began."""
    hand, rates = SimpleNamespace(at=0.0), []
    monkeypatch.setattr("nnunetv2.training.nnUNetTrainer.nnUNetTrainer.time", lambda: hand.at)

    def epoch():
        trainer.on_epoch_start()
        trainer.on_train_epoch_start()
        rates.append(trainer.optimizer.param_groups[0]["lr"])
        hand.at += seconds
        trainer.logger.log("epoch_end_timestamps", hand.at, trainer.current_epoch)
        trainer.current_epoch += 1
        hand.at += 7777  # what is not in an epoch, as the time between a kill and the next start, does not count

    monkeypatch.setattr(nnUNetTrainer, "run_training", lambda _: [epoch() for _ in range(100)])
    monkeypatch.setattr(nnUNetTrainer, "on_train_end", lambda _: rates.append("end"))
    trainer.run_training()
    return rates


def test_a_training_by_time_ends_with_it_and_its_rate_follows_the_clock(by_time, monkeypatch):
    *rates, end = epochs_of(by_time, monkeypatch, 30.0)
    assert end == "end"
    assert rates == pytest.approx([1e-2 * (1 - share) ** 0.9 for share in (0, 0.25, 0.5, 0.75)])


def test_epochs_decide_where_they_are_ahead_of_the_clock(by_time, monkeypatch):
    rates = epochs_of(by_time, monkeypatch, 0.1)
    assert rates == pytest.approx([1e-2 * (1 - epoch / 100) ** 0.9 for epoch in range(100)])


def test_mirrored_axes_come_with_the_patch(trainer):
    found = trainer.configure_rotation_dummyDA_mirroring_and_inital_patch_size()
    assert len(found) == 4
    assert tuple(found[3]) == (0, 1, 2)
    assert sorted(trainer.plans_manager.transpose_forward) == [0, 1, 2]


@pytest.mark.parametrize("name", CASE_NAMES)
def test_a_data_set_of_nnunets_has_the_name(name):
    assert name in inspect.getsource(nnUNetDatasetBlosc2) + inspect.getsource(nnUNetDatasetBlosc2.__mro__[1])


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
        extractor = DatasetFingerprintExtractor(compat.DATASET, num_processes=1)
    assert len(extractor.dataset) == 3
    assert extractor.num_foreground_voxels_for_intensitystats == compat.MOST_SAMPLES
    assert extractor.show_progress_bar is True


def test_plans_name_the_preprocessor(raw):
    preprocessor = compat.Preprocessor.of(raw[1], "3d_fullres", raw[2])
    assert issubclass(preprocessor.configuration.preprocessor_class, DefaultPreprocessor)


def test_a_preprocessed_case_is_these_files(arms):
    folder = arms["synth1"][2].folder / "preprocessed" / compat.DATASET / "nnUNetPlans_3d_fullres"
    names = {case.name for case in TrainingSet(arms["synth1"][0].folder).train}
    for name in names:
        assert {path.name for path in folder.glob(f"{name}*")} == {f"{name}{ending}" for ending in compat.CASE_FILES}


def test_the_predictor_takes_no_axes_for_none():
    network = nnUNetPredictor(device=torch.device("cpu"))
    assert network.allowed_mirroring_axes is None
    network.network, network.use_mirroring = (lambda image: image), True
    network.allowed_mirroring_axes = ()
    with pytest.raises(ValueError):
        network._internal_maybe_mirror_and_predict(torch.zeros(1, 1, 4, 4, 4))
    network.allowed_mirroring_axes = None
    assert network._internal_maybe_mirror_and_predict(torch.zeros(1, 1, 4, 4, 4)).shape == (1, 1, 4, 4, 4)


@pytest.mark.parametrize("name", ROOTS)
def test_the_root_is_where_the_environment_says(tmp_path, name):
    with compat.roots(tmp_path, preprocessed=tmp_path / "elsewhere"):
        expected = "elsewhere" if name == "preprocessed" else name
        assert os.fspath(getattr(nnunetv2.paths, f"nnUNet_{name}")) == str(tmp_path / expected)
        assert nnunetv2.paths.nnUNet_extTrainer.get() == str(compat.EXTERNAL)


def test_the_environment_says_how_many_processes_and_whether_to_compile(tmp_path):
    on_gpu = SimpleNamespace(device=torch.device("cuda"), print_to_log_file=lambda *_: None)
    for augmenters, compiled in ((0, False), (1, True)):
        with compat.roots(tmp_path, augmenters=augmenters, compiled=compiled):
            assert get_allowed_n_proc_DA() == augmenters
            assert nnUNetTrainer._do_i_compile(on_gpu) == compiled
    assert "nnUNet_def_n_proc" in inspect.getsource(nnunetv2.configuration)


def test_nnunets_own_tracking_is_off(tmp_path, trainer):
    with compat.roots(tmp_path):
        assert os.environ["nnUNet_wandb_enabled"] == "0"  # noqa: SIM112
    assert "nnUNet_wandb_enabled" in inspect.getsource(type(trainer.logger))
    assert trainer.logger.loggers == []


def test_the_environment_is_restored_and_print_goes_to_the_log(tmp_path, capsys):
    before = dict(os.environ)
    with compat.roots(tmp_path):
        assert dict(os.environ) != before
        print("chatter")
    assert dict(os.environ) == before
    assert capsys.readouterr().out == ""
    assert (tmp_path / compat.LOG).read_text() == "chatter\n"


@pytest.mark.slow
def test_a_training_leaves_its_files_where_nnunet_puts_them(trained):
    fold = compat.fold_of(trained, "3d_fullres")
    assert {"checkpoint_final.pth", "checkpoint_best.pth", "progress.png"} <= {path.name for path in fold.iterdir()}
    assert json.loads((fold.parent / "dataset.json").read_text())["labels"]["liver"] == 1
    weights = torch.load(fold / "checkpoint_final.pth", map_location="cpu", weights_only=False)
    assert weights["trainer_name"] == compat.TRAINER


def test_no_other_module_knows_nnunet():
    package = Path(labelct.__file__).parent
    knowing = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] in ("nnunetv2", "batchgenerators", "batchgeneratorsv2") for name in names):
                knowing.add(str(path.relative_to(package)))
    assert knowing == {"trainer/nnunet/compat.py"}
