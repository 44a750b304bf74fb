"""What a command prints: any name, with escapes where the terminal lacks its letters; and what loggers keep back."""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def tell_any_name() -> None:
    r"""Let both streams print what their encoding lacks as `\xff`: files may have names that are no text."""
    for stream in (sys.stdout, sys.stderr):
        # C.UTF-8 prints the bytes of such a name as they are; ASCII lacks the signs of our own lines, too
        whole = isinstance(stream, io.TextIOWrapper) and stream.encoding.lower().replace("-", "") == "utf8"
        if isinstance(stream, io.TextIOWrapper) and not (whole and stream.errors == "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def untold(*names: str) -> Iterator[None]:
    """Keep back what some loggers, and those below them, say, errors left out, until the end of the block."""
    before = {logger: logger.level for logger in map(logging.getLogger, names)}
    for logger in before:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in before.items():
            logger.setLevel(level)
