"""Which code made something, and where: the version, the commit of a checkout, the machine."""

import platform
import socket
import subprocess
from functools import cache
from pathlib import Path

ANSWER_S = 5.0  # git answers in milliseconds; a checkout on a network that hangs holds no job up


def provenance() -> dict[str, str]:
    """Return version, commit (of a checkout, `-dirty` with changes), host and Python's version."""
    from labelct import __version__

    found = {"labelct": __version__, "host": socket.gethostname(), "python": platform.python_version()}
    return found | ({"commit": commit} if (commit := commit_of(Path(__file__).parent)) else {})


@cache
def commit_of(folder: Path) -> str:
    """Return the commit of the checkout that a package's folder is the first level of; empty where it is in none.

    A package that is installed below another project's checkout has no commit.
    """
    root = folder.parent
    if not (root / ".git").exists():
        return ""
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return f"{commit}-dirty" if _git(root, "status", "--porcelain", "--untracked-files=no") else commit
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=ANSWER_S, check=True
    )
    return done.stdout.strip()
