"""What `labelct segment` leaves of one case: mask, record, picture, DICOM-SEG, probabilities; all or none."""

import errno
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelct import __version__
from labelct.commands.masks import LONGEST_FILE_NAME, RECORD, Record, case_of, read_record, record_path
from labelct.errors import REFUSALS, InputError
from labelct.folders import check_no_folder, together
from labelct.io.label_table import Structure
from labelct.io.tags import is_dicom
from labelct.writing import write_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from labelct.evaluation.volumetry import StructureMeasurement
    from labelct.volume import Volume

log = logging.getLogger(__name__)

PICTURE, DICOM_SEG, PROBABILITIES = ".png", ".seg.dcm", ".probabilities.nii.gz"
LOW, HIGH = 1, 99  # percentiles that the grey window of an image without HU spans


@dataclass(frozen=True)
class ModelIdentity:
    """The model as its masks name it.

    Attributes:
        name: That of its folder.
        key: What tells it from all others.
        labels: Label value by name.
    """

    name: str
    key: str
    labels: Mapping[str, int]

    @property
    def structures(self) -> list[Structure]:
        """Names and colours of the label values, in their order."""
        from labelct.evaluation.palette import colours, rgb

        shades = colours(self.labels)
        named = sorted(self.labels.items(), key=lambda item: item[1])
        return [Structure(value, name, rgb(shades[value])) for name, value in named]


@dataclass(frozen=True)
class CaseFiles:
    """One image and what is to be written of it.

    Attributes:
        image: The file or folder.
        series: Which DICOM series of a folder; empty: its only one.
        mask: The file of the mask.
        record: What decides over the mask.
        beside: The endings of the files beside it.
    """

    image: Path
    series: str
    mask: Path
    record: Record
    beside: tuple[str, ...]

    def path(self, ending: str, folder: Path | None = None) -> Path:
        """Return where the file of an ending lies, or is written first."""
        return (folder or self.mask.parent) / f"{case_of(self.mask)}{ending}"

    @property
    def files(self) -> list[Path]:
        """Return all that is written of the image."""
        return [self.mask, record_path(self.mask), *map(self.path, self.beside)]


@dataclass(frozen=True)
class Result:
    """What the network made of a case.

    Attributes:
        volume: The image as the network knows it.
        labels: `(x, y, z)` label values.
        probabilities: `(structure, x, y, z)`; None: not asked for.
        in_hu: Whether the image is in HU.
        field: The part of it that the network was shown.
    """

    volume: "Volume"
    labels: "NDArray[np.uint8]"
    probabilities: "NDArray[np.float16] | None"
    in_hu: bool
    field: tuple[slice, slice, slice] = (slice(None),) * 3


def is_probabilities(path: Path) -> bool:
    """Return whether a file is one of probabilities, of a mask whose record lies beside it."""
    case = path.name.removesuffix(PROBABILITIES)
    return case != path.name and path.with_name(case + RECORD).is_file()


def endings_for(image: Path, probabilities: bool, dicom_seg: bool) -> tuple[str, ...]:
    """Return the endings of the files beside a mask: a DICOM-SEG of DICOM alone, and where it can be written."""
    wanted = {PICTURE: True, DICOM_SEG: dicom_seg and (image.is_dir() or is_dicom(image)), PROBABILITIES: probabilities}
    return tuple(ending for ending, is_wanted in wanted.items() if is_wanted)


def check_places(case: CaseFiles) -> None:
    """Raise `InputError` where a file of a case cannot have its name, before the network is asked for it."""
    for path in case.files:
        if len(os.fsencode(path.name)) > LONGEST_FILE_NAME:
            raise InputError(path, *REFUSALS[errno.ENAMETOOLONG])
    check_no_folder(case.files)


def is_whole(case: CaseFiles) -> bool:
    """Return whether all that belongs to a made mask is there: its volumes, and the files beside it.

    A file that could not be made of this image is not asked for again.
    """
    known = read_record(record_path(case.mask))
    beside = known.get("beside")
    if not isinstance(beside, dict) or "volumes" not in known:
        return False
    return all(ending in beside and (not beside[ending] or case.path(ending).exists()) for ending in case.beside)


def write(case: CaseFiles, result: Result, model: ModelIdentity) -> None:
    """Write the files of a case on the grid of its image, or none of them.

    Args:
        case: The image and what is wanted of it.
        result: What the network made of it.
        model: The network.

    Raises:
        InputError: The disk is full, or the folder cannot be written.
    """
    from labelct.evaluation.volumetry import measure

    hu = result.volume.array if result.in_hu else None
    measured = measure(result.labels, model.labels, result.volume.spacing, hu, result.field)
    record = record_path(case.mask)
    with together(case.mask.parent, last=record.name) as folder:
        _mask(folder / case.mask.name, result, model)
        beside = dict.fromkeys(case.beside, True)
        if PICTURE in beside:
            _picture(case.path(PICTURE, folder), case, result, model, measured)
        if PROBABILITIES in beside:
            _probabilities(case.path(PROBABILITIES, folder), result)
        if DICOM_SEG in beside:
            beside[DICOM_SEG] = _dicom_seg(case.path(DICOM_SEG, folder), case, result, model)
        told: dict[str, Any] = {"beside": beside, "volumes": [asdict(one) for one in measured]}
        write_json(folder / record.name, {**asdict(case.record), **told})
        record.unlink(missing_ok=True)  # until the new one is there, the mask is no one's


def _mask(path: Path, result: Result, model: ModelIdentity) -> None:
    """Write the mask in the format that its name says, with the names of its values where the format has a place."""
    from labelct.io import itk, label_table, nifti
    from labelct.io.orientation import turn_back

    if not itk.is_itk(path):
        nifti.write_like(path, result.labels, result.volume, label_table.caret(model.structures))
        return
    keys = {}
    if path.name.endswith(".nrrd"):
        frame = result.volume.frame
        stored = turn_back(result.labels, result.volume.affine if frame is None else frame.affine)
        keys = label_table.slicer(model.structures, label_table.extents_of(stored))
    itk.write_like(path, result.labels, result.volume, keys)


def _picture(
    path: Path, case: CaseFiles, result: Result, model: ModelIdentity, measured: "list[StructureMeasurement]"
) -> None:
    import numpy as np

    from labelct.evaluation import contact_sheet, figures

    window = figures.SOFT_TISSUE
    if not result.in_hu:
        low, high = np.percentile(result.volume.array[::4, ::4, ::4].astype(np.float32), (LOW, HIGH))
        window = float(low + high) / 2, max(float(high - low), 1e-6)
    scan = figures.Scan(result.volume.array, result.volume.spacing, window)
    height = float(result.volume.affine[2, 3])
    shown = contact_sheet.Segmented(scan, result.labels, model.labels, measured, height)
    contact_sheet.draw(shown, path, case_of(case.mask), f"{model.name} · labelct {__version__}")


def _probabilities(path: Path, result: Result) -> None:
    from labelct.io import nifti

    assert result.probabilities is not None
    nifti.write_probabilities(path, result.probabilities, result.volume)


def _dicom_seg(path: Path, case: CaseFiles, result: Result, model: ModelIdentity) -> bool:
    """Write a DICOM segmentation, and return whether the image says all that it takes; a warning says what it lacks."""
    from labelct.io.dicom_seg import Maker, write_segmentation

    maker, source = Maker(model.name, model.key, __version__), (case.image, case.series)
    try:
        write_segmentation(path, result.labels, model.structures, source, result.volume, maker)
    except InputError as error:
        if error.path != case.image:
            raise
        log.warning("%s", error)
        return False
    return True
