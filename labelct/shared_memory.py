"""What loky keeps in shared memory for its workers, and what of it is left there when all are killed at once."""

import atexit
import os
import shutil
from contextlib import suppress
from pathlib import Path

from labelct.processes import describe, is_alive

FOLDER = Path("/dev/shm")  # Linux alone shows shared memory as files
OURS = "labelct-"
LEFT = ("sem.loky-{pid}-*", "joblib_memmapping_folder_{pid}_*")


def claim() -> None:
    """Say in shared memory that this process starts workers, until it ends; what dead ones left there is removed.

    A kill of a whole process group ends loky's own cleaner, too. Only what a process of labelct claimed is removed,
    and only once it is dead: others use loky as well, and a number alone says nothing about another container.
    """
    if not os.access(FOLDER, os.W_OK):
        return
    own = _claim_of(**describe())
    if own.exists():
        return
    _clean()
    with suppress(OSError):  # it is full: nothing can be cleaned later, and loky says what it needs itself
        own.touch(mode=0o600)
        atexit.register(_release, own, os.getpid())


def _claim_of(host: str, pid: int, started: int | None) -> Path:
    return FOLDER / f"{OURS}{_namespace()}-{pid}-{started or 0}"


def _namespace() -> int:
    """Return which process numbers this process sees: those of a container are its own."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0


def _clean() -> None:
    for claimed in FOLDER.glob(f"{OURS}{_namespace()}-*-*"):
        *_, pid, started = claimed.name.split("-")
        if is_alive({"pid": int(pid), "started": int(started) or None}):
            continue
        for pattern in LEFT:
            for path in FOLDER.glob(pattern.format(pid=pid)):
                _remove(path)
        _remove(claimed)


def _remove(path: Path) -> None:
    with suppress(OSError):  # loky's cleaner may be at it, too, or it is another user's
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _release(own: Path, pid: int) -> None:
    if os.getpid() == pid:
        own.unlink(missing_ok=True)
