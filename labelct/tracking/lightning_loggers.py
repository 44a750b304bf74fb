"""TensorBoard and MLflow through Lightning's loggers, behind the face of `labelct.tracking.tracker.Mirror`."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelct.tracking.settings import Description, LoggerSettings, SegmentedSlice

if TYPE_CHECKING:
    import numpy as np
    from lightning.pytorch.loggers import MLFlowLogger, TensorBoardLogger
    from numpy.typing import NDArray

OPACITY = 0.4


@dataclass
class TensorBoard:
    """Event files in `tensorboard/` of the job's folder.

    Attributes:
        logger: Lightning's logger.
        config: The configuration, which is written in the end, with the summary beside it.
    """

    logger: "TensorBoardLogger"
    config: dict[str, Any]
    name: str = "tensorboard"
    _summary: dict[str, float] = field(default_factory=dict)

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Record metrics at a step."""
        self.logger.log_metrics(dict(metrics), step)

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Record a table as text in Markdown."""
        lines = [list(columns), ["---"] * len(columns), *rows]
        text = "\n".join(f"| {' | '.join(str(value) for value in row)} |" for row in lines)
        self.logger.experiment.add_text(name, text)

    def figure(self, name: str, path: Path) -> None:
        """Record a picture."""
        from matplotlib.image import imread

        self.logger.experiment.add_image(name, imread(path)[..., :3], dataformats="HWC")

    def segmentations(self, name: str, slices: Sequence[SegmentedSlice]) -> None:
        """Record slices with the masks over them, each in its colour."""
        for one in slices:
            self.logger.experiment.add_image(f"{name}/{one.test}_{one.case}", coloured(one), dataformats="HWC")

    def artifact(self, kind: str, name: str, paths: Sequence[Path]) -> None:
        """Keep nothing: the files lie beside TensorBoard's own."""

    def describe(self, values: Mapping[str, Any]) -> None:
        """Add to the configuration."""
        self.config |= values

    def summary(self, values: Mapping[str, object]) -> None:
        """Remember single figures of the whole job, those that are numbers."""
        self._summary |= numbers(values)

    def close(self, exit_code: int) -> None:
        """Write configuration and summary, and end the files."""
        self.logger.log_hyperparams(self.config, self._summary or None)
        self.logger.finalize("success" if exit_code == 0 else "failed")


@dataclass
class Mlflow:
    """A run at MLflow.

    Attributes:
        logger: Lightning's logger.
    """

    logger: "MLFlowLogger"
    name: str = "mlflow"

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Record metrics at a step."""
        self.logger.log_metrics(mlflow_names(metrics), step)

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Record a table in JSON."""
        content = {"columns": list(columns), "data": [list(row) for row in rows]}
        self.logger.experiment.log_dict(self.logger.run_id, content, f"{name}.json")

    def figure(self, name: str, path: Path) -> None:
        """Record a picture."""
        place = f"figures/{name.rpartition('/')[0]}".rstrip("/")
        self.logger.experiment.log_artifact(self.logger.run_id, str(path), place)

    def segmentations(self, name: str, slices: Sequence[SegmentedSlice]) -> None:
        """Record slices with the masks over them, each in its colour."""
        for one in slices:
            self.logger.experiment.log_image(self.logger.run_id, coloured(one), f"{name}/{one.test}_{one.case}.png")

    def artifact(self, kind: str, name: str, paths: Sequence[Path]) -> None:
        """Keep files in a folder of the artifact's kind."""
        for path in paths:
            self.logger.experiment.log_artifact(self.logger.run_id, str(path), kind)

    def describe(self, values: Mapping[str, Any]) -> None:
        """Add to the parameters."""
        self.logger.log_hyperparams(mlflow_names(values))

    def summary(self, values: Mapping[str, object]) -> None:
        """Record single figures of the whole job, those that are numbers."""
        self.log(numbers(values), 0)

    def close(self, exit_code: int) -> None:
        """End the run."""
        self.logger.finalize("success" if exit_code == 0 else "failed")


def open_tensorboard(settings: LoggerSettings, folder: Path, described: Description) -> TensorBoard:
    """Open TensorBoard's files in `tensorboard/` of the job's folder."""
    from lightning.pytorch.loggers import TensorBoardLogger

    logger = TensorBoardLogger(folder, name="tensorboard", version="")
    filed = {"name": described.name, "group": described.group, "tags": " ".join(described.tags)}
    return TensorBoard(logger, {**described.config, **filed})


def open_mlflow(settings: LoggerSettings, folder: Path, described: Description) -> Mlflow:
    """Open a run at MLflow, by default in a data base of the job's folder: MLflow refuses plain folders of runs."""
    from lightning.pytorch.loggers import MLFlowLogger

    given, own = settings.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI"), folder.absolute()
    uri = given or f"sqlite:///{own / 'mlflow.db'}"
    files = None if given else (own / "mlruns").as_uri()
    tags = {"group": described.group or "", "tags": " ".join(described.tags), "job_type": described.job_type or ""}
    logger = MLFlowLogger(settings.project, described.name, uri, tags, artifact_location=files)
    logger.log_hyperparams(mlflow_names(described.config))
    return Mlflow(logger)


def numbers(values: Mapping[str, object]) -> dict[str, float]:
    """Return the values that are numbers."""
    return {name: float(value) for name, value in values.items() if isinstance(value, (int, float))}


def mlflow_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values under names that MLflow takes, at every depth: `_` stands for what it refuses, as `*` and `(`."""
    return {
        re.sub(r"[^\w.\- :/]", "_", str(name)): mlflow_names(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
    }


def coloured(one: SegmentedSlice) -> "NDArray[np.uint8]":
    """Return a slice with its masks over it: `(rows, columns, 3)` uint8; where both lie, their colours mix."""
    import numpy as np

    from labelct.evaluation.figures import PREDICTION, TRUTH
    from labelct.evaluation.palette import rgb

    shades = {"truth": rgb(TRUTH), "prediction": rgb(PREDICTION)}
    found = np.repeat(one.image[..., None].astype(np.float32), 3, axis=-1)
    for name, mask in one.masks.items():
        inside = mask > 0
        found[inside] += OPACITY * (np.array(shades[name], np.float32) - found[inside])
    return found.round().astype(np.uint8)
