"""What a DICOM-SEG takes over of a patient is what the series says, in whichever script, and stops no SEG."""

import numpy as np
import pydicom
import pytest

from labelct.io.dicom import read_series
from labelct.io.dicom_seg import Maker, write_segmentation
from labelct.io.label_table import Structure
from tests.io.dicoms import ct_series

hd = pytest.importorskip("highdicom", reason="highdicom is not installed")
HU = np.random.default_rng(0).integers(-1000, 1000, (6, 5, 4)).astype(np.float32)
JAPANESE = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"
KOREAN = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf "


def segmented(folder, name="liver", **tags):
    """Return the DICOM-SEG, as pydicom reads it, of a series with these tags."""
    changed = {tag.replace("_", ","): entry for tag, entry in tags.items()}
    source = ct_series(folder / "series", HU, lambda *_: changed)
    series, labels = read_series(source), np.ones(HU.shape, np.uint8)
    maker, structures = Maker("model", "0123456789abcdef", "1.0"), [Structure(1, name, (255, 176, 0))]
    write_segmentation(folder / "seg.dcm", labels, structures, (source, ""), series, maker)
    hd.seg.segread(folder / "seg.dcm")
    return pydicom.dcmread(folder / "seg.dcm")


@pytest.mark.parametrize(
    ("charset", "written", "name"),
    [
        ("\\ISO 2022 IR 87", JAPANESE, "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("\\ISO 2022 IR 149", KOREAN, "Hong^Gildong=洪^吉洞=홍^길동"),
        ("GB18030", "Wang^XiaoDong=王^小东".encode("gb18030"), "Wang^XiaoDong=王^小东"),
        ("ISO_IR 100", b"M\xfcller^Hans ", "Müller^Hans"),
        ("ISO_IR 192", "Müller^Jürgen".encode(), "Müller^Jürgen"),
    ],
)
def test_a_name_is_carried_over_in_its_script(tmp_path, caplog, charset, written, name):
    found = segmented(tmp_path, **{"0008_0005": ("CS", charset), "0010_0010": ("PN", written)})
    assert (str(found.PatientName), found.SpecificCharacterSet) == (name, "ISO_IR 192")
    assert "character set" not in caplog.text


def test_a_character_set_that_is_none_is_told_and_stops_nothing(tmp_path, caplog):
    found = segmented(tmp_path, **{"0008_0005": ("CS", "ISO_IR 999"), "0010_0010": ("PN", b"M\xfcller^Hans")})
    assert str(found.PatientName) == "Müller^Hans"
    assert "its character set ISO_IR 999 is none of DICOM's" in caplog.text


@pytest.mark.parametrize(
    ("tag", "vr", "value", "keyword"),
    [
        ("0010_0030", "DA", "1970-1-1", "PatientBirthDate"),
        ("0010_0030", "DA", "19701399", "PatientBirthDate"),
        ("0010_0030", "DA", "1970.01.01", "PatientBirthDate"),
        ("0010_0040", "CS", "male", "PatientSex"),
        ("0010_1010", "AS", "47", "PatientAge"),
        ("0010_1030", "DS", "70,5 kg", "PatientWeight"),
        ("0008_0020", "DA", "01/02/2020", "StudyDate"),
        ("0008_0030", "TM", "25:61", "StudyTime"),
    ],
)
def test_a_value_of_no_allowed_form_is_left_empty_and_named(tmp_path, caplog, tag, vr, value, keyword):
    found = segmented(tmp_path, **{tag: (vr, value), "0010_0020": ("LO", "patient 7")})
    assert not found.get(keyword)
    assert found.PatientID == "patient 7"
    assert f"no form that DICOM allows in {keyword}, left empty in its DICOM-SEG" in caplog.text


def test_what_is_allowed_is_kept_without_a_word(tmp_path, caplog):
    tags = {"0010_0030": ("DA", "19700131"), "0010_0040": ("CS", "F"), "0010_1010": ("AS", "047Y")}
    tags |= {"0010_1030": ("DS", "70.5"), "0008_0030": ("TM", "235959.5"), "0020_0052": ("UI", "1.2.7")}
    found = segmented(tmp_path, **tags)
    kept = (found.PatientBirthDate, found.PatientSex, found.PatientAge, found.PatientWeight, found.StudyTime)
    assert kept == ("19700131", "F", "047Y", 70.5, "235959.5")
    assert not caplog.text


def test_a_structure_is_named_in_its_script(tmp_path):
    assert segmented(tmp_path, name="печень 肝").SegmentSequence[0].SegmentLabel == "печень 肝"
