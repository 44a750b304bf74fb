"""A disk of a size of its own, in memory."""

import resource
import subprocess
from contextlib import contextmanager


class Disk:
    """A file system that is full as soon as a test wants it."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def mount(self, kilobytes, *options):
        """Mount it, or give it another size; return whether this user may."""
        given = ",".join([f"size={kilobytes}k", *options])
        command = ["mount", "-t", "tmpfs", "-o", given, "none", str(self.folder)]
        return subprocess.run(command, capture_output=True).returncode == 0

    def unmount(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=True)

    def fill(self):
        """Take all the room that is left."""
        with (self.folder / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass


@contextmanager
def files_no_larger_than(size):
    """Let this process write no file of more than `size` bytes: what a quota does where no disk may be mounted."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
