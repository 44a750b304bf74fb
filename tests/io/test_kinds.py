import gzip
import struct

import numpy as np
import pytest
from matplotlib.image import imsave

from labelct.io.kinds import kind_of


@pytest.mark.parametrize("form", ["png", "jpeg", "gif", "tiff"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_picture_is_known_by_its_content(tmp_path, form, packed):
    path = tmp_path / "ct.nii.gz"
    imsave(path, np.random.default_rng(0).random((9, 9, 3)), format=form)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    assert kind_of(path) == f" but a {form.upper()} picture"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", " but an empty file"),
        ("Größe 3 mm\n".encode(), " but a text"),
        (b"<!DOCTYPE HTML><p>", " but a page of the web"),
        (b"NRRD0004\ntype: short", " but an NRRD file, whose name ends in .nrrd"),
        (bytes(128) + b"DICM", " but a DICOM file, which is read by another name than this"),
        (struct.pack("<4d", *[0.1] * 4), ""),
        (b"\x1f\x8bgarbage", ""),
        (b"BZh91AY&SY", " but a bzip2 file, to be unpacked first"),
        (gzip.compress(gzip.compress(bytes(9), mtime=0), mtime=0), " but compressed twice, to be unpacked first"),
        (struct.pack("<i", 348) + bytes(344), " but an Analyze header, which does not tell left from right"),
        (gzip.compress(b"words " * 99, mtime=0), " but a text"),
    ],
)
def test_what_else_lies_there(tmp_path, content, told):
    path = tmp_path / "ct.nii.gz"
    path.write_bytes(content)
    assert kind_of(path) == told
