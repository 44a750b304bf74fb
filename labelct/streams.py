"""What a command prints: any name, with escapes where the terminal lacks its letters; and what loggers keep back."""

import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def stand_in_for_closed() -> None:
    """Give a command whose standard streams are closed (`>&-`) ones that lead nowhere.

    The next file that it opens would get the number of a closed one, and what a library prints would go into it.
    """
    for name, number, mode in (("stdin", 0, os.O_RDONLY), ("stdout", 1, os.O_WRONLY), ("stderr", 2, os.O_WRONLY)):
        if getattr(sys, name) is not None:
            continue
        opened = os.open(os.devnull, mode)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)
        stream = open(number, "r" if name == "stdin" else "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)


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
