"""What is asked of the trackers, and what a job is called there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from labelct.settings import Checked, choice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass
class LoggerSettings(Checked):
    """Where the curves go besides the console and the trainer's own `log.csv`; several at once: logger=[wandb,csv].

    Attributes:
        csv: Keep `curves.csv` in the job's folder; every other tracker keeps it, too.
        wandb: Mirror them to Weights & Biases.
        tensorboard: Mirror them to `tensorboard/` in the job's folder.
        mlflow: Mirror them to MLflow.
        project: Project at Weights & Biases, experiment at MLflow.
        entity: User or team at Weights & Biases; null takes the account's default.
        mode: Of Weights & Biases: `auto` (WANDB_MODE where it is set; else online with a key and a network, offline
            without), `online`, `offline` or `disabled`.
        artifacts: Whether the scores and the trained model are kept at Weights & Biases and MLflow too.
        tracking_uri: Where MLflow keeps its runs; null: MLFLOW_TRACKING_URI, else `mlflow.db` and `mlruns/` in the
            job's folder.
    """

    csv: bool = False
    wandb: bool = False
    tensorboard: bool = False
    mlflow: bool = False
    project: str = "labelct"
    entity: str | None = None
    mode: str = choice("auto", ("auto", "online", "offline", "disabled"))
    artifacts: bool = False
    tracking_uri: str | None = None
    read_with: ClassVar = {
        **dict.fromkeys(("entity", "mode"), ("wandb", (True,))),
        "tracking_uri": ("mlflow", (True,)),
        **dict.fromkeys(("project", "artifacts"), (("wandb", "mlflow"), (True,))),
    }

    @property
    def records(self) -> bool:
        """Whether curves are kept at all."""
        return self.csv or self.wandb or self.tensorboard or self.mlflow


@dataclass(frozen=True)
class Description:
    """What a job is called and filed under.

    Attributes:
        name: Its name.
        config: The resolved configuration as plain containers.
        group: What it belongs to, for instance the sweep; the group of the settings comes first.
        tags: Tags in front of those of the settings.
        job_type: What it is, for instance `experiment`.
    """

    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    group: str | None = None
    tags: Sequence[str] = ()
    job_type: str | None = None


@dataclass(frozen=True)
class SegmentedSlice:
    """One slice of a segmented case.

    Attributes:
        test: The test cohort.
        case: The case.
        image: `(rows, columns)` uint8, as it is shown: patient's right on the left, anterior above.
        masks: `(rows, columns)` label values, by `truth` and `prediction`.
        labels: Names by label value.
        dice: Of each target by name, of the whole case.
    """

    test: str
    case: str
    image: "NDArray[np.uint8]"
    masks: "Mapping[str, NDArray[np.uint8]]"
    labels: Mapping[int, str]
    dice: Mapping[str, float]
