"""What a file is that is no image of the kind that its name says: people are told what was seen."""

import zlib
from pathlib import Path

# First bytes of what is given in place of a CT. At the end of a picture, a text: what its first bytes are.
KINDS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive, to be unpacked first"),
    (b"7z\xbc\xaf", "a 7z archive, to be unpacked first"),
    (b"BZh", "a bzip2 file, to be unpacked first"),
    (b"\xfd7zXZ", "an xz file, to be unpacked first"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file, to be unpacked first"),
    (b"\x1f\x8b", "compressed twice, to be unpacked first"),
    (b"\x5c\x01\0\0", "an Analyze header, which does not tell left from right"),
    (b"\0\0\x01\x5c", "an Analyze header, which does not tell left from right"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"NRRD000", "an NRRD file, whose name ends in .nrrd"),
    (b"ObjectType", "a MetaImage file, whose name ends in .mha"),
    (b"version https://git-lfs", "a pointer of Git LFS, whose file was not fetched"),
    (b"<!DOCTYPE html", "a page of the web"),
    (b"<html", "a page of the web"),
)
START = 512  # bytes that are looked at


def kind_of(path: Path) -> str:
    """Return ` but a PNG picture`, or what else the first bytes of a file say, unpacked; empty where they say nothing.

    Args:
        path: A regular file.
    """
    with path.open("rb") as file:
        start = file.read(START)
    if start[:2] == b"\x1f\x8b":
        try:
            start = zlib.decompressobj(wbits=31).decompress(start, START)
        except zlib.error:
            return ""
    told = next((kind for magic, kind in KINDS if start.lower().startswith(magic.lower())), None)
    if start[128:132] == b"DICM":
        told = "a DICOM file, which is read by another name than this"
    if not start:
        told = "an empty file"
    if told is None and _is_text(start):
        told = "a text"
    return f" but {told}" if told else ""


def _is_text(start: bytes) -> bool:
    """Return whether bytes are printable signs in UTF-8, the last of which may be cut."""
    text = start.decode("utf-8", errors="ignore")
    return len(text.encode()) > len(start) - 4 and all(sign.isprintable() or sign in "\r\n\t\f" for sign in text)
