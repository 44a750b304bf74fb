import xml.etree.ElementTree as ElementTree

import numpy as np

from labelct.io.label_table import Structure, caret, extents_of, itk_snap, slicer

STRUCTURES = [Structure(1, "liver", (53, 208, 127)), Structure(7, 'a "b" & <c>', (255, 176, 0))]


def test_itk_snap_reads_one_line_a_label_and_one_for_none():
    lines = [line.split(maxsplit=7) for line in itk_snap(STRUCTURES).splitlines() if not line.startswith("#")]
    assert [[int(part) for part in line[:4]] for line in lines] == [[0, 0, 0, 0], [1, 53, 208, 127], [7, 255, 176, 0]]
    assert [line[7] for line in lines] == ['"Clear Label"', '"liver"', "\"a 'b' & <c>\""]


def test_the_header_extension_is_a_label_table_of_caret():
    labels = ElementTree.fromstring(caret(STRUCTURES)).findall("VolumeInformation/LabelTable/Label")
    assert {int(label.get("Key")): label.text for label in labels} == {0: "???", 1: "liver", 7: 'a "b" & <c>'}
    assert round(255 * float(labels[2].get("Green"))) == 176
    assert [label.get("Alpha") for label in labels] == ["0", "1", "1"]


def test_slicers_keys_name_every_segment_and_say_where_it_lies():
    stored = np.zeros((5, 6, 7), np.uint8)
    stored[1:3, 2, 3:6] = 7
    keys = slicer(STRUCTURES, extents_of(stored))
    assert [keys[f"Segment{number}_Name"] for number in (0, 1)] == ["liver", 'a "b" & <c>']
    assert [keys[f"Segment{number}_LabelValue"] for number in (0, 1)] == ["1", "7"]
    assert keys["Segment0_Extent"] == "0 -1 0 -1 0 -1"
    assert keys["Segment1_Extent"] == "1 2 2 2 3 5"
    assert [round(255 * float(part)) for part in keys["Segment1_Color"].split()] == [255, 176, 0]
