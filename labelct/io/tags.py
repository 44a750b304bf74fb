"""The tags of a DICOM file, read by pydicom and checked before a pixel is decoded: one slice, or the frames of many."""

import logging
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelct.errors import InputError, listed, unreadable
from labelct.io.content import check_file, on_disk
from labelct.io.header import INFLATES, MOST_VOXELS
from labelct.io.slices import Slice

PREAMBLE = 132  # bytes, the magic word with them
LARGE = 2**26  # bytes; a compressed slice of one grey may shrink to next to nothing
DEFER = 4096  # bytes; longer values, above all the pixels, stay on the disk
DEFLATED = b"1.2.840.10008.1.2.1.99"  # a whole file as one deflate stream, of any size when unpacked
ORIENTED = 0.01  # how far a direction may be off length 1 before it is none
MOST_KINDS = 3  # of objects in a line
LONGEST_TAG = 80  # characters of a tag that an error shows
EXPORT = "export the series again"
DEFAULTS = {"RescaleSlope": 1.0, "RescaleIntercept": 0.0}
RESCALE = "PixelValueTransformationSequence"
SAID = ("SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "Modality", "PatientID", "StudyInstanceUID")
UNREADABLE = "cannot be read as a slice of the series", "export it again or move it away"


@dataclass(frozen=True)
class DicomFile:
    """What a DICOM file says of its pixels.

    Attributes:
        path: The file.
        series: The UID of its series; empty where it was taken out.
        number: Of the series in the examination; empty where the file does not say.
        description: Of the series, free text; empty where there is none.
        modality: What made it, `CT`, `MR`, ...; empty where the file does not say.
        patient: Whom it shows, by number; empty where it was taken out.
        study: The UID of the examination; empty where it was taken out.
        slices: Where its frames lie, in the order of the file.
        rescale: `(slope, intercept)` of each; `DEFAULTS` where it does not say.
        unsaid: Keywords of `DEFAULTS` that some of them lack.
        units: What the scaled values are, in capitals: `HU`, `MGML`, ...; those of the frames that say it.
        padding: The lowest and the highest stored value of pixels outside the image; None where the file names none.
    """

    path: Path
    series: str
    number: str
    description: str
    modality: str
    patient: str
    study: str
    slices: Sequence[Slice]
    rescale: Sequence[tuple[float, float]]
    unsaid: frozenset[str]
    units: frozenset[str]
    padding: tuple[float, float] | None


def is_dicom(path: Path) -> bool:
    """Return whether a regular file is DICOM, by its magic word or, where it has no preamble, its first tag.

    Raises:
        InputError: It may not be read: what might be a slice is not left out.
    """
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            start = file.read(PREAMBLE)
    except OSError as error:
        raise unreadable(error, path) from None
    little = start[:2] in (b"\x08\x00", b"\x02\x00") and start[3:4] == b"\x00"
    big = start[:3] == b"\x00\x08\x00" and start[4:6].isupper()  # its kind of value stands there always
    return start[128:] == b"DICM" or little or big


def frames_of(path: Path) -> int:
    """Return how many frames a DICOM file says that it has; 0 of what is no image, 1 where nothing can be read."""
    tags = _some(path, "SOPClassUID", "NumberOfFrames")
    try:
        return int(tags.get("NumberOfFrames") or 1) if _may_be_image(tags) else 0
    except ValueError:
        return 1


def series_of(path: Path) -> str:
    """Return the UID of the series that a file says it is of; empty where it does not."""
    return str(_some(path, SAID[0]).get(SAID[0]) or "")


def other_objects(paths: Iterable[Path]) -> str:
    """Return `, but Segmentation`: what DICOM files hold that are no images; empty where they do not say."""
    kinds = (getattr(_some(path, "SOPClassUID").get("SOPClassUID"), "name", "") for path in paths)
    told = dict.fromkeys(str(kind).removesuffix(" Storage") for kind in kinds if kind)
    return f", but {listed(list(told), MOST_KINDS)}" if told else ""


def syntax_of(path: Path) -> str:
    """Return the name of the transfer syntax of a file, its number where that has none."""
    import pydicom

    with warnings.catch_warnings(action="ignore"):
        syntax = pydicom.dcmread(path, force=True, stop_before_pixels=True).file_meta.get("TransferSyntaxUID")
    return "of no known transfer syntax" if syntax is None else str(syntax.name)


def is_of(path: Path, series: str) -> bool:
    """Return whether a file may be one of the series of that UID or number: it is, or does not say."""
    tags = _some(path, *SAID[:2])
    said = [str(tags.get(name) or "") for name in SAID[:2]]
    return not said[0] or (bool(series) and series in said)


def _some(path: Path, *keywords: str) -> Any:
    """Return these tags of a file, as far as they can be read; `read_tags` says why the others cannot."""
    import pydicom

    logging.getLogger("pydicom").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(action="ignore"):
            tags = pydicom.dcmread(path, force=True, stop_before_pixels=True, specific_tags=list(keywords))
            return {name: tags.get(name) for name in keywords}
    except Exception:  # pydicom's readers raise what they stumble over
        return {}


def _may_be_image(tags: Any) -> bool:
    """Return whether tags are those of an image; a dose, a segmentation or a report is none, private kinds may be."""
    kind = tags.get("SOPClassUID")
    name = str(getattr(kind, "name", ""))
    return not name or name == str(kind) or name.endswith("Image Storage")


def read_tags(path: Path) -> DicomFile | None:
    """Read what a file says of its pixels; None for a report, a dose, a segmentation or what else is no image.

    Args:
        path: A DICOM file.

    Raises:
        InputError: It is cut or damaged, has colours, no geometry, or other pixels than it declares.
    """
    check_file(path)
    logging.getLogger("pydicom").setLevel(logging.ERROR)
    with warnings.catch_warnings(action="ignore"):  # of pydicom, about values that are checked here
        try:
            dataset = _dataset(path)
            return None if dataset is None else _file(path, dataset)
        except (InputError, ImportError):
            raise
        except Exception:  # pydicom's readers raise what they stumble over
            raise InputError(path, *UNREADABLE) from None


def _dataset(path: Path) -> Any:
    import pydicom

    with path.open("rb") as file:
        if DEFLATED in file.read(1024):
            raise InputError(path, "it is one deflated stream", "export it in another transfer syntax")
    dataset = pydicom.dcmread(path, force=True, defer_size=DEFER)
    parts = [*dataset.file_meta.values(), *dataset.values()]
    if not {part.VR for part in parts} - {None} <= {str(kind) for kind in pydicom.valuerep.VR}:
        raise InputError(path, *UNREADABLE)  # GDCM would take four other bytes for a length, of gigabytes
    if not _may_be_image(dataset):
        return None
    if "Rows" in dataset:
        return dataset
    raise InputError(path, *UNREADABLE)


def _file(path: Path, dataset: Any) -> DicomFile:
    _check_pixels(path, dataset)
    frames = int(dataset.get("NumberOfFrames") or 1)
    groups = dataset.get("PerFrameFunctionalGroupsSequence")
    if groups is None and frames > 1:
        raise InputError(path, f"its {frames} frames have no positions", "give the original CT series")
    if groups is not None and len(groups) != frames:
        raise InputError(path, f"it has {frames} frames and positions for {len(groups)}", EXPORT)
    shared = list(dataset.get("SharedFunctionalGroupsSequence") or ())[:1]
    sources = [[dataset]] if groups is None else [[group, *shared] for group in groups]
    names = [path.name] if groups is None else [f"frame {number}" for number in range(1, frames + 1)]
    slices = [_slice(path, name, source, dataset) for name, source in zip(names, sources, strict=True)]
    rescale = [_rescale(path, source) for source in sources]
    unsaid = frozenset(name for name in DEFAULTS for source in sources if _found(source, RESCALE, name) is None)
    series, number, description, modality, patient, study = (str(dataset.get(name) or "") for name in SAID)
    units = frozenset(str(_found(source, RESCALE, "RescaleType") or "").strip().upper() for source in sources) - {""}
    values = slices, rescale, unsaid, units, _padding(dataset)
    return DicomFile(path, series, number, description, modality, patient, study, *values)


def _padding(dataset: Any) -> tuple[float, float] | None:
    """Return the range of padding as the pixels hold it: of unsigned ones, a negative number has wrapped."""
    said = [dataset.get(name) for name in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    if said[0] is None:
        return None
    most = 2 ** int(dataset.BitsAllocated)
    held = [
        float(value) if dataset.get("PixelRepresentation") else float(value) % most
        for value in said
        if value is not None
    ]
    return min(held), max(held)


def _check_pixels(path: Path, dataset: Any) -> None:
    """Raise unless the file holds as many grey pixels as it declares."""
    kind, samples = str(dataset.get("PhotometricInterpretation", "")), dataset.get("SamplesPerPixel", 1)
    if samples != 1 or not kind.startswith("MONOCHROME"):
        raise InputError(
            path, f"its pixels are {kind[:LONGEST_TAG] or 'of no known kind'}, not grey", "give the original series"
        )
    if kind.startswith("MONOCHROME1"):  # GDCM turns the values over, and slope and intercept fit those as stored
        raise InputError(path, "its pixels are MONOCHROME1, dark where others are bright", "export it as MONOCHROME2")
    rows, columns, bits = (int(dataset[name].value) for name in ("Rows", "Columns", "BitsAllocated"))
    voxels = rows * columns * int(dataset.get("NumberOfFrames") or 1)
    if bits not in (8, 16, 32) or voxels < 1:
        raise InputError(path, f"it declares {rows} x {columns} pixels of {bits} bits", EXPORT)
    declared = voxels * bits // 8
    if voxels > MOST_VOXELS or declared > max(LARGE, INFLATES * on_disk(path)):
        raise InputError(path, f"it declares {voxels} pixels, and {on_disk(path)} bytes lie on the disk", EXPORT)
    stored, highest = dataset.get("BitsStored", bits), dataset.get("HighBit")
    if highest is not None and highest != stored - 1:  # GDCM takes the lowest bits whatever the file says
        ends = str(highest)[:LONGEST_TAG]
        raise InputError(path, f"its {stored} stored bits end at bit {ends}, not {stored - 1}", EXPORT)
    if "ModalityLUTSequence" in dataset:
        raise InputError(path, "it has a lookup table in place of slope and intercept", EXPORT)
    raw = dataset.get_item("PixelData", keep_deferred=True)
    if raw is None:
        raise InputError(path, *UNREADABLE)
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax is None or not syntax.is_encapsulated:
        _check_length(path, raw, declared)


def _check_length(path: Path, raw: Any, declared: int) -> None:
    held = min(raw.length, path.stat().st_size - raw.value_tell)
    if held < declared:
        raise InputError(path, *UNREADABLE)
    if raw.length > declared + 1:
        raise InputError(path, f"it declares {declared} bytes of pixels and holds {raw.length}", EXPORT)


def _slice(path: Path, name: str, source: Sequence[Any], dataset: Any) -> Slice:
    position = _numbers(path, source, "PlanePositionSequence", "ImagePositionPatient", 3)
    directions = np.reshape(_numbers(path, source, "PlaneOrientationSequence", "ImageOrientationPatient", 6), (2, 3))
    if np.abs(np.linalg.norm(directions, axis=1) - 1).max() > ORIENTED:
        raise InputError(path, "its ImageOrientationPatient is no pair of directions", EXPORT)
    down, along = _numbers(path, source, "PixelMeasuresSequence", "PixelSpacing", 2)
    if min(down, along) <= 0:  # one below 0 would mirror the volume
        raise InputError(path, f"its PixelSpacing is {down:g}, {along:g} mm", EXPORT)
    thickness = _found(source, "PixelMeasuresSequence", "SliceThickness")
    return Slice(
        name,
        (int(dataset.Columns), int(dataset.Rows)),
        position,
        directions,
        (float(along), float(down)),
        None if thickness is None else float(thickness),
        str(dataset.get("FrameOfReferenceUID", "")),
    )


def _rescale(path: Path, source: Sequence[Any]) -> tuple[float, float]:
    slope, intercept = (
        default if _found(source, RESCALE, keyword) is None else float(_numbers(path, source, RESCALE, keyword, 1)[0])
        for keyword, default in DEFAULTS.items()
    )
    if slope == 0:
        raise InputError(path, "its RescaleSlope is 0", EXPORT)
    return slope, intercept


def _numbers(path: Path, source: Sequence[Any], macro: str, keyword: str, count: int) -> NDArray[np.float64]:
    """Return the finite numbers of an attribute."""
    found = _found(source, macro, keyword)
    if found is None:
        raise InputError(path, f"has no {keyword}", "give the original CT series")
    try:
        numbers = np.array(found, np.float64).reshape(-1)
    except ValueError:
        numbers = np.empty(0)
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise InputError(path, f"its {keyword} is {str(found)[:LONGEST_TAG]}", EXPORT)
    return numbers


def _found(source: Sequence[Any], macro: str, keyword: str) -> Any:
    """Return an attribute of a slice: its own, or from the first functional group that holds the macro."""
    for group in source:
        items = group.get(macro)
        value = items[0].get(keyword) if items else group.get(keyword)
        if value is not None and value != "":
            return value
    return None
