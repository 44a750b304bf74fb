"""Headers of NIfTI and tags of DICOM altered at random: read, or refused with one line; 1 000 files with `--long`."""

from __future__ import annotations

import gzip
import resource
import signal
from contextlib import contextmanager
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelct.errors import InputError
from labelct.io import nifti, read_ct
from tests.io.dicoms import BIG_ENDIAN, EXPLICIT, JPEG2000, ct_slice, enhanced_ct, write
from tests.io.headers import HU, nifti_file

pytestmark = pytest.mark.ci

GIB = 1 << 30
SECONDS = 10  # what a file of a few kilobytes may take at the very most
FIELDS = [name for name in nibabel.Nifti1Header().keys() if name != "magic"]  # noqa: SIM118
NUMBERS = st.sampled_from([0, 1, -1, 2, 3, 7, 32, 127, 128, 255, 348, 352, 512, 1023, 4096, 32767, -32768])
REALS = st.sampled_from([0.0, -0.0, 1e-30, 1e-3, 0.5, 1.0, 1e3, 1e9, -1e9, 1e30, 3e38, np.nan, np.inf, -np.inf])
TEXTS = st.sampled_from(
    ["", " ", "0", "-1", "1e400", "nan", "1\\2", "1\\2\\3", "0\\0\\0", "1\\0\\0\\0\\1\\0", "x" * 70]
)
ANY_TEXT = TEXTS | st.text(st.characters(max_codepoint=126), max_size=12)
TAGS = sorted(ct_slice(HU[:, :, 0]))


@contextmanager
def bounded():
    """Let nothing take more than 1 GiB on top of what the process holds, nor longer than a few seconds."""
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)

    def hang(number, frame):
        raise AssertionError(f"not done after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, hang)
    resource.setrlimit(resource.RLIMIT_AS, (held + GIB, hard))
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def read_or_refused(path: Path, ask=read_ct) -> bool:
    """Return whether a file is read; it must be finite and on a grid, or refused with one line that names it."""
    volume, said = None, ""
    with bounded():
        try:
            volume = ask(path)
        except InputError as error:
            said = str(error)
    if volume is None:
        assert str(path.parent) in said
        assert said.isprintable()
        assert len(said) < 1000
        return False
    assert volume.array.ndim == 3
    assert np.isfinite(volume.array).all()
    assert np.isfinite(volume.affine).all()
    assert 0.02 <= min(volume.spacing) <= max(volume.spacing) <= 50
    return True


def fuzz(examples: int, test, *strategies) -> None:
    """Try `test` on so many draws, the same ones every time."""
    settled = settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    settled(given(*strategies)(test))()


@pytest.fixture
def read(tries):
    """Return a list of what was read or not, and the number of draws; some of either must be among them."""
    outcomes: list[bool] = []
    yield outcomes, len(tries(60, 1000))
    assert {True, False} == set(outcomes)


def changed(fields: list[tuple[str, int, float]]):
    def change(header: nibabel.Nifti1Header) -> None:
        with np.errstate(all="ignore"):
            for name, index, value in fields:
                field = header[name]
                if field.dtype.kind == "S":
                    header[name] = str(value).encode()
                    continue
                number = np.float64(value).astype(field.dtype)
                if field.ndim:
                    field[index % field.size] = number
                else:
                    header[name] = number

    return change


def test_headers_of_nifti(tmp_path, read):
    outcomes, examples = read
    fields = st.lists(st.tuples(st.sampled_from(FIELDS), st.integers(0, 7), NUMBERS | REALS), min_size=1, max_size=3)

    def one(fields, packed):
        path = nifti_file(tmp_path / "a.nii", changed(fields))
        if packed:
            path.with_suffix(".nii.gz").write_bytes(gzip.compress(path.read_bytes(), 1))
            path = path.with_suffix(".nii.gz")
        outcomes.append(read_or_refused(path, nifti.read_volume))
        read_or_refused(path, nifti.read_label_map)

    fuzz(examples, one, fields, st.booleans())


def test_bytes_of_nifti(tmp_path, read):
    outcomes, examples = read
    ct = nifti_file(tmp_path / "whole.nii").read_bytes()
    wholes = st.sampled_from([ct, gzip.compress(ct, mtime=0)])
    bytes_at = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 255)), max_size=4)

    def one(whole, bytes_at, kept):
        content = bytearray(whole)
        for at, value in bytes_at:
            content[at % min(len(content), 400)] = value
        (tmp_path / "a.nii").write_bytes(content[: len(content) * kept // 8])
        outcomes.append(read_or_refused(tmp_path / "a.nii", nifti.read_volume))

    fuzz(examples, one, wholes, bytes_at, st.sampled_from([8, 8, 8, 7, 1, 0]))


def test_tags_of_dicom(tmp_path, read):
    outcomes, examples = read
    change = st.tuples(st.sampled_from(TAGS), ANY_TEXT | st.integers(0, 65535) | st.none())
    syntaxes = st.sampled_from([EXPLICIT, EXPLICIT, EXPLICIT, BIG_ENDIAN, JPEG2000, "1.2.3", "1.2.840.10008.1.2.4.70"])

    def one(changes, syntax, slices):
        for z in range(3):
            tags = ct_slice(HU[:, :, z], z)
            for tag, value in changes if z < slices else ():
                kind = "US" if isinstance(value, int) and tags[tag][0] == "US" else tags[tag][0]
                number = value if isinstance(value, int) else len(value or "")
                tags[tag] = (kind, None if value is None else number if kind == "US" else str(value))
            write(tmp_path / "series" / f"{z}.dcm", tags, syntax=syntax)
        outcomes.append(read_or_refused(tmp_path / "series"))

    fuzz(examples, one, st.lists(change, min_size=1, max_size=2), syntaxes, st.integers(1, 3))


def test_bytes_of_dicom(tmp_path, read):
    outcomes, examples = read
    slice_file = write(tmp_path / "a" / "a.dcm", ct_slice(HU[:, :, 0])).read_bytes()
    frames = enhanced_ct(tmp_path / "a" / "a.dcm", HU).read_bytes()
    bytes_at = st.lists(st.tuples(st.integers(128, 4000), st.integers(0, 255)), max_size=3)

    def one(whole, bytes_at, kept):
        content = bytearray(whole)
        for at, value in bytes_at:
            content[at % len(content)] = value
        (tmp_path / "a" / "a.dcm").write_bytes(content[: len(content) * kept // 8])
        outcomes.append(read_or_refused(tmp_path / "a"))

    fuzz(examples, one, st.sampled_from([slice_file, frames]), bytes_at, st.sampled_from([8, 8, 8, 7, 1, 0]))
