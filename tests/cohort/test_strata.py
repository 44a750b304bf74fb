import pytest

from labelct.cohort.strata import column
from labelct.errors import InputError

INDEX = "case,site,coil\na,1,endorectal\nb,2,surface\nc,1,\n"


@pytest.fixture
def index(tmp_path):
    (tmp_path / "index.csv").write_text(INDEX, encoding="utf-8")
    return tmp_path


def test_a_column_of_the_index_is_read_by_case(index):
    assert column(index, "coil", ["b", "a"]) == {"a": "endorectal", "b": "surface"}
    assert column(index, "site", ["c"]) == {"c": "1"}


def test_totalsegmentators_own_table_will_do(tmp_path):
    (tmp_path / "meta.csv").write_text("\ufeffimage_id;age;gender\ns0001;50;m\ns0002;60;f\n", encoding="utf-8")
    assert column(tmp_path, "gender", ["s0002", "s0001"]) == {"s0001": "m", "s0002": "f"}


@pytest.mark.parametrize(
    ("name", "cases", "said"),
    [
        ("cite", ["a"], r"index\.csv: has no column 'cite'; did you mean 'site'"),
        ("zzz", ["a"], r"has no column 'zzz'; evaluation\.strata= takes target_volume, site, coil"),
        ("case", ["a"], "has no column 'case'"),
        ("site", ["a", "d"], "has no line for case d"),
        ("coil", ["a", "c"], "says nothing in 'coil' of case c"),
    ],
)
def test_what_the_index_lacks_is_one_line(index, name, cases, said):
    with pytest.raises(InputError, match=said) as caught:
        column(index, name, cases)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "holds no table of its cases; write index.csv with a column case"),
        ("name,site\na,1\n", "has no column 'case'"),
        ("case,site\n", "no line"),
        ("case,site\na,1\na,2\n", "case a is twice there"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_line(tmp_path, text, said):
    if text is not None:
        (tmp_path / "index.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        column(tmp_path, "site", ["a"])
    assert "\n" not in str(caught.value)
