import pandas as pd
import pytest

from labelct.errors import InputError
from labelct.report import published

RESULTS = pd.DataFrame(
    {"data": ["synth1", "synth1", "synth3"], "dose": ["low", "full", "low"], "label": "liver", "dice": 0.9}
)


def write(folder, header, *lines):
    path = folder / "expected.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_published_values_stand_beside_the_choices_that_they_are_of(tmp_path):
    lines = ("synth1,low,spleen,0.5,Table 9", "synth1,low,liver,0.947,Table 9", "synth3,low,liver,,Table 9")
    joined, remarks = published.join(RESULTS, write(tmp_path, "data,dose,label,dice,source", *lines))
    assert joined["expected"].tolist() == ["0.947", *(pytest.approx(float("nan"), nan_ok=True),) * 2]
    assert remarks == ["paper: Table 9."]


def test_a_value_of_fewer_choices_stands_for_all_of_them(tmp_path):
    joined, _ = published.join(RESULTS, write(tmp_path, "data,label,dice,source", "synth1,liver,0.9,T"))
    assert joined["expected"].notna().tolist() == [True, True, False]


def test_a_published_spread_and_a_statement_in_place_of_a_value_are_shown(tmp_path):
    lines = ("synth1,low,liver,0.83,0.13,,T", "synth3,low,liver,,,-12.5 % from 2,T", "synth1,full,liver,0.7,,,T")
    joined, remarks = published.join(RESULTS, write(tmp_path, "data,dose,label,dice,sd,statement,source", *lines))
    assert joined["expected"].tolist() == ["0.83 ± 0.13", "0.7", "-12.5 % from 2"]
    assert list(joined) == [*RESULTS, "expected"]
    assert remarks == ["paper: T."]


@pytest.mark.parametrize("header", ["data,dose,label,dice,source", "data,fill,label,dice,source"])
def test_values_of_other_choices_add_no_column(tmp_path, header):
    joined, remarks = published.join(RESULTS, write(tmp_path, header, "synthseg,low,liver,0.9,T"))
    assert joined.equals(RESULTS)
    assert remarks == []


def test_published_values_of_other_columns_are_refused(tmp_path):
    with pytest.raises(InputError, match="lacks one of the columns"):
        published.join(RESULTS, write(tmp_path, "data,mean", "synth1,0.9"))
    with pytest.raises(InputError, match="no such file"):
        published.join(RESULTS, tmp_path / "nowhere.csv")
