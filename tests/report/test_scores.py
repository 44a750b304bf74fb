import csv
import json

import numpy as np
import pandas as pd
import pytest

from labelct.report import scores

ROW = {"label": "liver", "dice": 0.1 + 0.2, "hd95": None, "absent": "", "test": "own", "case": "c0"}


def test_a_table_begins_with_what_names_a_row():
    table = scores.table([ROW, ROW | {"dice": None}])
    assert list(table) == ["test", "case", "label", "dice", "hd95", "absent"]
    assert table["dice"].dtype == table["hd95"].dtype == float
    assert np.isnan(table["hd95"]).all()


def test_csv_keeps_every_digit_and_leaves_nan_empty(tmp_path):
    scores.write_csv(tmp_path / "scores.csv", scores.table([ROW]))
    (row,) = csv.DictReader((tmp_path / "scores.csv").read_text(encoding="utf-8").splitlines())
    assert float(row["dice"]) == ROW["dice"]
    assert row["hd95"] == ""


def test_json_gives_the_table_back():
    table = scores.table([ROW, ROW | {"dice": float("nan"), "case": "c1"}])
    rows = json.loads(json.dumps(scores.plain(table), allow_nan=False))
    assert scores.table(rows).equals(table)


@pytest.mark.parametrize("rows", [[1], [{"dice": 1.0}], [ROW | {"dice": "much"}]])
def test_what_is_no_score_is_refused(rows):
    with pytest.raises((KeyError, ValueError)):
        scores.table(rows)


def test_csv_keeps_every_digit_however_few_numpy_prints(tmp_path):
    path = tmp_path / "scores.csv"
    with np.printoptions(precision=3):
        scores.write_csv(path, pd.DataFrame({"a": [1 / 3, float("nan")], "b": [1, 2]}))
    assert path.read_text(encoding="utf-8") == f"a,b\n{1 / 3!r},1\n,2\n"


def test_a_dice_that_is_nowhere_defined_is_no_zero():
    assert scores.mean_dice(pd.DataFrame({"dice": [np.nan]})) is None
    assert scores.mean_dice(pd.DataFrame({"dice": [0.5, np.nan]})) == 0.5
