import struct

import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from labelct.report import plots


def figure():
    drawn = Figure(figsize=(2.0, 1.0))
    drawn.add_subplot().set_title("a $ and another $")
    return drawn


def test_three_forms_with_the_same_bytes_every_time(tmp_path):
    for name in ("a", "b"):
        plots.save(figure(), tmp_path / f"{name}.png")
    assert sorted(path.name for path in tmp_path.glob("a.*")) == ["a.pdf", "a.png", "a.svg"]
    for path in tmp_path.glob("a.*"):
        assert path.read_bytes() == path.with_stem("b").read_bytes()


def test_a_picture_has_three_hundred_dots_an_inch(tmp_path):
    plots.save(figure(), tmp_path / "a.png", ["png"])
    header = (tmp_path / "a.png").read_bytes()
    assert struct.unpack(">II", header[16:24]) == (600, 300)
    assert not (tmp_path / "a.pdf").exists()


@pytest.mark.parametrize(("form", "start"), [("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_vectors_keep_their_words(tmp_path, form, start):
    plots.save(figure(), tmp_path / "a.png", [form])
    content = (tmp_path / f"a.{form}").read_bytes()
    assert content.startswith(start)
    if form == "svg":
        assert b"a $ and another $" in content


def test_twenty_lines_have_a_colour_each_and_few_those_of_matplotlib():
    assert plots.colours(3) == ["C0", "C1", "C2"]
    assert len(set(plots.colours(20))) == 20


def test_a_legend_names_all_and_has_fewer_columns_the_longer_the_names_are():
    drawn = Figure(figsize=(6.0, 3.0))
    handles = {name: Line2D([], []) for name in ("a", "b", "c")}
    plots.legend(drawn, handles)
    plots.legend(drawn, {name * 40: handle for name, handle in handles.items()})
    plots.legend(drawn, {})
    short, long, none = drawn.legends
    assert [text.get_text() for text in short.get_texts()] == ["a", "b", "c"]
    assert (short._ncols, long._ncols) == (8, 1)
    assert none.get_texts() == []
