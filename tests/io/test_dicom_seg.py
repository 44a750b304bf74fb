"""A DICOM segmentation is read again, by highdicom and pydicom, and compared with the mask frame by frame."""

import numpy as np
import pydicom
import pytest

from labelct.io.dicom import read_series
from labelct.io.dicom_seg import Maker, write_segmentation
from labelct.io.label_table import Structure
from tests.io.dicoms import ORIGIN, SPACING, ct_series, enhanced_ct, numbers

hd = pytest.importorskip("highdicom", reason="highdicom is not installed")
STRUCTURES = [Structure(2, "kidney_left", (53, 208, 127)), Structure(5, "strange thing", (255, 176, 0))]
MAKER = Maker("liver_from_masks", "0123456789abcdef", "1.0")
HU = np.random.default_rng(0).integers(-1000, 1000, (6, 5, 4)).astype(np.float32)
LABELS = np.random.default_rng(1).choice(np.array([0, 2, 5], np.uint8), HU.shape)
LABELS[:, :, 1] = 0  # a slice without anything


def written(source, path):
    """Write `LABELS`, in the series' own axes, as a segmentation, and return it."""
    series = read_series(source)
    np.testing.assert_array_equal(series.array, HU[::-1, ::-1])
    write_segmentation(path, np.ascontiguousarray(LABELS[::-1, ::-1]), STRUCTURES, (source, ""), series, MAKER)
    return hd.seg.segread(path)


def test_every_frame_is_the_mask_on_the_instance_it_refers_to(tmp_path):
    source = ct_series(tmp_path / "series", HU, lambda tags, z: {"0008,0018": ("UI", f"1.2.3.4.{z + 1}")})
    segmentation = written(source, tmp_path / "seg.dcm")
    assert [one.SegmentLabel for one in segmentation.SegmentSequence] == ["kidney_left", "strange thing"]
    instances = {str(pydicom.dcmread(path).SOPInstanceUID): path for path in source.iterdir()}
    uids = [f"1.2.3.4.{z + 1}" for z in range(4)]
    assert set(instances) == set(uids)
    leniently = {"ignore_spatial_locations": True, "assert_missing_frames_are_empty": True}
    found = segmentation.get_pixels_by_source_instance(uids, **leniently)
    for z in range(4):
        for number, one in enumerate(STRUCTURES):
            np.testing.assert_array_equal(found[z, :, :, number], (LABELS[:, :, z] == one.value).T)


def test_pydicom_finds_the_same_where_each_frame_says_that_it_lies(tmp_path):
    written(ct_series(tmp_path / "series", HU), tmp_path / "seg.dcm")
    dataset = pydicom.dcmread(tmp_path / "seg.dcm")
    frames = dataset.PerFrameFunctionalGroupsSequence
    assert dataset.NumberOfFrames == len(frames) == 6  # three slices of two structures
    for frame, pixels in zip(frames, dataset.pixel_array, strict=True):
        position = frame.PlanePositionSequence[0].ImagePositionPatient
        z = round((position[2] - ORIGIN[2]) / SPACING[2])
        value = STRUCTURES[frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber - 1].value
        np.testing.assert_array_equal(pixels, (LABELS[:, :, z] == value).T)
        np.testing.assert_allclose(position, [*ORIGIN[:2], ORIGIN[2] + z * SPACING[2]])
        referred = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        assert referred == f"1.2.3.4.{z + 1}"
    referred = dataset.ReferencedSeriesSequence[0]
    assert (referred.SeriesInstanceUID, dataset.StudyInstanceUID) == ("1.2.3.4", "1.2.3")


def test_a_structure_is_coded_where_snomed_knows_it_and_by_its_name_where_not(tmp_path):
    segmentation = written(ct_series(tmp_path / "series", HU), tmp_path / "seg.dcm")
    kidney, strange = (one.SegmentedPropertyTypeCodeSequence[0] for one in segmentation.SegmentSequence)
    assert (kidney.CodeValue, kidney.CodingSchemeDesignator) == ("64033007", "SCT")
    assert kidney.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Left"
    assert (strange.CodeMeaning, strange.CodingSchemeDesignator) == ("strange thing", "99LABELCT")


def test_the_frames_of_a_multi_frame_ct_are_those_that_the_mask_lies_on(tmp_path):
    order = np.array([2, 0, 3, 1])

    def shuffled(groups, z):
        height = ORIGIN[2] + SPACING[2] * int(order[z])
        return {"0020,9113": ("SQ", [{"0020,0032": ("DS", numbers(*ORIGIN[:2], height))}])}

    tags = {"0008_0018": ("UI", "1.2.3.9"), "0020_0052": ("UI", "1.2.7")}
    source = enhanced_ct(tmp_path / "series" / "ct.dcm", HU[:, :, order], shuffled, **tags)
    segmentation = written(source, tmp_path / "seg.dcm")
    for frame, pixels in zip(segmentation.PerFrameFunctionalGroupsSequence, segmentation.pixel_array, strict=True):
        z = round((frame.PlanePositionSequence[0].ImagePositionPatient[2] - ORIGIN[2]) / SPACING[2])
        value = STRUCTURES[frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber - 1].value
        np.testing.assert_array_equal(pixels, (LABELS[:, :, z] == value).T)
        source_frame = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber
        assert order[source_frame - 1] == z


def test_what_anonymisation_emptied_is_made_up_and_said(tmp_path, caplog):
    source = ct_series(tmp_path / "series", HU, lambda tags, z: {"0020,000d": ("UI", None)})
    segmentation = written(source, tmp_path / "seg.dcm")
    assert "StudyInstanceUID" in caplog.text
    assert segmentation.StudyInstanceUID


def test_an_empty_mask_is_a_segmentation_too(tmp_path):
    source = ct_series(tmp_path / "series", HU)
    series, empty = read_series(source), np.zeros(HU.shape, np.uint8)
    write_segmentation(tmp_path / "seg.dcm", empty, STRUCTURES, (source, ""), series, MAKER)
    assert not hd.seg.segread(tmp_path / "seg.dcm").pixel_array.any()
