"""A trained network, opened, and asked for the masks of cases one after the other."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labelct.commands.case_files import CaseFiles, Result
from labelct.errors import InputError
from labelct.trainer.settings import DeviceSettings

if TYPE_CHECKING:
    from labelct.evaluation.components import Parts
    from labelct.trainer.face import Predictor


@dataclass(frozen=True)
class Segmenter:
    """A network and how it is asked.

    Attributes:
        folder: Of the model.
        predictor: The network.
        parts: What is kept of each label value; others keep all.
        unchecked: Do not check that the values of an image are those of its modality.
        probabilities: Ask for them, too.
    """

    folder: Path
    predictor: "Predictor"
    parts: "Mapping[int, Parts]"
    unchecked: bool
    probabilities: bool

    @classmethod
    def open(cls, folder: Path, device: DeviceSettings, given: Namespace) -> "Segmenter":
        """Open the model of a folder.

        Args:
            folder: Holds `model.json`.
            device: Where it runs.
            given: The command line: `all_components`, `not_hu`, `probabilities`.

        Raises:
            InputError: The folder holds no finished training, or a GPU that is asked for cannot be used.
        """
        from labelct.trainer.parts import read_parts
        from labelct.trainer.table import open_model

        predictor = open_model(folder, device)
        parts = {} if given.all_components else read_parts(folder, predictor.labels)
        return cls(folder, predictor, parts, given.not_hu, given.probabilities)

    def result(self, case: CaseFiles) -> Result:
        """Return the mask of a case.

        Raises:
            InputError: The image cannot be read, its values cannot be those of the modality, or memory runs out.
        """
        from labelct.evaluation.components import keep_largest
        from labelct.trainer.model import field_mm, is_of_mr, read_image
        from labelct.trainer.predictor import field_box

        try:
            volume = read_image(self.folder, case.image, self.unchecked, case.series)
            probabilities = None
            if self.probabilities:
                labels, probabilities = self.predictor.predict_probabilities(volume)
            else:
                labels = self.predictor.predict(volume)
            in_hu = not (self.unchecked or is_of_mr(self.folder))
            field = field_box(volume.array.shape, volume.spacing, field_mm(self.folder))
            return Result(volume, keep_largest(labels, self.parts, volume.spacing), probabilities, in_hu, field)
        except MemoryError:
            remedy = "crop it, or segment it on another machine"
            raise InputError(case.image, "needs more memory than there is", remedy) from None
