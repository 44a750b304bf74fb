"""The face that every trainer has, and what it is given: the pipeline knows these and no trainer by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from labelct.parallel import ParallelSettings
from labelct.trainer.settings import DeviceSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from labelct.store import Stage
    from labelct.streaming import SyntheticVolumes
    from labelct.targets import Targets
    from labelct.tracking import Tracker
    from labelct.trainer.region import Region
    from labelct.volume import Volume


class TrainerSettings(Protocol):
    """What the settings of every trainer hold, whatever else is in them."""

    @property
    def kind(self) -> str:
        """The trainer's name in the table."""

    @property
    def draws_on_device(self) -> bool:
        """Whether volumes that are drawn during the training can be made on the network's device."""

    @property
    def mirrors(self) -> bool:
        """Whether the training mirrors along some axis, so that a prediction can be averaged over flips."""

    @property
    def prediction(self) -> Any:
        """A dataclass that says how a volume is segmented; the training does not depend on it."""

    def recipe(self) -> dict[str, Any]:
        """Return what the weights depend on, as plain values, without parts that are off."""

    def check_targets(self, targets: Sequence[str]) -> None:
        """Raise `SettingError` where a setting names something that is none of the job's targets."""


Settings = TypeVar("Settings", bound=TrainerSettings)


@dataclass(frozen=True)
class TrainingTask(Generic[Settings]):
    """What a trainer is asked to do.

    Attributes:
        settings: Its own.
        targets: What the network learns to find.
        device: Where it runs.
        seed: Of the weights and the patches.
        volumes: Patches are cut from these, drawn as the training goes, in place of the training set's own cases.
        parallel: Workers for what is done case by case before the training.
        region: The part of each volume that the network is trained in; None: all of it.
    """

    settings: Settings
    targets: Targets
    device: DeviceSettings
    seed: int
    volumes: SyntheticVolumes | None = None
    parallel: ParallelSettings = field(default_factory=ParallelSettings)
    region: Region | None = None


@dataclass(frozen=True)
class DataSize:
    """How large a training set is going to be.

    Attributes:
        volumes: Volumes, replicates counted.
        voxels: Voxels of the largest.
        total_voxels: Voxels of all volumes together.
        projections: Bytes of the noise-free projections that a scanner keeps on disk.
        spacing: Voxel size of the coarsest volume along its finest axis, mm; 0 where it is not known.
    """

    volumes: int
    voxels: int
    total_voxels: int
    projections: int = 0
    spacing: float = 0.0


class Predictor(Protocol):
    """A trained model that segments CT."""

    @property
    def labels(self) -> dict[str, int]:
        """Label value by target name."""

    def predict(self, volume: Volume) -> NDArray[np.uint8]:
        """Segment a CT.

        Args:
            volume: `(x, y, z)` HU, any voxel size.

        Returns:
            `(x, y, z)` label values on the volume's own grid.
        """

    def predict_probabilities(self, volume: Volume) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
        """Segment a CT, and say how certain the network is.

        Args:
            volume: As of `predict`.

        Returns:
            What `predict` returns, and `(structure, x, y, z)` probabilities in the order of `labels`, two bytes each.
        """


class Trainer(Protocol):
    """A trainer: a package with these names, and a line in `labelct.trainer.table`."""

    @property
    def FORMATS(self) -> tuple[str, ...]:
        """The formats that `export` writes: `labelct`, which `load` reads, and those of other tools."""

    @property
    def Settings(self) -> Callable[..., TrainerSettings]:
        """The dataclass of its settings; the schema of its YAML files. Importing it must stay light."""

    def check(self, task: TrainingTask[Any], size: Callable[[], DataSize], outputs: Path) -> None:
        """Raise where the training cannot run on this machine, before anything is made.

        Args:
            task: What shall be trained.
            size: Reads from the headers of all subjects how large the training set is going to be.
            outputs: Where all files go.

        Raises:
            SettingError: A setting asks for more than the machine has.
            InputError: A GPU cannot be used, or a disk is too small.
        """

    def prepare(
        self, task: TrainingTask[Any], training_set: Stage, clinical_arm: Callable[[], Stage | None], root: Path
    ) -> Sequence[Stage]:
        """Return the stages that the training needs besides the training set; the last is the one it reads.

        Args:
            task: What shall be trained.
            training_set: The stage in nnU-Net's raw layout.
            clinical_arm: Makes the training set of the same subjects' CT as they are; None where there is no CT.
            root: The folder of all stages.

        Returns:
            None at all where the training reads the training set itself.
        """

    def fit(self, task: TrainingTask[Any], data: Path, folder: Path, tracker: Tracker) -> None:
        """Train, or go on with the training that `folder` holds.

        Args:
            task: What shall be trained.
            data: The folder of the last stage that `prepare` returned; the training set's where there is none.
            folder: What is written, and read to resume; gets `model.json` with `settings`, and `log.csv`.
            tracker: Where the curves go.
        """

    def load(self, folder: Path, device: DeviceSettings, prediction: Any = None) -> Predictor:
        """Open the model that `fit` left in `folder`.

        Args:
            folder: Holds `model.json`.
            device: Where it shall run.
            prediction: How volumes are segmented; None takes what the model was trained with.

        Raises:
            InputError: The folder holds no finished training.
        """

    def export(self, folder: Path, output: Path, form: str, half: bool) -> None:
        """Write the model that `fit` left in `folder` so that it needs no other folder.

        Args:
            folder: Holds `model.json`.
            output: A folder that is there.
            form: One of `FORMATS`.
            half: Whether weights are stored in 16 bits.

        Raises:
            InputError: The folder holds no finished training, or the disk is full.
        """
