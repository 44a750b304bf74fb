"""What a run says of its configuration is read, or refused in one line, wherever its folder came from."""

import os

import pytest

from labelct.errors import InputError
from labelct.report.configuration import FILE, read_configuration


def test_it_is_read_as_it_stands_and_nothing_in_it_is_looked_up(tmp_path):
    text = "trainer: {learning_rate: 1e-3}\npaths: {outputs: '${oc.env:HOME}'}\n"
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    assert read_configuration(tmp_path) == {
        "trainer": {"learning_rate": 0.001},
        "paths": {"outputs": "${oc.env:HOME}"},
    }


def test_a_run_without_one_says_nothing(tmp_path):
    assert read_configuration(tmp_path) == {}


BOMB = "".join(f"x{n + 1}: &x{n + 1} [{', '.join([f'*x{n}'] * 9)}]\n" for n in range(8))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [1,\n  b", "YAML"),
        (b"a: b: c", "YAML"),
        (b"\x89PNG\xff", "UTF-8"),
        (b"- 1\n", "no configuration"),
        (b"a: " + b"[" * 3000, "YAML"),
        (b"x0: &x0 [x]\n" + BOMB.encode(), "repeats parts of itself"),
    ],
)
def test_what_is_none_is_one_line(tmp_path, content, said):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(InputError, match=said) as refused:
        read_configuration(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / FILE)
    with pytest.raises(InputError, match="no regular file"):
        read_configuration(tmp_path)
