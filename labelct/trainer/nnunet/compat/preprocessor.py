"""nnU-Net's preprocessing of a case, from its files or in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from numpy.typing import NDArray

CASE_FILES = (".b2nd", "_seg.b2nd", ".pkl")
Prepared = tuple[NDArray[np.float32], NDArray[np.integer], dict[str, Any]]


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
