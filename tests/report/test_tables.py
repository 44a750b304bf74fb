from io import StringIO

import pandas as pd
import pytest
from rich.console import Console

from labelct.report import tables

HEADER = ["data", "test", "label", "n", "Dice", "95 % CI", "surface Dice", "HD95 mm", "absent", "effect r"]
LINE = ["synth3", "ts", "liver", "17", "0.931 ± 0.020", "0.920 – 0.940", "0.931 ± 0.020", "4.0 ± 1.0", "0", "+0.5"]
TABLE = pd.DataFrame([LINE], columns=HEADER)


def test_a_narrow_terminal_loses_the_least_important_columns_and_no_digits():
    assert tables.fitting(TABLE, 200).equals(TABLE)
    narrow = tables.fitting(TABLE, 80)
    assert list(narrow) == [name for name in HEADER if name not in ("effect r", "surface Dice", "test")]
    assert narrow.iloc[0, :3].tolist() == ["synth3", "liver", "17"]


def test_a_column_that_tells_rows_apart_stays_however_narrow_a_terminal_is():
    two = pd.concat([TABLE, TABLE.assign(test="dicom")])
    assert list(tables.fitting(two, 30)["test"]) == ["ts", "dicom"]


@pytest.mark.parametrize("terminal", [False, True])
def test_a_file_has_all_columns_on_one_line_and_a_narrow_terminal_says_what_it_lacks(terminal):
    console = Console(file=StringIO(), width=80, force_terminal=terminal, color_system=None)
    tables.show(TABLE, console, "scores.csv")
    shown = console.file.getvalue()
    assert any("synth3" in line and "liver" in line and "0.931 ± 0.020" in line for line in shown.splitlines())
    assert ("effect r" in shown.splitlines()[2]) is not terminal
    assert ("Left out for want of width, see scores.csv: test, surface Dice, effect r." in shown) is terminal


def test_latex_has_one_line_a_row_and_no_letter_that_it_lacks():
    text = tables.latex(TABLE.assign(label="left_kidney & Δ"))
    assert text.startswith(r"\begin{tabular}{lllrrrrrrr}")
    assert [line.count("&") - line.count(r"\&") for line in text.splitlines() if line.endswith(r"\\")] == [9, 9]
    assert r"left\_kidney \& $\Delta$" in text
    assert r"95 \% CI" in text
    assert not set("±–−Δ") & set(text)
    assert all(rule in text for rule in (r"\toprule", r"\midrule", r"\bottomrule"))


def test_markdown_keeps_a_rule_between_columns_apart_from_a_bar_in_a_cell():
    header, rule, line = tables.markdown(TABLE.assign(data="a|b")).splitlines()
    assert line.startswith(r"| a\|b | ts |")
    assert header.count("|") == rule.count("|") == line.count("|") - 1
    assert rule.split(" | ")[2:4] == ["---", "---:"]


def test_html_escapes_its_cells():
    assert "&lt;b&gt;" in tables.html(TABLE.assign(data="<b>"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("kidney_left", "kidney_left"),
        ("_liver_", r"\_liver\_"),
        ("~~old~~", r"\~\~old\~\~"),
        ("$x$", r"\$x\$"),
        ("*a* `b` [c](d)", r"\*a\* \`b\` \[c\](d)"),
        ("<b>\n# two & more", "&lt;b&gt; # two &amp; more"),
    ],
)
def test_markdown_shows_names_as_they_are(text, shown):
    assert tables.markdown_text(text) == shown
