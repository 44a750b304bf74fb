"""What a DICOM object takes over of its source's patient and examination: texts in UTF-8, values that DICOM allows."""

from collections.abc import Iterator
from typing import Any

UTF8 = "ISO_IR 192"
PATIENT, TRIAL = 0x0010, 0x0012  # groups of tags, all of which are taken over
NAMED = (0x0008, PATIENT, TRIAL, 0x0032, 0x0038, 0x0040)  # groups in which people write
STUDY = (0x00080020, 0x00080030)  # its date and time
FORMED = ("AS", "CS", "DA", "DS", "DT", "IS", "TM")  # kinds of value that tell nothing in another form; texts do
SEX, SEXES = 0x00100040, ("M", "F", "O")


def adopt(dataset: Any) -> tuple[list[str], str]:
    """Bring what a source says of patient and examination into a form that another object can take over.

    Names and other texts become UTF-8, in which all scripts are written; what has no allowed form becomes empty.

    Args:
        dataset: The tags of the source, which are changed.

    Returns:
        The keywords of what became empty, and the character set where it is none of DICOM's; empty where it is.
    """
    from pydicom.charset import python_encoding

    said = dataset.get("SpecificCharacterSet") or ()
    sets = [said] if isinstance(said, str) else list(said)
    emptied = list(_empty(dataset))
    _to_utf8(dataset)
    return emptied, "\\".join(sets) if any(one not in python_encoding for one in sets) else ""


def _empty(dataset: Any) -> Iterator[str]:
    """Take values away that have no allowed form, and yield their keywords."""
    from pydicom.datadict import dictionary_VR, keyword_for_tag

    for tag in list(dataset.keys()):
        if tag.group not in (PATIENT, TRIAL) and tag not in STUDY:
            continue
        if not _is_allowed(dataset, tag):
            keyword = keyword_for_tag(tag)
            yield keyword or str(tag)
            if keyword:
                dataset.add_new(tag, dictionary_VR(tag), None)
            else:
                del dataset[tag]


def _is_allowed(dataset: Any, tag: Any) -> bool:
    from pydicom.config import RAISE
    from pydicom.multival import MultiValue
    from pydicom.valuerep import DA, TM, validate_value

    dated: dict[str, Any] = {"DA": DA, "TM": TM}
    try:
        element = dataset[tag]  # its bytes become a value here
        if element.VR not in FORMED or element.value in (None, ""):
            return True
        for value in element.value if isinstance(element.value, MultiValue) else [element.value]:
            validate_value(element.VR, str(value), RAISE)
            dated.get(element.VR, str)(str(value))  # of a month 13, its form says nothing
    except Exception:  # pydicom's readers raise what they stumble over
        return False
    return tag != SEX or element.value in SEXES


def _to_utf8(dataset: Any) -> None:
    for tag in list(dataset.keys()):
        if tag.group not in NAMED:
            continue
        try:
            element = dataset[tag]
        except Exception:  # pydicom's readers raise what they stumble over
            del dataset[tag]
            continue
        if element.VR == "SQ":
            for item in element.value:
                _to_utf8(item)
        elif element.VR == "PN" and element.value:
            names = [str(name) for name in ([element.value] if element.VM == 1 else element.value)]
            dataset.add_new(tag, "PN", names[0] if len(names) == 1 else names)
    dataset.SpecificCharacterSet = UTF8
