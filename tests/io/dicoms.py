"""DICOM files written tag by tag, so that a test can leave one out, repeat it or put nonsense into it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

EXPLICIT, BIG_ENDIAN, JPEG2000 = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.90"
RLE, JPEG_LS = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80"
CT, ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1"
CAPTURE, DOSE, SEGMENTATION = (f"1.2.840.10008.5.1.4.1.1.{kind}" for kind in ("7", "481.2", "66.4"))
REPORT, STRUCTURES = "1.2.840.10008.5.1.4.1.1.88.11", "1.2.840.10008.5.1.4.1.1.481.3"
LONG = (b"OB", b"OW", b"SQ", b"UT", b"UN")
SPACING = (0.9, 0.8, 2.0)  # x, y, z
ORIGIN = (-30.0, 12.0, 55.0)  # LPS
Tags = dict[str, tuple[str, Any]]


def element(tag: str, vr: str, value: Any, order: str = "<") -> bytes:
    """Encode one element `gggg,eeee`; a value of bytes as it is, of a list (of `SQ`) as items."""
    if vr == "SQ":
        items = [encoded(item, order) for item in value]
        content = b"".join(struct.pack(f"{order}HHI", 0xFFFE, 0xE000, len(item)) + item for item in items)
    elif isinstance(value, bytes):
        content = value
    elif vr == "US":
        content = struct.pack(f"{order}H", value)
    elif vr == "SS":
        content = struct.pack(f"{order}h", value)
    elif vr == "FD":
        content = struct.pack(f"{order}d", value)
    else:
        content = str(value).encode()
    content += (b"\0" if vr in ("UI", "OB") else b" ") * (len(content) % 2)
    group, number = (int(part, 16) for part in tag.split(","))
    kind = vr.encode()
    length = struct.pack(f"{order}2xI" if kind in LONG else f"{order}H", len(content))
    return struct.pack(f"{order}HH", group, number) + kind + length + content


def encoded(tags: Tags, order: str = "<") -> bytes:
    return b"".join(element(tag, *tags[tag], order) for tag in sorted(tags))


def numbers(*values: float) -> str:
    return "\\".join(f"{value:g}" for value in values)


def write(path: Path, tags: Tags, sop_class: str = CT, syntax: str = EXPLICIT) -> Path:
    """Write a file of these tags; one whose value is None is left out."""
    meta = (
        element("0002,0002", "UI", sop_class) + element("0002,0003", "UI", "1.2.3") + element("0002,0010", "UI", syntax)
    )
    order = ">" if syntax == BIG_ENDIAN else "<"
    content = encoded({tag: entry for tag, entry in tags.items() if entry is not None and entry[1] is not None}, order)
    path.parent.mkdir(parents=True, exist_ok=True)
    start = bytes(128) + b"DICM" + element("0002,0000", "UL", struct.pack("<I", len(meta))) + meta
    path.write_bytes(start + content)
    return path


def ct_slice(hu: np.ndarray, z: int = 0, intercept: float = -1024, order: str = "<") -> Tags:
    """Return the tags of slice `z` of a CT, `hu` its pixels `(column, row)`."""
    stored = (np.asarray(hu) - intercept).T.astype(f"{order}i2")
    return {
        "0008,0016": ("UI", CT),
        "0008,0018": ("UI", f"1.2.3.4.{z + 1}"),
        "0008,0060": ("CS", "CT"),
        "0018,0050": ("DS", "5"),
        "0020,000d": ("UI", "1.2.3"),
        "0020,000e": ("UI", "1.2.3.4"),
        "0020,0032": ("DS", numbers(ORIGIN[0], ORIGIN[1], ORIGIN[2] + z * SPACING[2])),
        "0020,0037": ("DS", numbers(1, 0, 0, 0, 1, 0)),
        "0028,0002": ("US", 1),
        "0028,0004": ("CS", "MONOCHROME2"),
        "0028,0010": ("US", stored.shape[0]),
        "0028,0011": ("US", stored.shape[1]),
        "0028,0030": ("DS", numbers(SPACING[1], SPACING[0])),
        "0028,0100": ("US", 16),
        "0028,0101": ("US", 16),
        "0028,0102": ("US", 15),
        "0028,0103": ("US", 1),
        "0028,1052": ("DS", f"{intercept:g}"),
        "0028,1053": ("DS", "1"),
        "7fe0,0010": ("OW", stored.tobytes()),
    }


def ct_series(folder: Path, hu: np.ndarray, change=lambda tags, z: {}) -> Path:
    """Write `hu` `(column, row, slice)` as one file a slice, with the tags that `change(tags, z)` returns."""
    for z in range(hu.shape[2]):
        tags = ct_slice(hu[:, :, z], z)
        write(folder / f"{99 - z}.dcm", tags | change(tags, z))
    return folder


def enhanced_ct(path: Path, hu: np.ndarray, change=lambda groups, z: {}, **tags: tuple[str, Any]) -> Path:
    """Write `hu` as the frames of one enhanced CT, each with the functional groups that `change(groups, z)` returns."""
    frames, stored = [], []
    for z in range(hu.shape[2]):
        plane = ct_slice(hu[:, :, z], z)
        groups: Tags = {
            "0020,9113": ("SQ", [{"0020,0032": plane["0020,0032"]}]),
            "0020,9116": ("SQ", [{"0020,0037": plane["0020,0037"]}]),
            "0028,9110": ("SQ", [{"0028,0030": plane["0028,0030"], "0018,0050": plane["0018,0050"]}]),
            "0028,9145": ("SQ", [{name: plane[name] for name in ("0028,1052", "0028,1053")}]),
        }
        groups |= change(groups, z)
        frames.append({tag: entry for tag, entry in groups.items() if entry[1] is not None})
        stored.append(plane["7fe0,0010"][1])
    image = {tag: entry for tag, entry in ct_slice(hu[:, :, 0]).items() if tag[:4] in ("0008", "0028", "7fe0")}
    image = {tag: entry for tag, entry in image.items() if tag not in ("0028,0030", "0028,1052", "0028,1053")}
    image |= {
        "0008,0016": ("UI", ENHANCED_CT),
        "0020,000d": ("UI", "1.2.3"),
        "0020,000e": ("UI", "1.2.3.5"),
        "0028,0008": ("IS", hu.shape[2]),
        "5200,9229": ("SQ", [{}]),
        "5200,9230": ("SQ", frames),
        "7fe0,0010": ("OW", b"".join(stored)),
    }
    return write(path, image | {name.replace("_", ","): entry for name, entry in tags.items()}, ENHANCED_CT)


def beside(path: Path, sop_class: str = CAPTURE, **tags: tuple[str, Any]) -> Path:
    """Write what lies beside a series, of another one: a page in colours without a place, or what `tags` make of it."""
    page = {tag: entry for tag, entry in ct_slice(np.zeros((4, 3))).items() if tag[:4] in ("0008", "0028", "7fe0")}
    page |= {"0008,0016": ("UI", sop_class), "0020,000e": ("UI", "9.9"), "0020,0011": ("IS", "99")}
    page |= {"0028,0002": ("US", 3), "0028,0004": ("CS", "RGB"), "0028,0030": ("DS", None)}
    return write(path, page | {name.replace("_", ","): entry for name, entry in tags.items()}, sop_class)
