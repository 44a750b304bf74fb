from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from labelct.errors import InputError
from labelct.io.content import check_file, digest, on_disk, read_content

TEXT = bytes(range(256)) * 40


PACKED = [gzip.compress(part, mtime=0) for part in (TEXT, TEXT[:999], TEXT[999:])]


@pytest.mark.parametrize("packed", [TEXT, PACKED[0], PACKED[1] + PACKED[2]])
def test_as_many_bytes_are_read_as_are_asked_for(tmp_path, packed):
    (tmp_path / "a").write_bytes(packed)
    assert read_content(tmp_path / "a", 100) == TEXT[:100]
    assert read_content(tmp_path / "a", len(TEXT)) == TEXT
    assert read_content(tmp_path / "a", len(TEXT) + 9) == TEXT


def test_a_digest_does_not_depend_on_the_compression(tmp_path):
    (tmp_path / "a").write_bytes(TEXT)
    (tmp_path / "b").write_bytes(gzip.compress(TEXT, 1))
    assert digest(tmp_path / "a") == digest(tmp_path / "b") == "e96760a87768717b"


@pytest.mark.parametrize("cut", [-1, -5, -40])
def test_a_cut_or_altered_stream_is_damaged(tmp_path, cut):
    packed = bytearray(gzip.compress(TEXT))
    (tmp_path / "cut").write_bytes(packed[:cut])
    packed[-6] ^= 1  # of the checksum
    (tmp_path / "altered").write_bytes(packed)
    for name in ("cut", "altered"):
        with pytest.raises(InputError, match=rf"{name}: truncated or damaged"):
            read_content(tmp_path / name, len(TEXT))


def test_more_than_deflate_can_hold_is_never_allocated(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(TEXT))
    with pytest.raises(InputError, match="compressed bytes cannot hold 1000000000000000"):
        read_content(tmp_path / "a.gz", 10**15)
    (tmp_path / "a").write_bytes(TEXT)
    assert read_content(tmp_path / "a", 10**15) == TEXT


def test_what_is_no_regular_file_is_refused_without_opening_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.nii.gz")
    (tmp_path / "link.nii.gz").symlink_to("gone.nii.gz")
    for path, said in {
        tmp_path / "pipe.nii.gz": "no regular file",
        Path("/dev/zero"): "no regular file",
        tmp_path: "no regular file",
        tmp_path / "link.nii.gz": "a link to gone.nii.gz, which is not there",
        tmp_path / "none.nii.gz": "no such file",
    }.items():
        for ask in (check_file, digest):
            with pytest.raises(InputError, match=said):
                ask(path)


def test_holes_of_a_file_are_not_on_disk(tmp_path):
    with (tmp_path / "holes").open("wb") as file:
        file.write(TEXT)
        file.truncate(1 << 36)
    assert on_disk(tmp_path / "holes") < 1 << 20
    assert read_content(tmp_path / "holes", 50) == TEXT[:50]
