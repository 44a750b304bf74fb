"""How much main memory this process may have: the machine's, or what a container or a cluster job leaves of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")  # lines `number:controllers:path`


class Files(NamedTuple):
    """Where the control groups of a version say what their members may take, and take.

    Attributes:
        folder: Of the groups, below `ROOT`.
        limit: Bytes, or a word where there is no limit.
        used: Bytes, cached files among them.
        cached: Row of `memory.stat`: files that are cached, which give way to a process that asks for more.
    """

    folder: str
    limit: str
    used: str
    cached: str


# By the controller in a line of `OWN`; version 2 has one line for all, and names none.
VERSIONS = {
    "": Files(".", "memory.max", "memory.current", "inactive_file"),
    "memory": Files("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def total() -> int:
    """Return the bytes of memory that this process may have, were it alone."""
    return min([psutil.virtual_memory().total, *(limit for limit, _ in _limits())])


def free() -> int:
    """Return the bytes of memory that are free for this process."""
    return max(0, min([psutil.virtual_memory().available, *(limit - used for limit, used in _limits())]))


def _limits() -> Iterator[tuple[int, int]]:
    """Yield limit and use, bytes, of each control group around this process that has a limit."""
    for group, files in _groups():
        limit = _text(group / files.limit).strip()
        used = _text(group / files.used).strip()
        if limit.isdigit() and used.isdigit():
            rows = dict(row.split(" ", 1) for row in _text(group / "memory.stat").splitlines() if " " in row)
            yield int(limit), int(used) - int(rows.get(files.cached, 0))


def _groups() -> Iterator[tuple[Path, Files]]:
    """Yield the folders of the control groups around this process, its own first."""
    for line in _text(OWN).splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            if controller in VERSIONS:
                top = ROOT / VERSIONS[controller].folder
                own = top / path.lstrip("/")  # in a container, which sees its own group alone, it may not be there
                yield from ((group, VERSIONS[controller]) for group in (own, *own.parents) if group.is_relative_to(top))


def _text(path: Path) -> str:
    """Return what a file holds; nothing where it is not there."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
