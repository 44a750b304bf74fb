"""What a command prints: a name that the terminal has no letters for is told with escapes and ends no command."""

import io
import sys


def tell_any_name() -> None:
    r"""Let both streams print what their encoding lacks as `\xff`: files may have names that are no text."""
    for stream in (sys.stdout, sys.stderr):
        # C.UTF-8 prints the bytes of such a name as they are; ASCII lacks the signs of our own lines, too
        whole = isinstance(stream, io.TextIOWrapper) and stream.encoding.lower().replace("-", "") == "utf8"
        if isinstance(stream, io.TextIOWrapper) and not (whole and stream.errors == "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")
