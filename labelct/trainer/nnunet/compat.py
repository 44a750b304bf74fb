"""All that labelct knows of nnU-Net's inside (nnunetv2 2.8): names, attributes, environment variables, places of files.

No other module imports nnunetv2, and `tests/trainer/nnunet/test_compat.py` names each thing that is used here, so that
another version of nnU-Net is a matter of these two files. What nnU-Net documents for its users, the raw format and the
content of its JSON files, is used elsewhere too.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import nnunetv2
import numpy as np
import torch
from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import DatasetFingerprintExtractor
from nnunetv2.experiment_planning.experiment_planners.network_topology import get_pool_and_conv_props
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.run.run_training import run_training
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.utilities.default_n_proc_DA import get_allowed_n_proc_DA
from nnunetv2.utilities.find_class_by_name import recursive_find_python_class
from nnunetv2.utilities.json_export import recursive_fix_for_json_export
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from numpy.typing import NDArray

from labelct.errors import InputError
from labelct.processes import end_children_with_this
from labelct.trainer.model import REMEDY, fill, read_checkpoint, read_description
from labelct.trainer.nnunet.instructions import Instructions
from labelct.trainer.nnunet.names import check_names
from labelct.trainer.nnunet.settings import NnunetSettings

DATASET = "Dataset001_labelct"
PLANS = "nnUNetPlans"
TRAINER = "LabelctTrainer"
CHANNELS = 1  # of an image: CT alone
EXTERNAL = Path(__file__).parent / "external"
LOG = "nnunet.log"
NOISY = r"(nnunetv2|torch|batchgenerators.*|acvl_utils|distutils|blosc2)\b.*"
PLANNERS = {
    "default": "ExperimentPlanner",
    "resenc_m": "nnUNetPlannerResEncM",
    "resenc_l": "nnUNetPlannerResEncL",
    "resenc_xl": "nnUNetPlannerResEncXL",
}
SAMPLES_PER_CASE = 1_000_000  # nnU-Net draws 1e8 however few cases there are: for a handful, gigabytes and a minute
MOST_SAMPLES = 10e7  # nnU-Net's own number, which a hundred cases reach
MOST_POOLINGS = 999_999  # as nnU-Net's planners say it: the patch alone bounds their number
CASE_FILES = (".b2nd", "_seg.b2nd", ".pkl")
VALUES = ("train_losses", "val_losses", "mean_fg_dice", "ema_fg_dice", "lrs")

Prepared = tuple[NDArray[np.float32], NDArray[np.integer], dict[str, Any]]


@contextmanager
def roots(
    folder: Path, preprocessed: Path | None = None, augmenters: int = 1, compiled: bool = False
) -> Iterator[None]:
    """Give nnU-Net the folders `raw`, `preprocessed` and `results` below `folder`, and restore the environment.

    A stage has roots of its own, so that there is one data set in each, whose number and name never collide.

    Args:
        folder: The stage.
        preprocessed: The root of the preprocessed data, where it is that of another stage.
        augmenters: Processes that augment patches; 0 does it in the training process, but the planner wants 1.
        compiled: Let torch compile the network.

    Yields:
        Nothing; what nnU-Net prints meanwhile lands in `folder/nnunet.log`.
    """
    before = dict(os.environ)
    places = {name: folder / name for name in ("raw", "preprocessed", "results")}
    places["preprocessed"] = preprocessed or places["preprocessed"]
    os.environ.update({f"nnUNet_{name}": str(place) for name, place in places.items()})
    os.environ.update(nnUNet_extTrainer=str(EXTERNAL), nnUNet_n_proc_DA=str(augmenters))
    os.environ.update(nnUNet_def_n_proc="1", nnUNet_wandb_enabled="0", nnUNet_compile=str(compiled))
    try:
        with (folder / LOG).open("a", encoding="utf-8") as log, redirect_stdout(log), warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=NOISY)
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def fold_of(folder: Path, configuration: str) -> Path:
    """Return the folder of checkpoints and pictures below a stage; its parent is nnU-Net's model folder."""
    return folder / "results" / DATASET / f"{TRAINER}__{PLANS}__{configuration}" / "fold_0"


def extract_fingerprint() -> None:
    """Write the fingerprint of the data set in the present roots."""
    extractor = DatasetFingerprintExtractor(DATASET, num_processes=1)
    extractor.show_progress_bar = False
    wanted = SAMPLES_PER_CASE * len(extractor.dataset)
    extractor.num_foreground_voxels_for_intensitystats = min(MOST_SAMPLES, wanted)
    extractor.run(overwrite_existing=True)


def make_plans(settings: NnunetSettings) -> dict[str, Any]:
    """Return the plans of the data set in the present roots, with what `settings` lay over them."""
    package = str(Path(nnunetv2.__path__[0]) / "experiment_planning")
    found = recursive_find_python_class(package, PLANNERS[settings.planner], "nnunetv2.experiment_planning")
    spacing = [float(size) for size in settings.spacing[::-1]] if settings.spacing else None
    planner = found(DATASET, plans_name=PLANS, overwrite_target_spacing=spacing)
    plans: dict[str, Any] = planner.plan_experiment()
    chosen = plans["configurations"].get(settings.configuration)
    if chosen is not None and settings.patch:
        _set_patch(chosen, planner, [settings.patch[::-1][axis] for axis in plans["transpose_forward"]])
    if chosen is not None and settings.batch:
        chosen["batch_size"] = settings.batch
    recursive_fix_for_json_export(plans)
    return plans


def _set_patch(plan: dict[str, Any], planner: Any, patch: Sequence[int]) -> None:
    """Give `plan` another patch `(z, y, x)` after transposition, and the network that nnU-Net would build for it."""
    spacing = plan["spacing"]
    wanted, least = patch[-len(spacing) :], planner.UNet_featuremap_min_edge_length
    _, strides, kernels, size, _ = get_pool_and_conv_props(spacing, wanted, least, MOST_POOLINGS)
    stages, network = len(strides), plan["architecture"]["arch_kwargs"]
    most = planner.UNet_max_features_2d if len(spacing) == 2 else planner.UNet_max_features_3d
    blocks = "n_blocks_per_stage" if "n_blocks_per_stage" in network else "n_conv_per_stage"
    network |= {"n_stages": stages, "kernel_sizes": kernels, "strides": strides}
    network["features_per_stage"] = [min(most, planner.UNet_base_num_features * 2**stage) for stage in range(stages)]
    network[blocks] = planner.UNet_blocks_per_stage_encoder[:stages]
    network["n_conv_per_stage_decoder"] = planner.UNet_blocks_per_stage_decoder[: stages - 1]
    plan["patch_size"] = [int(n) for n in size]


@dataclass(frozen=True)
class Preprocessor:
    """nnU-Net's preprocessing by one configuration of some plans.

    Attributes:
        plans: nnU-Net's `PlansManager`.
        configuration: Its `ConfigurationManager`.
        dataset: The content of `dataset.json`.
    """

    plans: Any
    configuration: Any
    dataset: dict[str, Any]

    @classmethod
    def of(cls, plans: dict[str, Any], configuration: str, dataset: dict[str, Any]) -> Preprocessor:
        """Return the one of a configuration by name; `plans` is the content of a plans file."""
        manager = PlansManager(plans)
        return cls(manager, manager.get_configuration(configuration), dataset)

    def save(self, image: Path, label: Path, target: Path) -> None:
        """Preprocess one case from its files to `target` with each of the endings `CASE_FILES`."""
        preprocessor, files = self.configuration.preprocessor_class(verbose=False), ([str(image)], str(label))
        preprocessor.run_case_save(str(target), *files, self.plans, self.configuration, self.dataset)

    def run(self, image: NDArray[np.float32], labels: NDArray[np.float32], spacing: Sequence[float]) -> Prepared:
        """Preprocess one case in memory.

        Args:
            image: `(1, z, y, x)` HU.
            labels: `(1, z, y, x)`.
            spacing: `(z, y, x)` mm.

        Returns:
            Image and labels on the plans' grid after nnU-Net's transposition, and properties with `class_locations`.
        """
        preprocessor, properties = self.configuration.preprocessor_class(verbose=False), {"spacing": list(spacing)}
        case: Prepared = preprocessor.run_case_npy(
            image, labels, properties, self.plans, self.configuration, self.dataset
        )
        return case


def run(configuration: str, device: str, count: int) -> None:
    """Train in the present roots, or go on from the checkpoint there, on `count` devices of the kind `device`."""
    task = (DATASET, configuration, 0, TRAINER, PLANS)
    run_training(*task, num_gpus=count, continue_training=True, device=torch.device(device))


def open_network(checkpoint: Path, configuration: str, step: float, mirror: bool, device: str) -> Any:
    """Return nnU-Net's predictor with its weights loaded; nnU-Net's own loader would run what a checkpoint holds.

    Args:
        checkpoint: In a fold's folder below nnU-Net's model folder, which holds `plans.json` and `dataset.json`.
        configuration: Of the plans.
        step: Distance of neighbouring windows as a share of the patch.
        mirror: Average over the flips that the training allowed.
        device: As torch calls it.

    Raises:
        InputError: One of the files is missing, damaged, or describes no network of nnU-Net.
    """
    model, state = checkpoint.parent.parent, read_checkpoint(checkpoint)
    plans, dataset = (read_description(model / name) for name in ("plans.json", "dataset.json"))
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=NOISY)
        try:
            manager = PlansManager(plans)
            chosen = manager.get_configuration(configuration)
            check_names(model / "plans.json", chosen.configuration)
            heads = manager.get_label_manager(dataset).num_segmentation_heads
            with torch.device("meta"):
                network = LabelctTrainer.build_network_architecture(
                    manager, chosen, CHANNELS, heads, enable_deep_supervision=False
                )
        except InputError:
            raise
        except Exception as error:  # plans that are not nnU-Net's fail wherever it first reads them
            problem = f"describes no network of nnU-Net ({type(error).__name__}: {error})".splitlines()[0]
            raise InputError(model / "plans.json", problem, REMEDY) from None
    weights, axes = state.get("network_weights"), state.get("inference_allowed_mirroring_axes")
    fill(network, weights, checkpoint)
    predictor = nnUNetPredictor(
        tile_step_size=step, use_mirroring=mirror, device=torch.device(device), allow_tqdm=False
    )
    predictor.manual_initialization(network, manager, chosen, [network.state_dict()], dataset, TRAINER, axes or None)
    return predictor


def segment(network: Any, image: NDArray[np.float32], spacing: Sequence[float]) -> NDArray[np.integer]:
    """Return label values `(z, y, x)` of `image` `(1, z, y, x)` HU with voxels of `spacing` `(z, y, x)` mm."""
    found: NDArray[np.integer] = network.predict_single_npy_array(image, {"spacing": list(spacing)})
    return found


class TimeIsOver(Exception):
    """The minutes of a training are over."""


class LabelctTrainer(nnUNetTrainer):
    """nnU-Net's trainer with the values of `Instructions`, where nnU-Net wants a class for each."""

    def __init__(
        self,
        plans: dict[str, Any],
        configuration: str,
        fold: int,
        dataset_json: dict[str, Any],
        device: torch.device = torch.device("cuda"),  # noqa: B008
    ) -> None:
        """Take nnU-Net's arguments; it stores them by these names in its checkpoints."""
        super().__init__(plans, configuration, fold, dataset_json, device)
        self.instructions = Instructions.read()
        self.drawn: Any = None
        self.share = 0.0
        wanted = self.instructions.settings
        self.num_epochs = wanted.epochs
        self.num_iterations_per_epoch = wanted.iterations
        self.num_val_iterations_per_epoch = wanted.iterations_val
        self.initial_lr = wanted.learning_rate
        self.weight_decay = wanted.weight_decay
        self.oversample_foreground_percent = wanted.foreground
        self.save_every = wanted.save_every

    def initialize(self) -> None:
        """Draw the first weights from the seed."""
        self.instructions.seed_all(0, self.local_rank)
        super().initialize()

    def run_training(self) -> None:
        """Train until the epochs or the minutes are over."""
        try:
            super().run_training()
        except TimeIsOver:
            self.on_train_end()

    def on_train_start(self) -> None:
        """Write the log anew from what the checkpoint remembers, which a killed run may have been ahead of."""
        super().on_train_start()
        self._log()

    def on_epoch_start(self) -> None:
        """Give each epoch a random stream of its own, so that a resumed training goes on as it would have.

        Raises:
            TimeIsOver: There are no minutes left for it.
        """
        self.share = self._share()
        if self.share >= 1:
            raise TimeIsOver
        self.instructions.seed_all(1 + self.current_epoch, self.local_rank)
        if self.drawn is not None:
            self.drawn.begin(self.current_epoch)
        super().on_epoch_start()

    def on_train_epoch_start(self) -> None:
        """Let the learning rate follow the clock where that is ahead of the epochs."""
        done = max(self.share, self.current_epoch / self.num_epochs)
        self.lr_scheduler.max_steps = self.current_epoch / done if done else self.num_epochs
        super().on_train_epoch_start()

    def on_epoch_end(self) -> None:
        """Add the epoch to the log once its checkpoint is written."""
        super().on_epoch_end()
        self._log()

    def get_dataloaders(self) -> tuple[Any, Any]:
        """Start the augmenting processes so that they end with this one."""
        end_children_with_this()
        return super().get_dataloaders()

    def get_tr_and_val_datasets(self) -> tuple[Any, Any]:
        """Take new volumes for the stored training cases, where they are asked for."""
        stored, validation = super().get_tr_and_val_datasets()
        volumes = self.instructions.volumes()
        if volumes is None:
            return stored, validation
        from labelct.trainer.nnunet.drawn import DrawnCases, preprocessed

        preprocessor = Preprocessor(self.plans_manager, self.configuration_manager, self.dataset_json)
        ranks = torch.distributed.get_world_size() if self.is_ddp else 1
        prepare, workers = partial(preprocessed, preprocessor=preprocessor), get_allowed_n_proc_DA()
        self.drawn = DrawnCases(volumes, prepare, workers, self.current_epoch, self.local_rank, ranks)
        return self.drawn, validation

    def configure_rotation_dummyDA_mirroring_and_inital_patch_size(self) -> tuple[Any, Any, Any, Any]:
        """Leave out the axes that must not be mirrored."""
        rotation, flat, size, axes = super().configure_rotation_dummyDA_mirroring_and_inital_patch_size()
        axes = self.instructions.mirrored(axes, self.plans_manager.transpose_forward)
        self.inference_allowed_mirroring_axes = axes or None
        return rotation, flat, size, axes

    def load_checkpoint(self, filename_or_checkpoint: Any) -> None:
        """Go on from a checkpoint, which is first read without running anything in it, as nnU-Net's loader would."""
        read_checkpoint(Path(filename_or_checkpoint))
        super().load_checkpoint(filename_or_checkpoint)

    def save_checkpoint(self, filename: str) -> None:
        """Write a checkpoint whole or not at all: a kill in between leaves the one before."""
        super().save_checkpoint(f"{filename}.partial")
        if self.local_rank == 0 and not self.disable_checkpointing:
            os.replace(f"{filename}.partial", filename)

    def perform_actual_validation(self, save_probabilities: bool = False) -> None:
        """Do nothing: labelct segments and scores test cases in stages of their own."""

    def print_to_log_file(self, *args: Any, also_print_to_console: bool = True, add_timestamp: bool = True) -> None:
        """Write to nnU-Net's log file alone."""
        super().print_to_log_file(*args, also_print_to_console=False, add_timestamp=add_timestamp)

    def _share(self) -> float:
        """Return how much of the minutes is over, by the epochs that a checkpoint remembers; the first process says."""
        begun, ended = (self.logger.get_value(f"epoch_{end}_timestamps", None) for end in ("start", "end"))
        share = [self.instructions.share(begun[: self.current_epoch], ended[: self.current_epoch])]
        if self.is_ddp:
            torch.distributed.broadcast_object_list(share)
        return share[0]

    def _log(self) -> None:
        if self.local_rank == 0:
            names = (*VALUES, "epoch_start_timestamps", "epoch_end_timestamps")
            known = [[self.logger.get_value(name, epoch) for name in names] for epoch in range(self.current_epoch)]
            self.instructions.log([[*values, end - start] for *values, start, end in known])
