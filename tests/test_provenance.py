"""A checkout has its commit, and says where it was changed; a package below another's checkout has none."""

import subprocess

from labelct import __version__
from labelct.provenance import commit_of, provenance


def git(folder, *arguments):
    command = ["git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=e", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_commit_of_a_checkout(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "module.py").write_text("1\n")
    assert commit_of(package) == ""
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    commit_of.cache_clear()
    assert commit_of(package) == git(tmp_path, "rev-parse", "HEAD")
    (package / "module.py").write_text("2\n")
    commit_of.cache_clear()
    assert commit_of(package).endswith("-dirty")
    assert commit_of(package / "below") == ""


def test_what_stands_in_a_trackers_configuration():
    found = provenance()
    assert found["labelct"] == __version__
    assert {"host", "python"} <= set(found)
