import io
import logging
import subprocess
import sys

import pytest

from labelct.streams import tell_any_name, untold


def printed(monkeypatch, encoding, errors, name):
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors)
    monkeypatch.setattr(sys, "stdout", stream)
    tell_any_name()
    print(name, end="", flush=True)
    return stream.buffer.getvalue()


@pytest.mark.parametrize(
    ("encoding", "errors", "name", "told"),
    [
        ("utf-8", "strict", "o\udcff", rb"o\udcff"),
        ("ascii", "strict", "Größe", rb"Gr\xf6\xdfe"),
        ("ascii", "surrogateescape", "a · b", rb"a \xb7 b"),  # of the C locale without UTF-8
        ("utf-8", "strict", "Größe", "Größe".encode()),
        ("utf-8", "surrogateescape", "o\udcff", b"o\xff"),  # of the C locale: the bytes of the name themselves
    ],
)
def test_a_name_without_letters_in_the_terminal_is_told_all_the_same(monkeypatch, encoding, errors, name, told):
    assert printed(monkeypatch, encoding, errors, name) == told


def test_a_stream_of_another_kind_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    tell_any_name()
    print("Größe")
    assert sys.stdout.getvalue() == "Größe\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_what_a_command_opens_takes_the_number_of_no_closed_stream(tmp_path, closed):
    """What a library prints would go into the file."""
    code = (
        "import os; from labelct.streams import *; stand_in_for_closed(); tell_any_name(); "
        f"number = os.open({str(tmp_path / 'file')!r}, os.O_CREAT | os.O_WRONLY); print('told', flush=True); "
        "os._exit(0 if number > 2 else 9)"
    )
    done = subprocess.run(["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, code], check=False)
    assert done.returncode == 0
    assert (tmp_path / "file").read_bytes() == b""


def test_loggers_are_still_but_for_errors_and_speak_again_whatever_happens(caplog):
    caplog.set_level(logging.INFO)
    own = logging.getLogger("some.tool")

    def fail():
        own.warning("hint")
        own.error("error")
        raise KeyError

    with pytest.raises(KeyError), untold("some", "other"):
        fail()
    own.info("again")
    assert [record.message for record in caplog.records] == ["error", "again"]
