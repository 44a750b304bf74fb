"""The arguments of a verb: what is wrong with them is one line, as everywhere."""

import argparse
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn

from labelct.errors import InputError, did_you_mean
from labelct.folders import check_takes_files


class Parser(argparse.ArgumentParser):
    """argparse's parser, with one line and the nearest flag in place of the whole usage.

    Attributes:
        settings: What is typed as KEY=VALUE beside the flags, and so often as a flag.
    """

    settings: Collection[str] = ()

    def __init__(self, **options: Any) -> None:
        """Take what argparse takes; every `type=Path` of a verb refuses an empty text."""
        super().__init__(**options)
        self.register("type", Path, some_path)

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong, and leave with 2."""
        unknown = re.match(r"unrecognized arguments: (-[\w.-]*)", message)
        setting = unknown[1].lstrip("-").replace("-", "_") if unknown else ""
        if setting.partition(".")[0] in self.settings:
            remedy = f"write {setting}=VALUE, without the dashes"
        else:
            remedy = did_you_mean(unknown[1], self._option_string_actions) if unknown else ""
        self.exit(2, f"{self.prog}: {message}; {remedy or f'see {self.prog} --help'}\n")


def some_path(text: str) -> Path:
    """Return the path that an argument stands for; an empty one would be the launch folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r}: allowed is a path; is a variable of the shell not set?")
    return Path(text)


def natural(text: str) -> int:
    """Return the whole number of 0 or more that an argument stands for."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}: allowed is a whole number of 0 or more")
    return int(text)


def check_output(path: Path) -> None:
    """Raise `InputError` where a file cannot be written at `path`, before the work for it is done."""
    if path.is_dir():
        raise InputError(path, "is a folder", "give the name of a file")
    check_takes_files(path.absolute().parent)
