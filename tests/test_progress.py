"""The progress bar shows what, how far and how it goes, and hands on every item."""

import io
import subprocess
import sys

import pytest
from rich.console import Console

from labelct.progress import ProgressBar, is_watched, track


def shown(bar: ProgressBar, file: io.StringIO) -> str:
    bar.stop()
    return file.getvalue().splitlines()[-1]


def test_a_bar_shows_its_state() -> None:
    file = io.StringIO()
    bar = ProgressBar("training", 20, file)
    bar.update(5, text="loss 0.500")
    bar.update(7)
    line = shown(bar, file)
    assert line.startswith("training ")
    assert "7/20" in line
    assert "loss 0.500" in line


def test_a_bar_without_a_total_appears_with_its_first_step() -> None:
    file = io.StringIO()
    with ProgressBar("scan", file=file):
        pass
    assert file.getvalue() == ""
    with ProgressBar("scan", file=file) as bar:
        bar.update(3, 8)
    assert "3/8" in file.getvalue()


def test_items_pass_in_order_and_a_failure_is_passed_on(capsys) -> None:
    assert list(track(iter("abc"), "letters", 3)) == ["a", "b", "c"]
    assert "3/3" in capsys.readouterr().out

    def broken():
        yield 1
        raise ValueError

    with pytest.raises(ValueError):
        list(track(broken(), "numbers", 2))


def test_the_module_imports_no_rich() -> None:
    code = "import sys, labelct.progress; print('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "False\n"


def test_nobody_watches_where_there_is_neither_terminal_nor_notebook(monkeypatch) -> None:
    assert not is_watched()
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    assert is_watched()
    monkeypatch.setattr("rich.get_console", lambda: Console(force_jupyter=True))
    for installed in (None, True):
        monkeypatch.setattr("labelct.progress.find_spec", lambda name, installed=installed: installed)
        assert is_watched() is bool(installed)
