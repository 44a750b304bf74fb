"""Folders appear with what is written into them, and what fails leaves none behind."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

from labelct.errors import InputError
from labelct.folders import (
    check_launch_folder,
    check_takes_files,
    deepest_there,
    made,
    matching,
    missing,
    scratch,
    together,
    whole,
)
from labelct.writing import write_text
from tests.faults.disk import files_no_larger_than


def full(*first):
    """Write some empty files, and find the disk full."""
    for path in first:
        path.touch()
    raise OSError(errno.ENOSPC, "No space left on device")


def refused(*first):
    """Write some empty files, and refuse the last."""
    for path in first[:-1]:
        path.touch()
    raise InputError(first[-1], "the disk is full", "free some space")


def test_folders_that_were_made_for_nothing_are_removed_and_those_that_hold_something_stay(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(OSError, match="No space"), made(tmp_path / "there" / "a" / "b"):
        full()
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]
    with pytest.raises(OSError, match="No space"), made(tmp_path / "there" / "a" / "b"):
        full(tmp_path / "there" / "a" / "file")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "file", "there"]


def test_a_name_that_no_file_system_takes_is_missing(tmp_path):
    assert missing(tmp_path / ("n" * 300)) == [tmp_path / ("n" * 300)]


def test_files_that_are_written_together_lie_there_in_the_end(tmp_path):
    with together(tmp_path / "out") as folder:
        for name in ("a", "b"):
            (folder / name).write_text(name)
        assert [path for path in (tmp_path / "out").iterdir() if path != folder] == []
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {"a": "a", "b": "b"}


def test_one_that_cannot_be_written_leaves_none_of_them_and_is_named_where_it_should_lie(tmp_path):
    out = tmp_path / "new" / "out"
    with pytest.raises(InputError) as caught, together(out) as folder:
        refused(folder / "a", folder / "b")
    assert caught.value.path == out / "b"
    assert not (tmp_path / "new").exists()
    with pytest.raises(InputError, match="out: the disk is full"), together(out) as folder:
        full()


def test_what_was_there_is_replaced_at_the_end_alone(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(InputError), together(tmp_path) as folder:
        full(folder / "a")
    assert (tmp_path / "a").read_text() == "old"


def test_the_last_file_is_moved_behind_the_others(tmp_path, monkeypatch):
    moved, replace = [], Path.replace
    monkeypatch.setattr(Path, "replace", lambda path, target: moved.append(path.name) or replace(path, target))
    with together(tmp_path, last="a") as folder:
        [(folder / name).touch() for name in ("a", "b", "c")]
    assert moved == ["b", "c", "a"]


def test_none_is_moved_where_a_folder_has_the_place_of_one(tmp_path):
    (tmp_path / "b" / "kept").mkdir(parents=True)
    with pytest.raises(InputError, match="b: is a folder") as caught, together(tmp_path) as folder:
        [(folder / name).touch() for name in ("a", "b")]
    assert caught.value.path == tmp_path / "b"
    assert [path.name for path in tmp_path.rglob("*")] == ["b", "kept"]


def test_a_whole_folder_appears_in_the_end_in_place_of_the_one_before(tmp_path):
    out = tmp_path / "new" / "out"
    for content in ("one", "two"):
        with whole(out) as folder:
            (folder / content).touch()
            assert folder.parent == out.parent
            assert out.exists() == (content == "two")
        assert [path.name for path in out.iterdir()] == [content]
    assert list(out.parent.iterdir()) == [out]


def test_one_that_cannot_be_filled_leaves_the_one_before_as_it_was(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").touch()
    with pytest.raises(InputError) as caught, whole(out) as folder:
        refused(folder / "a", folder / "b")
    assert caught.value.path == out / "b"
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "old"]
    with pytest.raises(InputError, match="no/out: the disk is full"), whole(tmp_path / "no" / "out"):
        full()
    assert not (tmp_path / "no").exists()


def test_what_matches_is_what_glob_finds_without_hidden_parts(tmp_path):
    for name in ("a/x.txt", "a/b/x.txt", "a/.hidden/x.txt", "c/y.txt", ".d/x.txt", "x.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nothing")
    (tmp_path / "c" / "round").symlink_to(tmp_path)

    def found(pattern):
        return [path.relative_to(tmp_path).as_posix() for path in matching(tmp_path, pattern)]

    assert found("*/*.txt") == ["a/x.txt", "c/y.txt"]
    assert found("**/x.txt") == ["a/b/x.txt", "a/x.txt", "x.txt"]
    assert found("*.txt") == ["gone.txt", "x.txt"]
    assert found(".d/*") == [".d/x.txt"]
    assert found("a/[bc]/x.txt") == ["a/b/x.txt"]
    assert found("a/../x.txt") == ["a/../x.txt"]
    assert found("nowhere/*") == found("x.txt/*") == []


@pytest.mark.parametrize("pattern", ["*/*/x*", "**/x", "*/*/x"])
def test_a_folder_that_may_not_be_read_is_no_empty_one(tmp_path, monkeypatch, pattern):
    (tmp_path / "a" / "locked").mkdir(parents=True)
    listed = os.listdir

    def listdir(folder):
        if str(folder).endswith("locked"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return listed(folder)

    def lstat(path, **options):
        if "locked/" in str(path):
            raise PermissionError(errno.EACCES, "Permission denied")
        return found(path, **options)

    found = os.lstat
    monkeypatch.setattr("os.listdir", listdir)
    monkeypatch.setattr("os.lstat", lstat)
    with pytest.raises(InputError, match=r"a/locked(/x)?: permission denied; change its permissions"):
        matching(tmp_path, pattern)


def test_a_folder_that_takes_files_is_as_it_was_after_the_trial(tmp_path):
    (tmp_path / "there").mkdir()
    for folder in ("there", "new/below"):
        check_takes_files(tmp_path / folder)
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("/dev/null", "/dev/null is a file and no folder; write elsewhere"),
        ("/dev/null/x", "/dev/null is a file and no folder"),
        ("/proc/x", "/proc/x: no folder can be made there; write elsewhere"),
    ],
)
def test_a_folder_that_takes_none_is_refused(folder, told):
    with pytest.raises(InputError, match=told):
        check_takes_files(Path(folder))


def test_a_launch_folder_that_was_removed_is_one_line(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InputError, match="the launch folder: is not there any more; change to one that is"):
        check_launch_folder()
    monkeypatch.chdir(tmp_path)
    check_launch_folder()


def test_the_deepest_that_is_there_may_be_the_path_itself_or_a_broken_link(tmp_path, monkeypatch):
    assert deepest_there(tmp_path) == deepest_there(tmp_path / "a" / "b") == tmp_path
    (tmp_path / "link").symlink_to("nowhere")
    assert deepest_there(tmp_path / "link") == tmp_path / "link"
    monkeypatch.chdir(tmp_path)
    assert deepest_there(Path("a") / "b") == tmp_path


def test_what_a_folder_for_temporary_files_cannot_take_is_told_with_the_variable_that_names_another(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told = pytest.raises(InputError, match=r"larger than is allowed .*; set TMPDIR")
    with files_no_larger_than(16), told, scratch() as folder:
        write_text(folder / "cohort" / "a.txt", "x" * 17)
    with pytest.raises(InputError, match="write elsewhere"), scratch() as folder:
        raise InputError(tmp_path / "out", "is full", "write elsewhere")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(InputError, match=r"temporary files: cannot be made .*; set TMPDIR"), scratch():
        pass
