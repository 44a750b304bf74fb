"""The arguments of a verb: what is wrong with them is one line, as everywhere."""

import argparse
import os
import re
from pathlib import Path
from typing import NoReturn

from labelct.errors import InputError, did_you_mean


class Parser(argparse.ArgumentParser):
    """argparse's parser, with one line and the nearest flag in place of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong, and leave with 2."""
        unknown = re.match(r"unrecognized arguments: (-[\w-]*)", message)
        remedy = did_you_mean(unknown[1], self._option_string_actions) if unknown else ""
        self.exit(2, f"{self.prog}: {message}; {remedy or f'see {self.prog} --help'}\n")


def natural(text: str) -> int:
    """Return the whole number of 0 or more that an argument stands for."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}: allowed is a whole number of 0 or more")
    return int(text)


def check_output(path: Path) -> None:
    """Raise `InputError` where a file cannot be written at `path`, before the work for it is done."""
    if path.is_dir():
        raise InputError(path, "is a folder", "give the name of a file")
    there = next(parent for parent in path.absolute().parents if parent.exists())
    if not there.is_dir():
        raise InputError(path, f"{there} is a file and no folder", "write elsewhere")
    if not os.access(there, os.W_OK):
        raise InputError(path, f"{there} may not be written to", "write elsewhere")
