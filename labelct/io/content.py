"""The bytes of a file, gzip or not: as many as are asked for and no more, so that no file can fill the memory."""

import hashlib
import stat
import sys
from pathlib import Path
from typing import IO, cast

from labelct.errors import InputError, first_line, rename

DEFLATE_RATIO = 1100  # deflate cannot shrink anything further
CHUNK = 1 << 20


def check_file(path: Path) -> int:
    """Return the size in bytes of a regular file, without opening it: a pipe would wait, a device never ends.

    Raises:
        InputError: It is not there, a link to nothing, or no regular file.
    """
    check_link(path)
    try:
        found = path.stat()
    except OSError:
        raise InputError(path, "no such file", "check the path") from None
    if not stat.S_ISREG(found.st_mode):
        raise InputError(path, "no regular file", "give a .nii or .nii.gz file")
    return found.st_size


def check_link(path: Path) -> None:
    """Raise `InputError` where a path is a link to nothing."""
    if path.is_symlink() and not path.exists():
        raise InputError(path, f"a link to {path.readlink()}, which is not there", "mend or remove it")


def as_text(path: Path) -> str:
    """Return a path as SimpleITK takes it, in UTF-8: it ends the process at the name of any other file.

    Raises:
        InputError: It has bytes that are no UTF-8.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise InputError(path, "its name is no UTF-8", rename()) from None
    return str(path)


def on_disk(path: Path) -> int:
    """Return how many bytes of a file are stored: fewer than its size where it has holes."""
    found = path.stat()
    return min(found.st_size, max(found.st_blocks * 512, 512))


def read_content(path: Path, size: int) -> bytes:
    """Return the first `size` uncompressed bytes of a file, fewer where it ends before.

    Raises:
        InputError: It cannot be read, its gzip stream is damaged, or it cannot hold as much.
    """
    stored = check_file(path)
    try:
        with path.open("rb") as file:
            if not _zipped(file):
                return file.read(min(size, stored))
            if size > DEFLATE_RATIO * stored + CHUNK:
                raise EOFError(f"{stored} compressed bytes cannot hold {size}")
            unzipped = _unzip(file)
            content = unzipped.read(size)
            unzipped.read(1)  # the end of the stream, where its checksum is compared
            return content
    except _damage() as error:
        raise InputError(path, f"truncated or damaged ({first_line(error)})", "copy or export it again") from None


def digest(path: Path, size: int | None = None) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 over a file's content, whatever its compression.

    Args:
        path: The file.
        size: Uncompressed bytes from the start that count; None: all.

    Raises:
        InputError: As `read_content`.
    """
    check_file(path)
    digested = hashlib.sha256()
    try:
        with path.open("rb") as file:
            content = _unzip(file) if _zipped(file) else file
            left = sys.maxsize if size is None else size
            while chunk := content.read(min(CHUNK, left)):
                digested.update(chunk)
                left -= len(chunk)
    except _damage() as error:
        raise InputError(path, f"truncated or damaged ({first_line(error)})", "copy or export it again") from None
    return digested.hexdigest()[:16]


def _zipped(file: IO[bytes]) -> bool:
    start = file.read(2)
    file.seek(0)
    return start == b"\x1f\x8b"


def _unzip(file: IO[bytes]) -> IO[bytes]:
    from isal import igzip

    return cast(IO[bytes], igzip.IGzipFile(fileobj=file))


def _damage() -> tuple[type[Exception], ...]:
    """Return what a file raises that cannot be read or whose gzip stream is cut."""
    from isal.igzip_lib import IsalError

    return EOFError, OSError, cast(type[Exception], IsalError)  # its stub calls the class an instance
