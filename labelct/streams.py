"""What a command prints: a name that the terminal has no letters for is told with escapes and ends no command."""

import io
import sys


def tell_any_name() -> None:
    r"""Let both streams print what their encoding lacks as `\xff`: files may have names that are no text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
