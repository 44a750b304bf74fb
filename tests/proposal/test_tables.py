import pytest

from labelct.errors import InputError
from labelct.proposal import tables

SNAP = '# ITK-SNAP\n    0   0  0  0    0  0  0    "Clear Label"\n    1   255    0    0        1  1  1    "liver"\n'


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("names.json", '{"1": "liver", "2": "spleen"}', {1: "liver", 2: "spleen"}),
        ("dataset.json", '{"labels": {"background": 0, "left kidney": 1000}}', {1000: "left kidney"}),
        ("dataset.json", '{"labels": {"0": "background", "1": "liver"}}', {1: "liver"}),
        ("a.json", '{"liver": 1}', {1: "liver"}),
        ("a.json", '["background", "liver"]', {1: "liver"}),
        ("a.json", '["liver", "spleen"]', {1: "liver", 2: "spleen"}),
        ("a.json", '[{"id": 4, "name": "liver", "color": "#f00"}]', {4: "liver"}),
        ("a.json", '{"1": {"name": "liver"}}', {1: "liver"}),
        ("a.csv", "label,name\n1,liver\n2,left kidney\n", {1: "liver", 2: "left kidney"}),
        ("a.csv", "\ufeffStructure;Value\nLeber;7\n", {7: "Leber"}),
        ("a.csv", "1,liver\n2,spleen\n", {1: "liver", 2: "spleen"}),
        ("a.tsv", "index\tname\n1\tliver\n", {1: "liver"}),
        ("a.label", SNAP, {1: "liver"}),
        ("a.ctbl", "# Slicer\n0 background 0 0 0 0\n1 left kidney 128 174 128 255\n", {1: "left kidney"}),
        ("a.txt", "1: liver\n2 = spleen\n", {1: "liver", 2: "spleen"}),
    ],
)
def test_names_in_the_shapes_that_people_write(tmp_path, name, text, names):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert tables.read(path) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "names no label values"),
        ('{"1": "liver", "01": "spleen"}', "its value 1 is both 'liver' and 'spleen'"),
        ('{"liver": 1, "spleen": "1"}', "its value 1 is both 'liver' and 'spleen'"),
        ('[{"id": 4, "name": "liver"}, {"id": 4, "name": "spleen"}]', "its value 4 is both 'liver' and 'spleen'"),
        ('{"' + "9" * 5000 + '": "liver"}', "names no label values"),
        ("{}", "names no label values"),
        ('{"whole": [1, 2], "core": 3}', r"regions of several values \(whole\)"),
        ('{"1": "liver", "2": "liver"}', "'liver' is the name of several values"),
        ("{", "cannot be read as JSON"),
    ],
)
def test_what_is_no_table_is_one_line_with_the_form(tmp_path, text, said):
    path = tmp_path / "names.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        tables.read(path)
    assert "\n" not in str(caught.value)
    assert '{"1": "liver"' in str(caught.value)


def test_files_that_are_about_something_else_are_passed_over_and_one_called_names_is_not(tmp_path):
    (tmp_path / "patients.csv").write_text("patient,age\na,3\n", encoding="utf-8")
    (tmp_path / "case1.json").write_text('{"EchoTime": 0.1}', encoding="utf-8")
    assert tables.find([tmp_path]) == (None, [tmp_path / "case1.json", tmp_path / "patients.csv"])
    (tmp_path / "my labels.txt").write_text("1 liver\n", encoding="utf-8")
    table, _ = tables.find([tmp_path])
    assert table == (tmp_path / "my labels.txt", {1: "liver"})
    (tmp_path / "names.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(InputError, match="names no label values"):
        tables.find([tmp_path])


@pytest.mark.parametrize("text", ["1 liver\n1 spleen\n", "value,name\n1,liver\n1,spleen\n"])
def test_a_value_of_two_names_keeps_neither_in_silence(tmp_path, text):
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="its value 1 is both 'liver' and 'spleen'"):
        tables.read(tmp_path / "a.txt")
