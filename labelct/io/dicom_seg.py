"""DICOM segmentation objects: a mask of a DICOM series as archives and viewers keep it, by highdicom."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError, first_line, refused
from labelct.io.dicom import series_files, slice_order
from labelct.io.dicom_patient import adopt
from labelct.io.label_table import Structure
from labelct.io.orientation import turn_back
from labelct.io.tags import LONGEST_TAG, DicomFile
from labelct.volume import Volume

log = logging.getLogger(__name__)

INSTALL = "pip install 'labelct[dicom]'"
SERIES_NUMBER = 300  # far from those of scanners
# What pydicom's dictionary of SNOMED CT calls by another name than atlases do.
OTHER_NAMES = {
    "urinarybladder": "bladder",
    "smallbowel": "smallintestine",
    "oesophagus": "esophagus",
    "postcava": "inferiorvenacava",
    "portalveinandsplenicvein": "portalvein",
}
SIDES = {"left": ("7771000", "Left"), "right": ("24028007", "Right")}  # of SNOMED CT
NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
ALLOWED_EMPTY = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    *("AccessionNumber", "StudyID", "StudyDate", "StudyTime", "ReferringPhysicianName"),
)


@dataclass(frozen=True)
class Maker:
    """What made a segmentation.

    Attributes:
        model: Its name.
        key: What tells it from all others.
        version: Of labelct.
    """

    model: str
    key: str
    version: str


def is_available() -> bool:
    """Return whether highdicom, which writes the objects, is installed."""
    return find_spec("highdicom") is not None


def write_segmentation(
    path: Path,
    labels: NDArray[np.uint8],
    structures: Sequence[Structure],
    source: tuple[Path, str],
    like: Volume,
    maker: Maker,
) -> None:
    """Write a mask as one binary DICOM segmentation, a segment for each structure, in the frames of its series.

    Slices that hold nothing of a structure are left out, and each frame refers to the instance that it lies on.

    Args:
        path: The `.dcm` file.
        labels: `(x, y, z)` in RAS+, label values.
        structures: What the values are.
        source: The series as `labelct.io.dicom.read_series` is asked for it: path, and UID or number.
        like: The series, as it was read.
        maker: The model.

    Raises:
        InputError: The series lacks what a segmentation has to say, or the file cannot be written.
    """
    files = series_files(*source)
    order = slice_order(source[0], files)
    datasets = _sources(source[0], files, order)
    assert like.frame is not None
    stored = turn_back(labels, like.frame.affine).T  # (slice, row, column)
    if len(files) == 1:
        stored = stored[np.argsort(order)]
    entropy = [str(datasets[0].SOPInstanceUID), maker.key, path.name]
    try:
        with warnings.catch_warnings(action="ignore"):  # of pydicom, about values of the source
            _object(datasets, _numbered(stored, structures), structures, maker, entropy).save_as(path)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        problem = f"no DICOM segmentation of it can be made ({first_line(error)})"
        raise InputError(source[0], problem, "export it again") from None
    except OSError as error:
        raise refused(error, path) from error


def _numbered(stored: NDArray[np.uint8], structures: Sequence[Structure]) -> NDArray[np.uint8]:
    """Return the numbers of segments, from 1 in the order of the structures, in place of their label values."""
    numbers = np.zeros(256, np.uint8)
    numbers[[one.value for one in structures]] = np.arange(1, len(structures) + 1)
    return numbers[stored]


def _object(
    datasets: Sequence[Any],
    pixels: NDArray[np.uint8],
    structures: Sequence[Structure],
    maker: Maker,
    entropy: list[str],
) -> Any:
    """Return a segmentation object.

    Args:
        datasets: The instances of the series.
        pixels: `(slice, row, column)` numbers of segments, in the order of the instances' frames.
        structures: The segments.
        maker: The model.
        entropy: What its identifiers are made of.
    """
    import highdicom
    from pydicom.uid import generate_uid

    made = highdicom.seg.Segmentation(
        source_images=datasets,
        pixel_array=pixels,
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_described(number, one, maker) for number, one in enumerate(structures, start=1)],
        series_instance_uid=generate_uid(entropy_srcs=[*entropy, "series"]),
        series_number=SERIES_NUMBER,
        sop_instance_uid=generate_uid(entropy_srcs=entropy),
        instance_number=1,
        manufacturer="labelct",
        manufacturer_model_name=maker.model[:64],
        software_versions=maker.version,
        device_serial_number=maker.key,
        omit_empty_frames=bool(pixels.any()),
    )
    made.SeriesDescription = f"labelct: {', '.join(one.name for one in structures)}"[:64]
    return made


def _sources(path: Path, files: Sequence[DicomFile], order: Sequence[int]) -> list[Any]:
    """Return the tags of the series' files, in the order of the slices, completed where anonymisation emptied them."""
    import pydicom

    ordered = [files[0]] if len(files) == 1 else [files[index] for index in order]
    with warnings.catch_warnings(action="ignore"):
        datasets = [pydicom.dcmread(file.path, force=True, stop_before_pixels=True) for file in ordered]
        missing = sorted({name for dataset in datasets for name in _completed(dataset, str(path.absolute()))})
        adopted = [adopt(dataset) for dataset in datasets]
    if missing:
        log.warning(
            "%s: without %s, made up in its DICOM-SEG; give the series as it was exported to keep its own",
            path,
            ", ".join(missing),
        )
    if emptied := sorted({name for names, _ in adopted for name in names}):
        log.warning("%s: no form that DICOM allows in %s, left empty in its DICOM-SEG", path, ", ".join(emptied))
    if unknown := sorted({name for _, name in adopted if name}):
        said = ", ".join(unknown)[:LONGEST_TAG]
        log.warning("%s: its character set %s is none of DICOM's; names may be wrong in its DICOM-SEG", path, said)
    return datasets


def _completed(dataset: Any, series: str) -> list[str]:
    """Fill what a segmentation has to say of its source, and return the names of what was made up."""
    from pydicom.uid import generate_uid

    meta = {"SOPClassUID": "MediaStorageSOPClassUID", "SOPInstanceUID": "MediaStorageSOPInstanceUID"}
    made_up = []
    for name in NEEDED:
        if dataset.get(name):
            continue
        value = dataset.file_meta.get(meta[name]) if name in meta else None  # the same by the standard
        if not value:
            made_up.append(name)
            value = generate_uid(entropy_srcs=[series, name])
        setattr(dataset, name, value)
    for name in ALLOWED_EMPTY:
        if name not in dataset:
            setattr(dataset, name, None)
    if "PerFrameFunctionalGroupsSequence" in dataset:
        _share(dataset)
    return made_up


def _share(dataset: Any) -> None:
    """Say once of all frames what a multi-frame file may say of each anew: frames of one stack have it in common."""
    from pydicom import Dataset

    first, shared = dataset.PerFrameFunctionalGroupsSequence[0], dataset.get("SharedFunctionalGroupsSequence")
    if not shared:
        dataset.SharedFunctionalGroupsSequence = shared = [Dataset()]
    for name in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
        if name in first and name not in shared[0]:
            setattr(dataset.SharedFunctionalGroupsSequence[0], name, first[name].value)


def _described(number: int, one: Structure, maker: Maker) -> Any:
    """Return the description of a segment."""
    import highdicom
    from pydicom.sr.codedict import codes

    kind, side = _code(one.name)
    category = codes.SCT.AnatomicalStructure
    algorithm = highdicom.AlgorithmIdentificationSequence(
        name=maker.model[:64], family=codes.DCM.ArtificialIntelligence, version=maker.version
    )
    described = highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=one.name[:64],
        segmented_property_category=category,
        segmented_property_type=kind or highdicom.sr.CodedConcept(str(one.value), "99LABELCT", one.name[:64]),
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=algorithm,
        display_color=highdicom.color.CIELabColor.from_rgb(*one.rgb),
    )
    if kind and side:
        value, meaning = SIDES[side]
        modifier = highdicom.sr.CodedConcept(value, "SCT", meaning)
        described.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [modifier]
    return described


def _code(name: str) -> tuple[Any, str]:
    """Return the code of SNOMED CT of a structure, None where pydicom knows none, and its side or an empty text."""
    from pydicom.sr.codedict import codes

    words = name.lower().replace("-", "_").replace(" ", "_").split("_")
    side = next((word for word in words if word in SIDES), "")
    plain = "".join(word for word in words if word not in SIDES)
    known = {keyword.lower(): keyword for keyword in codes.SCT.dir()}
    for tried in (plain, OTHER_NAMES.get(plain, ""), plain.removesuffix("s")):
        if tried in known:
            return getattr(codes.SCT, known[tried]), side
    return None, side
