"""An inventory finds what is missing, changed or foreign, and says it in one line."""

import os

import pytest

from labelct import inventory


@pytest.fixture
def folder(tmp_path):
    for name in ("a/one", "a/two", "three"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_every_file_is_taken_with_its_size_and_digest_but_the_inventory_itself_and_logs(folder):
    (folder / inventory.FILE).write_text("{}")
    (folder / "a" / "nnunet.log").touch()
    taken = inventory.take(folder)
    assert list(taken) == ["a/one", "a/two", "three"]
    assert taken["three"]["bytes"] == 5
    assert taken["three"]["sha256"] == "8b5b9db0c13db24256c829aa364aa90c6d2eba318b9232a4ab9313b954d3555f"


def test_what_became_of_the_files_is_found(folder):
    taken = inventory.take(folder)
    assert inventory.differences(folder, taken, contents=True) == {}
    (folder / "a/one").unlink()
    (folder / "a/two").write_bytes(b"more than before")
    (folder / "three").write_bytes(b"THREE")
    (folder / "four").touch()
    quick = {"a/one": inventory.MISSING, "a/two": inventory.RESIZED}
    assert inventory.differences(folder, taken) == quick
    assert inventory.differences(folder, taken, contents=True) == {
        **quick, "three": inventory.CHANGED, "four": inventory.FOREIGN
    }  # fmt: skip


def test_what_was_written_since_has_another_time(folder):
    before = inventory.times(folder)
    os.utime(folder / "three", ns=(0, 0))
    (folder / inventory.FILE).touch()
    assert {path for path, time in inventory.times(folder).items() if before[path] != time} == {"three"}


def test_many_are_counted():
    wrong = {f"file_{number}": inventory.MISSING for number in range(5)}
    assert inventory.sentence(wrong) == ("file_0 is missing, file_1 is missing, file_2 is missing, and 2 more files")
    assert inventory.sentence({}) == ""
