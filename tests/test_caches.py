"""Who may write neither beside the code nor at home still compiles, into a folder that nobody else may write."""

import os
import stat

import pytest

from labelct import caches

VARIABLES = ("NUMBA_CACHE_DIR", "MPLCONFIGDIR")


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Let home and package take no files, and return the folder for temporary ones."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(caches, "PACKAGE", tmp_path / "file")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)
    return tmp_path


def test_both_get_a_folder_of_this_user_alone(nowhere):
    caches.find_room()
    own = nowhere / f"labelct-{os.getuid()}"
    assert [os.environ[name] for name in VARIABLES] == [str(own / "numba"), str(own / "matplotlib")]
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    caches.find_room()
    assert set(os.listdir(nowhere)) == {"file", own.name}


@pytest.mark.parametrize("prepared", ["open", "link", "file"])
def test_a_folder_that_another_may_write_is_not_taken(nowhere, prepared):
    own = nowhere / f"labelct-{os.getuid()}"
    if prepared == "open":
        own.mkdir()
        own.chmod(0o777)
    elif prepared == "link":
        own.symlink_to(nowhere)
    else:
        own.touch()
    caches.find_room()
    taken = os.environ["NUMBA_CACHE_DIR"]
    assert taken.startswith(f"{nowhere}/labelct-")
    assert not taken.startswith(f"{own}/")


def test_what_is_there_or_said_stays(nowhere, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/mine")
    monkeypatch.setenv("XDG_CACHE_HOME", str(nowhere / "new" / "cache"))
    caches.find_room()
    assert os.environ["NUMBA_CACHE_DIR"] == "/mine"
    assert "MPLCONFIGDIR" not in os.environ


def test_a_user_without_a_home_has_none(nowhere, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr("os.path.expanduser", str)
    caches.find_room()
    assert "NUMBA_CACHE_DIR" in os.environ
