import argparse
from pathlib import Path

import pytest

from labelct.commands.arguments import Parser, check_output, natural
from labelct.errors import InputError


def test_a_wrong_argument_is_one_line_with_the_nearest_flag(capsys):
    parser = Parser(prog="labelct verb")
    parser.add_argument("--device")
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--devise", "cpu"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "labelct verb: unrecognized arguments: --devise cpu; did you mean '--device'?\n"


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_path_is_not_the_launch_folder(capsys, text):
    parser = Parser(prog="labelct verb")
    parser.add_subparsers().add_parser("sub").add_argument("--out", type=Path)
    assert parser.parse_args(["sub", "--out", "x/y"]).out == Path("x/y")
    with pytest.raises(SystemExit):
        parser.parse_args(["sub", "--out", text])
    assert (
        f"argument --out: {text!r}: allowed is a path; is a variable of the shell not set?" in capsys.readouterr().err
    )


@pytest.mark.parametrize("text", ["-1", "1.5", "1e3", "nan", ""])
def test_a_natural_number_is_nothing_else(text):
    assert natural("12") == 12
    with pytest.raises(argparse.ArgumentTypeError, match="0 or more"):
        natural(text)


def test_an_output_that_cannot_be_a_file(tmp_path):
    (tmp_path / "file").touch()
    check_output(tmp_path / "new" / "deep" / "x.csv")
    check_output(tmp_path / "file")
    with pytest.raises(InputError, match="is a folder"):
        check_output(tmp_path)
    with pytest.raises(InputError, match="is a file and no folder"):
        check_output(tmp_path / "file" / "x.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
