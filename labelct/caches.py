"""Where numba and matplotlib keep what they make once, for a user who may write neither beside the code nor at home.

In a container that runs as some other user there is no home; numba then refuses to compile at all
("cannot cache function: no locator available").
"""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

HOME = Path("~/.cache")
PACKAGE = Path(__file__).parent


def find_room() -> None:
    """Give numba and matplotlib a folder of this user below the one for temporary files, where they have none."""
    if _takes_files(Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser(HOME))):
        return
    wanted = {} if _takes_files(PACKAGE / "__pycache__") else {"NUMBA_CACHE_DIR": "numba"}
    wanted |= {"MPLCONFIGDIR": "matplotlib"}
    if missing := {variable: name for variable, name in wanted.items() if variable not in os.environ}:
        folder = _own_folder()
        os.environ.update({variable: str(folder / name) for variable, name in missing.items()})


def _takes_files(folder: Path) -> bool:
    """Return whether a file can be written to a folder, which is made where it is missing."""
    if not folder.is_absolute():  # `~` of a user whom the machine does not know
        return False
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _own_folder() -> Path:
    """Return a folder that this user alone may write: what lies in it is run."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir(), f"labelct-{user}")
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    safe = stat.S_ISDIR(found.st_mode) and found.st_uid == user and not found.st_mode & 0o022
    return folder if safe else Path(tempfile.mkdtemp(prefix="labelct-"))
