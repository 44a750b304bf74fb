"""What a training ran with is told, and a commit only where labelct itself is the checkout."""

import subprocess
from importlib.metadata import version

import labelct
from labelct.versions import commit, software, versions


def test_versions_are_those_of_the_packages_that_are_installed(monkeypatch):
    found = versions()
    assert (found["labelct"], found["torch"]) == (labelct.__version__, version("torch"))
    monkeypatch.setattr("labelct.versions.PACKAGES", ("torch", "no-such-package"))
    monkeypatch.setattr("labelct.versions.commit", lambda checkout: None)
    assert list(versions()) == ["labelct", "python", "torch"]


def test_a_commit_is_that_of_a_checkout_and_says_where_files_differ(tmp_path):
    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", "-C", str(tmp_path), *who, *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert commit(tmp_path) is None
    git("init")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "-m", "first")
    assert commit(tmp_path) == git("rev-parse", "HEAD")
    (tmp_path / "file").write_text("two")
    assert commit(tmp_path) == git("rev-parse", "HEAD") + "-dirty"
    (tmp_path / "package").mkdir()
    assert commit(tmp_path / "package") is None


def test_without_git_no_commit_is_told(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit(tmp_path) is None


def test_the_software_is_named_with_its_commit_where_there_is_one():
    assert software({"labelct": "1.2", "commit": "abc-dirty"}) == "labelct 1.2 (commit abc-dirty)"
    assert software({"labelct": "1.2", "torch": "2"}) == "labelct 1.2"
