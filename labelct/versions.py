"""What made a result: the versions of the packages that decide over its weights, and the commit of a checkout."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from labelct import __version__

FILE = "versions.json"
PACKAGES = ("torch", "monai", "lightning", "nnunetv2", "numpy", "scipy", "numba")
WAIT = 10  # s: a checkout on a slow disk


def versions() -> dict[str, str]:
    """Return version by package, `python` and, in a checkout, `commit` with `-dirty` behind it where files differ."""
    found = {"labelct": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | ({"commit": said} if (said := commit(Path(__file__).parents[1])) else {})


def commit(checkout: Path) -> str | None:
    """Return the commit of a folder that is the root of a git checkout, None where it is none or git is missing."""
    if not (checkout / ".git").exists():
        return None
    asked = ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(asked, capture_output=True, encoding="utf-8", timeout=WAIT, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def software(found: dict[str, str]) -> str:
    """Return labelct's version and commit of `versions()` as a report and a paper name them."""
    said = found.get("commit", "")
    return f"labelct {found['labelct']}" + (f" (commit {said})" if said else "")
